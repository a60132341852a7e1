"""Function lists, plans and their approval. Source: ISO/IEC 17025:2017, 7.2.1; ISO/IEC/IEEE 29119-3."""

from __future__ import annotations

import json
from collections.abc import Mapping

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from lims.errors import BadInput, LostRace, Param
from lims.intake.models import Contract
from lims.items.models import TestItem
from lims.organization.models import Centre, Product, User
from lims.plans import guards
from lims.plans.models import Function, FunctionList, PlanLine, TestCase, TestPlan
from lims.records.chain import record
from lims.records.services import require
from test_modules import cases, catalogue, deployment
from test_modules.contract import ModuleError
from test_modules.manifest import Manifest, validate_parameters


def import_function_list(*, product: Product, centre: Centre, text: bytes, by: User) -> FunctionList:
    """Take in a new version of a product's function list with its cases; the versions before it stay.

    Raises: Blocked, BadInput (where, which field, which limit).
    """
    require(guards.against_importing(by, centre, product), step="import_function_list", row=product, by=by)
    try:
        functions = cases.parse_toml(text)
    except ModuleError as trouble:
        raise bad_input(trouble) from trouble
    with transaction.atomic():
        Product.objects.select_for_update().get(pk=product.pk)  # two imports at once take turns at the number
        kept = _keep_list(product, centre, functions, by)
        record("function_list.imported", kept, chain=centre.code, by=by)
    return kept


def draft_plan(
    *,
    contract: Contract,
    item: TestItem,
    function_list: FunctionList | None,
    deployment_text: bytes,
    environment: str,
    by: User,
) -> TestPlan:
    """Begin a plan: which build, how it is brought up, in which environment.

    Raises: Blocked, BadInput (what is wrong in the deployment file).
    """
    require(guards.against_drafting(by, contract, item, function_list), step="draft_plan", row=item, by=by)
    try:
        recipe = deployment.parse_deployment(deployment_text)
        if function_list:
            cases.require_accounts(cases.parse_json(function_list.document.encode()), recipe.accounts)
    except ModuleError as trouble:
        raise bad_input(trouble) from trouble
    with transaction.atomic():
        plan = TestPlan.objects.create(
            contract=contract,
            item=item,
            function_list=function_list,
            deployment=recipe.as_dict(),
            environment=environment,
            drafted_by=by,
            drafted_at=timezone.now(),
        )
        record("plan.drafted", plan, chain=contract.request.centre.code, by=by)
    return plan


def add_line(
    *, plan: TestPlan, module_id: str, parameters: Mapping[str, object], by: User, repeats: int | None = None
) -> PlanLine:
    """Plan one module with its parameters; its measures follow from them.

    Raises: Blocked, BadInput (which parameter, which limit, which unit).
    """
    require(guards.against_adding(by, plan, module_id), step="add_line", row=plan, by=by)
    module = catalogue.find(module_id)
    try:
        complete = validate_parameters(module, parameters)
    except ModuleError as trouble:
        raise bad_input(trouble) from trouble
    planned = _checked_repeats(module, repeats)
    with transaction.atomic():
        _hold_draft(plan)
        line = PlanLine.objects.create(
            plan=plan,
            module_id=module.id,
            module_version=module.version,
            module_digest=catalogue.digest(module_id),
            parameters=complete,
            repeats=planned,
            measures=[measure.id for measure in module.measures_for(complete)],
        )
        record("plan.line_added", line, chain=guards.centre_of(plan).code, by=by)
    return line


def drop_line(*, line: PlanLine, by: User) -> None:
    """Take a line out of a draft; the row stays. Raises: Blocked."""
    require(guards.against_changing(by, line.plan), step="drop_line", row=line, by=by)
    with transaction.atomic():
        _hold_draft(line.plan)
        line.dropped_at = timezone.now()
        line.save(update_fields=["dropped_at"])
        record("plan.line_dropped", line, chain=guards.centre_of(line.plan).code, by=by)


def assign_tester(*, line: PlanLine, tester: User, by: User) -> None:
    """Put a testing engineer on a line. Source: ISO/IEC 17025:2017, 6.2.6, 4.1. Raises: Blocked."""
    require(guards.against_assigning(by, line, tester), step="assign_tester", row=line, by=by)
    with transaction.atomic():
        _hold_draft(line.plan)
        line.tester = tester
        line.save(update_fields=["tester"])
        record("plan.tester_assigned", line, chain=guards.centre_of(line.plan).code, by=by)


def approve_plan(*, plan: TestPlan, by: User) -> None:
    """Approve: from here on neither the plan nor its lines change.

    Raises: Blocked, LostRace.
    """
    require(guards.against_approving(by, plan), step="approve_plan", row=plan, by=by)
    now = timezone.now()
    with transaction.atomic():
        if guards.against_approving(by, _hold_draft(plan)):
            raise LostRace(f"{plan}: changed while it was being approved")
        lines = guards.living_lines(plan)
        for line in lines:
            line.fixed_at = now
            line.save(update_fields=["fixed_at"])
        plan.move(TestPlan.State.APPROVED, approved_by=by, approved_at=now)
        record("plan.approved", plan, *lines, chain=guards.centre_of(plan).code, by=by)


def bad_input(trouble: ModuleError) -> BadInput:
    """What a module or file says is wrong, as an answer to whoever handed it in."""
    params: dict[str, Param] = dict(trouble.params)
    status = 413 if trouble.code.endswith("too_large") and trouble.code.startswith("file.") else 422
    return BadInput(trouble.code, status=status, **params)


def _hold_draft(plan: TestPlan) -> TestPlan:
    """Keep the plan's row while its lines change. Raises: LostRace when it was approved meanwhile."""
    held = TestPlan.objects.select_for_update().get(pk=plan.pk)
    if held.state != TestPlan.State.DRAFT:
        raise LostRace(f"{plan}: no longer a draft")
    return held


def _checked_repeats(module: Manifest, repeats: int | None) -> int:
    planned = module.engine.repeats if repeats is None else repeats
    if not module.engine.repeats <= planned <= 100:
        raise BadInput("parameter.repeats", least=module.engine.repeats, most=100)
    return planned


def _keep_list(product: Product, centre: Centre, functions: cases.FunctionList, by: User) -> FunctionList:
    last = (
        FunctionList.objects.filter(centre=centre, product=product).aggregate(last=Max("number"))["last"] or 0
    )
    document = functions.to_json()
    kept = FunctionList.objects.create(
        centre=centre,
        product=product,
        number=last + 1,
        title_ko=functions.title_ko,
        title_en=functions.title_en,
        source=functions.source,
        document=document.decode(),
        sha256=functions.digest(),
        imported_by=by,
        imported_at=timezone.now(),
    )
    for shape in json.loads(document)["function"]:
        texts = {name: shape[name] for name in ("code", "title_ko", "title_en", "reference", "statement")}
        function = Function.objects.create(function_list=kept, **texts)
        for case in shape["case"]:
            TestCase.objects.create(
                function=function,
                code=case["code"],
                title_ko=case["title_ko"],
                title_en=case["title_en"],
                steps=case["step"],
            )
    return kept
