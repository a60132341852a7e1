"""What speaks against drafting, reviewing and authorizing. Source: ISO/IEC 17025:2017, 6.2.6, 7.8.1."""

from __future__ import annotations

from collections.abc import Mapping

from lims.equipment.guards import against_unproven
from lims.errors import Reason
from lims.organization.guards import against_role, against_unauthorized
from lims.organization.models import User
from lims.organization.queries import Role, Step
from lims.plans.guards import centre_of, living_lines
from lims.plans.models import TestPlan
from lims.records import store
from lims.records.guards import reasons_from_table
from lims.reports.models import TestReport
from lims.reports.queries import files_behind, hands_in, modules_of, verdicts_of
from lims.runs.models import RawFile

OPEN = (TestReport.State.DRAFT, TestReport.State.REVIEWED, TestReport.State.AUTHORIZED)


def against_drafting(plan: TestPlan, by: User) -> list[Reason]:
    reasons = against_role(by, centre_of(plan), Role.TESTER) + against_gaps(plan)
    if plan.reports.filter(state__in=OPEN).exists():
        reasons.append(Reason("report.already_drafted"))
    return reasons


def against_reviewing(report: TestReport, by: User, answers: Mapping[str, bool]) -> list[Reason]:
    """Every reason this person may not accept this draft now; the reviewer measured nothing of it."""
    reasons = _against_state(report, TestReport.State.DRAFT)
    reasons += _against_content(report.plan) + _against_person(report, by, Step.REVIEW)
    for question in TestReport.QUESTIONS:
        if answers.get(question) is not True:
            reasons.append(Reason("report.question_open", {"question": question}, clause="7.8.1.1"))
    return reasons


def against_authorizing(report: TestReport, by: User) -> list[Reason]:
    """Every reason this person may not answer for this reviewed report now."""
    reasons = _against_state(report, TestReport.State.REVIEWED)
    return reasons + _against_content(report.plan) + _against_person(report, by, Step.AUTHORIZE)


def against_returning(report: TestReport, by: User) -> list[Reason]:
    """A report goes back while it is open and, as the settings say, while no document of it lives."""
    reasons = against_role(by, centre_of(report.plan), Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER)
    if report.state not in (TestReport.State.DRAFT, TestReport.State.REVIEWED):
        reasons.append(Reason("report.not_open"))
    return reasons + reasons_from_table("return", report)


def against_gaps(plan: TestPlan) -> list[Reason]:
    """Every agreed measure has its verdict."""
    judged = {verdict.agreed_item_id for verdict in verdicts_of(plan)}
    return [
        Reason("item.not_judged", {"measure": item.measure_id}, clause="7.8.6")
        for item in plan.contract.items.all()
        if item.pk not in judged
    ]


def against_tools(plan: TestPlan) -> list[Reason]:
    """What counts as accredited was measured by modules that are proven and adopted."""
    if not plan.contract.request.wants_accredited:
        return []
    centre = centre_of(plan)
    return [
        reason
        for line in living_lines(plan)
        for reason in against_unproven(centre, line.module_id, line.module_version, line.module_digest)
    ]


def against_evidence(plan: TestPlan) -> list[Reason]:
    """Each value has its raw files, and they are there; cheap enough for a page."""
    verdicts = verdicts_of(plan)
    reasons = [
        Reason("measurement.no_evidence", {"measure": verdict.measurement.measure_id}, clause="7.5.1")
        for verdict in verdicts
        if not files_behind(verdict)
    ]
    return reasons + _damaged({file for file in _evidence(plan) if not store.path_of(file.sha256).is_file()})


def against_damaged_evidence(plan: TestPlan) -> list[Reason]:
    """The raw files that are there still have their hashes: read whole, so asked at the review and not on a page."""
    there = (file for file in _evidence(plan) if store.path_of(file.sha256).is_file())
    return _damaged({file for file in there if not store.is_sound(file.sha256)})


def against_missing_authorization(report: TestReport, by: User, step: str) -> list[Reason]:
    return against_unauthorized(by, centre_of(report.plan), modules_of(report.plan), step)


def against_own_work(report: TestReport, by: User, step: str) -> list[Reason]:
    """Whoever measured neither reviews nor authorizes, nor does who advised on the product.

    Reviewer and authorizer differ unless the centre's policy says so.
    """
    plan, reasons = report.plan, []
    if by in hands_in(plan) or by.pk == report.drafted_by_id:
        reasons.append(Reason("report.own_work", {"step": step}, clause="7.8.1.1"))
    is_reviewer = step == Step.AUTHORIZE and report.reviewed_by_id == by.pk
    if is_reviewer and not centre_of(plan).one_person_may_review_and_authorize:
        reasons.append(Reason("report.reviewer_authorizes", clause="7.8.1.1"))
    return reasons + reasons_from_table(step, by, plan.contract.request.product)


def _against_content(plan: TestPlan) -> list[Reason]:
    return against_gaps(plan) + against_tools(plan) + against_evidence(plan)


def _against_person(report: TestReport, by: User, step: str) -> list[Reason]:
    return against_missing_authorization(report, by, step) + against_own_work(report, by, step)


def _evidence(plan: TestPlan) -> set[RawFile]:
    return {file for verdict in verdicts_of(plan) for file in files_behind(verdict)}


def _damaged(files: set[RawFile]) -> list[Reason]:
    names = sorted({file.name for file in files})
    return [Reason("file.damaged", {"file": name}, clause="7.5.2") for name in names]


def _against_state(report: TestReport, state: str) -> list[Reason]:
    return (
        []
        if report.state == state
        else [Reason("report.not_in_state", {"state": report.state, "needed": state})]
    )
