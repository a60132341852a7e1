"""What speaks against the steps of planning. Source: ISO/IEC 17025:2017, 7.2.1, 6.2.6, 4.1."""

from __future__ import annotations

from collections.abc import Sequence

from lims.equipment.guards import against_unknown, against_unproven
from lims.errors import Reason
from lims.intake.models import Contract
from lims.items.models import TestItem
from lims.organization.guards import against_role, against_unauthorized
from lims.organization.models import Centre, Product, User
from lims.organization.queries import Role, Step
from lims.plans.models import FunctionList, PlanLine, TestPlan
from lims.records.guards import reasons_from_table
from test_modules import catalogue
from test_modules.contract import ModuleError


def centre_of(plan: TestPlan) -> Centre:
    return plan.contract.request.centre


def living_lines(plan: TestPlan) -> list[PlanLine]:
    return list(plan.lines.filter(dropped_at__isnull=True))


def against_importing(by: User, centre: Centre, product: Product) -> list[Reason]:
    """Function lists are written by testing engineers of a centre that knows the customer."""
    reasons = against_role(by, centre, Role.TESTER)
    if not product.customer.centres.contains(centre):
        reasons.append(Reason("product.unknown_to_centre", {"centre": centre.code}))
    return reasons


def against_drafting(
    by: User, contract: Contract, item: TestItem, function_list: FunctionList | None
) -> list[Reason]:
    """Every reason no plan may be drafted for this item under this contract."""
    reasons = against_role(by, contract.request.centre, Role.TESTER)
    if contract.state != Contract.State.AGREED:
        reasons.append(Reason("contract.not_agreed", clause="7.1.1"))
    if item.request_id != contract.request_id:
        reasons.append(Reason("item.of_another_request", clause="7.4.2"))
    if function_list and function_list.product_id != contract.request.product_id:
        reasons.append(Reason("function_list.of_another_product"))
    if function_list and function_list.centre_id != contract.request.centre_id:
        reasons.append(Reason("function_list.of_another_centre"))
    return reasons + reasons_from_table("draft", item)


def against_changing(by: User, plan: TestPlan) -> list[Reason]:
    """An approved plan does not change."""
    reasons = against_role(by, centre_of(plan), Role.TESTER)
    if plan.state != TestPlan.State.DRAFT:
        reasons.append(Reason("plan.not_draft"))
    return reasons


def against_adding(by: User, plan: TestPlan, module_id: str) -> list[Reason]:
    return against_changing(by, plan) + against_unknown(module_id)


def against_assigning(by: User, line: PlanLine, tester: User) -> list[Reason]:
    """The tester is authorized for the module and impartial towards the product."""
    centre = centre_of(line.plan)
    reasons = against_role(by, centre, Role.TECHNICAL_MANAGER)
    if line.plan.state != TestPlan.State.DRAFT:
        reasons.append(Reason("plan.not_draft"))
    reasons += against_unauthorized(tester, centre, [line.module_id], Step.RUN)
    return reasons + reasons_from_table("assign", tester, line.plan.contract.request.product)


def against_approving(by: User, plan: TestPlan) -> list[Reason]:
    """Every reason this plan may not be approved by this person now."""
    centre, lines = centre_of(plan), living_lines(plan)
    reasons = against_role(by, centre, Role.TECHNICAL_MANAGER)
    if plan.state != TestPlan.State.DRAFT:
        reasons.append(Reason("plan.not_draft"))
    if by == plan.drafted_by:
        reasons.append(Reason("plan.own_draft"))
    return reasons + _against_lines(plan, lines)


def _against_lines(plan: TestPlan, lines: Sequence[PlanLine]) -> list[Reason]:
    reasons = [] if lines else [Reason("plan.empty")]
    agreed = {item.measure_id for item in plan.contract.items.all()}
    planned = [measure for line in lines for measure in line.measures]
    reasons += [
        Reason("plan.measure_missing", {"measure": name}, clause="7.2.1.1")
        for name in sorted(agreed - {*planned})
    ]
    reasons += [
        Reason("plan.measure_twice", {"measure": name})
        for name in sorted({m for m in planned if planned.count(m) > 1})
    ]
    for line in lines:
        if line.tester is None:
            reasons.append(Reason("plan.no_tester", {"module": line.module_id}))
        if plan.function_list_id is None and _works_through_cases(line.module_id):
            reasons.append(Reason("plan.no_function_list", {"module": line.module_id}, clause="7.2.1.1"))
        if plan.contract.request.wants_accredited:
            reasons += against_unproven(
                centre_of(plan), line.module_id, line.module_version, line.module_digest
            )
    return reasons


def _works_through_cases(module_id: str) -> bool:
    """A module that was proven with a function list cannot do without one."""
    try:
        return bool(catalogue.find(module_id).proof.cases)
    except ModuleError:
        return False
