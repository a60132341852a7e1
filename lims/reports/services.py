"""Draft, review, return. Authorizing belongs to the document it answers for: see `certificates.services`."""

from __future__ import annotations

from collections.abc import Mapping

from django.db import transaction
from django.utils import timezone

from lims.organization.models import User
from lims.plans.guards import centre_of
from lims.plans.models import TestPlan
from lims.records.chain import record
from lims.records.services import require
from lims.reports import guards
from lims.reports.models import TestReport


def draft_report(*, plan: TestPlan, by: User, deviations: str = "", opinions: str = "") -> TestReport:
    """Put the judged results together. Raises: Blocked."""
    require(guards.against_drafting(plan, by), step="draft_report", row=plan, by=by)
    with transaction.atomic():
        TestPlan.objects.select_for_update().get(pk=plan.pk)
        require(guards.against_drafting(plan, by), step="draft_report", row=plan, by=by)
        report = TestReport.objects.create(
            plan=plan, deviations=deviations, opinions=opinions, drafted_by=by, drafted_at=timezone.now()
        )
        record("report.drafted", report, chain=centre_of(plan).code, by=by)
    return report


def review_report(*, report: TestReport, answers: Mapping[str, bool], by: User) -> None:
    """A second person accepts the draft after following it to its raw data. Raises: Blocked, LostRace."""
    require(guards.against_reviewing(report, by, answers), step="review_report", row=report, by=by)
    kept = dict.fromkeys(TestReport.QUESTIONS, True)
    with transaction.atomic():
        report.move(TestReport.State.REVIEWED, reviewed_by=by, reviewed_at=timezone.now(), answers=kept)
        record("report.reviewed", report, chain=centre_of(report.plan).code, by=by)


def return_report(*, report: TestReport, why: str, by: User) -> None:
    """Send a draft back; it stays as it was, and the next draft is a new row. Raises: Blocked, LostRace."""
    require(guards.against_returning(report, by), step="return_report", row=report, by=by)
    with transaction.atomic():
        report.move(TestReport.State.RETURNED, return_reason=why)
        record("report.returned", report, chain=centre_of(report.plan).code, by=by, why=why)


def authorize_report(*, report: TestReport, by: User) -> None:
    """Mark the report authorized, inside the caller's step: the authorizer's answer was checked by the signer.

    Raises: Blocked, LostRace.
    """
    require(guards.against_authorizing(report, by), step="authorize_report", row=report, by=by)
    report.move(TestReport.State.AUTHORIZED, authorized_by=by, authorized_at=timezone.now())
