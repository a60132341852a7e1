"""Draft, review, return. Authorizing belongs to the document it answers for: see `certificates.services`."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils import timezone

from lims.organization.models import User
from lims.plans.guards import centre_of
from lims.plans.models import TestPlan
from lims.records.chain import record
from lims.records.services import step_of
from lims.reports import guards
from lims.reports.models import TestReport


def draft_report(*, plan: TestPlan, by: User, deviations: str = "", opinions: str = "") -> TestReport:
    """Put the judged results together. Raises: Blocked."""
    with step_of("draft_report", row=plan, by=by) as ask:
        ask(guards.against_drafting(plan, by))
        report = TestReport.objects.create(
            plan=plan, deviations=deviations, opinions=opinions, drafted_by=by, drafted_at=timezone.now()
        )
        record("report.drafted", report, chain=centre_of(plan).code, by=by)
    return report


def review_report(*, report: TestReport, answers: Mapping[str, bool], by: User) -> None:
    """A second person accepts the draft after following it to its raw data. Raises: Blocked.

    Source: ISO/IEC 17025:2017, 7.5.2, 7.8.1.1
    """
    damaged = guards.against_damaged_evidence(report.plan)  # hashing takes a while: before the row is held
    kept = dict.fromkeys(TestReport.QUESTIONS, True)
    with step_of("review_report", row=report, by=by) as ask:
        ask(guards.against_reviewing(report, by, answers) + damaged)
        report.move(TestReport.State.REVIEWED, reviewed_by=by, reviewed_at=timezone.now(), answers=kept)
        record("report.reviewed", report, chain=centre_of(report.plan).code, by=by)


def return_report(*, report: TestReport, why: str, by: User) -> None:
    """Send a draft back; it stays as it was, and the next draft is a new row. Raises: Blocked."""
    with step_of("return_report", row=report, by=by) as ask:
        ask(guards.against_returning(report, by))
        report.move(TestReport.State.RETURNED, return_reason=why)
        record("report.returned", report, chain=centre_of(report.plan).code, by=by, why=why)


def authorize_report(*, report: TestReport, by: User) -> None:
    """Mark the report authorized, inside the caller's step: the authorizer's answer was checked by the signer.

    Raises: Blocked.
    """
    with step_of("authorize_report", row=report, by=by) as ask:
        ask(guards.against_authorizing(report, by))
        report.move(TestReport.State.AUTHORIZED, authorized_by=by, authorized_at=timezone.now())
