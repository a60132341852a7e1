"""A small laboratory for tests: two centres, people named by their role, one customer each, and rows in any stage.

Every row is made by the service that a screen calls, so that a test begins where people would be.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils import timezone

from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.evaluation import services as evaluation
from lims.evaluation.models import Measurement, MeasurementSource
from lims.intake import services as intake
from lims.intake.guards import Wanted
from lims.intake.models import Comparator, Contract, ContractReview, DecisionRule
from lims.items import services as items
from lims.items.models import TestItem
from lims.organization.models import (
    AccreditationState,
    Appointment,
    Authorization,
    Centre,
    Customer,
    Product,
    ScopeRow,
    User,
)
from lims.organization.permissions import grant_acting, grant_work
from lims.plans import services as plans
from lims.plans.models import PlanLine, TestPlan
from lims.records import store
from lims.reports import services as reports
from lims.reports.models import TestReport
from lims.runs import services as runs
from lims.runs.models import Attempt, RawFile, TestRun
from test_modules import catalogue

SINCE = date(2020, 1, 1)
EDITION = "ISO/IEC 25023:2016"
MODULES = ("func-http", "load-http")
Role, Step = Appointment.Role, Authorization.Step
DEPLOYMENT = b"""
[product]
kind = "python-file"
command = ["{python}", "{files}/product.py", "{host}", "{port}"]
"""
FUNCTIONS = """
[list]
product = "Product"
version = "1"
title_ko = "기능목록"
title_en = "Function list"
source = "Handbook, edition 1"

[[function]]
code = "F1"
title_ko = "첫 기능"
title_en = "First function"
reference = "Handbook, 1"
statement = "It answers."

[[function.case]]
code = "1"
title_ko = "답한다"
title_en = "It answers"

[[function.case.step]]
call = "GET /"
function_call = true
expect.status = [200]
""".encode()


@dataclass(frozen=True)
class Laboratory:
    """Who is there. `stranger` does the same work at another centre; `other_customer` asks there."""

    centre: Centre
    reception: User
    tester: User
    second_tester: User
    technical: User
    reviewer: User
    authorizer: User
    quality: User
    stranger: User
    customer: User
    other_customer: User
    product: Product


def open_laboratory() -> Laboratory:
    """Two centres with their people, and a product of each customer."""
    centre, other = _centre("ONE"), _centre("TWO")
    customer, other_customer = _person("customer"), _person("other_customer")
    firm, other_firm = _firm("첫 의뢰자", centre, customer), _firm("다른 의뢰자", other, other_customer)
    Product.objects.create(customer=other_firm, name="다른 제품", developer="다른 의뢰자")
    return Laboratory(
        centre=centre,
        reception=_staff("reception", centre, Role.RECEPTION),
        tester=_staff("tester", centre, Role.TESTER, Step.RUN),
        second_tester=_staff("second_tester", centre, Role.TESTER, Step.RUN),
        technical=_staff("technical", centre, Role.TECHNICAL_MANAGER),
        reviewer=_staff("reviewer", centre, Role.TECHNICAL_MANAGER, Step.REVIEW),
        authorizer=_staff("authorizer", centre, Role.TECHNICAL_MANAGER, Step.AUTHORIZE),
        quality=_staff("quality", centre, Role.QUALITY_MANAGER),
        stranger=_staff("stranger", other, Role.TESTER, Step.RUN, Step.REVIEW, Step.AUTHORIZE),
        customer=customer,
        other_customer=other_customer,
        product=Product.objects.create(customer=firm, name="제품", developer="첫 의뢰자"),
    )


def _centre(code: str) -> Centre:
    centre = Centre.objects.create(
        code=code, name_ko=f"{code} 센터", name_en=f"Centre {code}", address="주소", accreditation_no="시험-1"
    )
    AccreditationState.objects.create(centre=centre, state=AccreditationState.State.VALID, valid_from=SINCE)
    for measure in ("FCp-1-G", "FCr-1-G", "PTb-1-G", "PTb-5-G", "PCa-1-G"):
        ScopeRow.objects.create(centre=centre, standard=EDITION, test_item=measure, valid_from=SINCE)
    return centre


def _person(username: str) -> User:
    return User.objects.create_user(username, username)


def _staff(username: str, centre: Centre, role: str, *steps: str) -> User:
    person = _person(username)
    Appointment.objects.create(person=person, centre=centre, role=role, valid_from=SINCE)
    grant_work(person, centre)
    for step in steps:
        for module_id in MODULES:
            authorize(person, centre, module_id, step)
    return person


def authorize(person: User, centre: Centre, module_id: str, step: str) -> Authorization:
    return Authorization.objects.create(
        person=person, centre=centre, module_id=module_id, step=step, basis="시험", valid_from=SINCE
    )


def _firm(name: str, centre: Centre, person: User) -> Customer:
    firm = Customer.objects.create(name=name, address="주소", contact="담당")
    firm.centres.add(centre)
    grant_acting(person, firm)
    return firm


def adopt(lab: Laboratory, module_id: str, engines: dict[str, str]) -> ModuleAdoption:
    """A proof that passed with these tools, adopted by the centre."""
    module = catalogue.find(module_id)
    proof = ModuleProof.objects.create(
        module_id=module.id,
        module_version=module.version,
        module_digest=catalogue.digest(module_id),
        state=ModuleProof.State.PASSED,
        engine_versions=engines,
        asked_by=lab.technical,
        queued_at=timezone.now(),
        ended_at=timezone.now(),
    )
    return ModuleAdoption.objects.create(
        centre=lab.centre, proof=proof, adopted_by=lab.technical, adopted_at=timezone.now()
    )


def agree(lab: Laboratory, *measures: str, wants_accredited: bool = True) -> Contract:
    """From the request to the agreed contract."""
    request = intake.submit_request(
        centre=lab.centre,
        customer=lab.product.customer,
        product=lab.product,
        product_version="1.0",
        purpose="시험",
        wants_accredited=wants_accredited,
        wanted=[_wanted(name) for name in measures or ("FCp-1-G", "FCr-1-G")],
        by=lab.customer,
    )
    answers = {question: {"yes": True, "note": ""} for question in ContractReview.QUESTIONS}
    intake.review_request(request=request, answers=answers, by=lab.technical)
    contract = intake.offer_contract(
        request=request, decision_rule=DecisionRule.SIMPLE, place=ScopeRow.Place.FIXED, by=lab.technical
    )
    intake.agree_contract(contract=contract, by=lab.customer)
    return contract


def _wanted(measure: str) -> Wanted:
    if measure.startswith("FC"):
        return Wanted(measure, EDITION, Comparator.AT_LEAST, Decimal("0.9"), "1")
    return Wanted(measure, EDITION)


def receive(lab: Laboratory, contract: Contract) -> TestItem:
    content = b"print('product')\n"
    return items.receive_item(
        request=contract.request,
        version="1.0",
        condition="이상 없음",
        uploads=[items.Upload("product.py", len(content), io.BytesIO(content))],
        by=lab.reception,
    )


def draft(lab: Laboratory, contract: Contract | None = None) -> TestPlan:
    """A drafted plan without lines."""
    contract = contract or agree(lab)
    item = receive(lab, contract)
    listed = plans.import_function_list(product=lab.product, centre=lab.centre, text=FUNCTIONS, by=lab.tester)
    return plans.draft_plan(
        contract=contract,
        item=item,
        function_list=listed,
        deployment_text=DEPLOYMENT,
        environment="시험 장비",
        by=lab.tester,
    )


def add_line(lab: Laboratory, plan: TestPlan, module_id: str = "func-http", **parameters: Any) -> PlanLine:
    """A line with its tester."""
    line = plans.add_line(plan=plan, module_id=module_id, parameters=parameters, by=lab.tester)
    plans.assign_tester(line=line, tester=lab.tester, by=lab.technical)
    return line


def approve(lab: Laboratory, *module_ids: str, contract: Contract | None = None) -> TestPlan:
    """An approved plan with one line for each module."""
    plan = draft(lab, contract)
    for module_id in module_ids or ("func-http",):
        add_line(lab, plan, module_id)
    plans.approve_plan(plan=plan, by=lab.technical)
    return plan


def start(lab: Laboratory, plan: TestPlan) -> list[TestRun]:
    """The queued runs of a plan's first line."""
    return runs.start_line(line=plan.lines.first(), by=lab.tester)


def end(run: TestRun, state: str = Attempt.State.COMPLETE, files: dict[str, bytes] | None = None) -> Attempt:
    """An attempt that ended in this state, with raw files."""
    now = timezone.now()
    attempt = Attempt.objects.create(
        run=run,
        number=1,
        owner=run.uid,
        state=state,
        started_at=now,
        ended_at=now,
        planned=1,
        reported=1,
        done=1,
        engine_versions={"robotframework": "7.5"},
        sandbox="bubblewrap",
    )
    for name, content in (files or {"journal.log": b"journal\n"}).items():
        sha256, size = store.put_bytes(content)
        RawFile.objects.create(attempt=attempt, name=name, sha256=sha256, size_bytes=size)
    TestRun.objects.filter(pk=run.pk).update(state=TestRun.State.ENDED, ended_at=now, attempts=1)
    run.refresh_from_db()
    return attempt


def measure(lab: Laboratory, line: PlanLine, value: float | None = 1.0, **change: Any) -> list[Measurement]:
    """Measurements of a line as if they had been computed from its attempts."""
    rows = []
    for measure_id in line.measures:
        given = {
            "edition": EDITION,
            "formula_version": "1",
            "value": value,
            "unit": "1",
            "n": 1,
            "a": 0,
            "b": 1,
            "reason": "result.count_has_no_uncertainty",
            "details": {"functions": [{"code": "F1", "outcome": "correct", "cases": {"passed": 1}}]},
            "derived_by": lab.tester,
            "derived_at": timezone.now(),
        }
        row = Measurement.objects.create(plan_line=line, measure_id=measure_id, **{**given, **change})
        for attempt in Attempt.objects.filter(run__plan_line=line):
            MeasurementSource.objects.create(measurement=row, attempt=attempt)
        rows.append(row)
    return rows


def measured(lab: Laboratory) -> TestPlan:
    """A plan whose one line is run and computed, not judged."""
    plan = approve(lab)
    for run in start(lab, plan):
        end(run)
    measure(lab, plan.lines.get())
    return plan


def judged(lab: Laboratory) -> TestPlan:
    plan = measured(lab)
    evaluation.judge_plan(plan=plan, by=lab.tester)
    return plan


def drafted_report(lab: Laboratory) -> TestReport:
    return reports.draft_report(plan=judged(lab), by=lab.tester)


def reviewed_report(lab: Laboratory) -> TestReport:
    report = drafted_report(lab)
    reports.review_report(report=report, answers=dict.fromkeys(TestReport.QUESTIONS, True), by=lab.reviewer)
    return report
