"""What speaks against drafting, reviewing and authorizing. Source: ISO/IEC 17025:2017, 6.2.6, 7.8.1."""

from __future__ import annotations

from collections.abc import Mapping

from lims.errors import Reason
from lims.organization.guards import against_role, against_unauthorized
from lims.organization.models import User
from lims.organization.queries import Role, Step
from lims.plans.guards import centre_of
from lims.plans.models import TestPlan
from lims.records.guards import reasons_from_table
from lims.reports.models import TestReport
from lims.reports.queries import modules_of, testers_of, verdicts_of

OPEN = (TestReport.State.DRAFT, TestReport.State.REVIEWED, TestReport.State.AUTHORIZED)


def against_drafting(plan: TestPlan, by: User) -> list[Reason]:
    reasons = against_role(by, centre_of(plan), Role.TESTER)
    judged = {verdict.agreed_item_id for verdict in verdicts_of(plan)}
    for item in plan.contract.items.all():
        if item.pk not in judged:
            reasons.append(Reason("item.not_judged", {"measure": item.measure_id}, clause="7.8.6"))
    if plan.reports.filter(state__in=OPEN).exists():
        reasons.append(Reason("report.already_drafted"))
    return reasons


def against_reviewing(report: TestReport, by: User, answers: Mapping[str, bool]) -> list[Reason]:
    """Every reason this person may not accept this draft now; the reviewer measured nothing of it."""
    reasons = _against_state(report, TestReport.State.DRAFT)
    reasons += against_seeing_own(report, by, Step.REVIEW)
    for question in TestReport.QUESTIONS:
        if answers.get(question) is not True:
            reasons.append(Reason("report.question_open", {"question": question}, clause="7.8.1.1"))
    return reasons


def against_authorizing(report: TestReport, by: User) -> list[Reason]:
    """Every reason this person may not authorize; reviewer and authorizer differ unless the centre's policy says so."""
    reasons = _against_state(report, TestReport.State.REVIEWED)
    reasons += against_seeing_own(report, by, Step.AUTHORIZE)
    policy = centre_of(report.plan).one_person_may_review_and_authorize
    if report.reviewed_by_id == by.pk and not policy:
        reasons.append(Reason("report.reviewer_authorizes", clause="7.8.1.1"))
    return reasons


def against_returning(report: TestReport, by: User) -> list[Reason]:
    reasons = against_role(by, centre_of(report.plan), Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER)
    if report.state not in (TestReport.State.DRAFT, TestReport.State.REVIEWED):
        reasons.append(Reason("report.not_open"))
    return reasons


def against_seeing_own(report: TestReport, by: User, step: str) -> list[Reason]:
    """Whoever measured neither reviews nor authorizes; nor does a consultant of the product."""
    plan, centre = report.plan, centre_of(report.plan)
    reasons = against_unauthorized(by, centre, modules_of(plan), step)
    if by in testers_of(plan) or by.pk == report.drafted_by_id:
        reasons.append(Reason("report.own_work", {"step": step}, clause="7.8.1.1"))
    return reasons + reasons_from_table(step, by, plan.contract.request.product)


def _against_state(report: TestReport, state: str) -> list[Reason]:
    return (
        []
        if report.state == state
        else [Reason("report.not_in_state", {"state": report.state, "needed": state})]
    )
