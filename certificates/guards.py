"""What speaks against numbering, authorizing and voiding. Source: ISO/IEC 17025:2017, 7.8."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from certificates.completeness import missing
from certificates.models import Certificate
from certificates.snapshot_shape import Snapshot
from lims.errors import Reason
from lims.organization.guards import against_role
from lims.organization.models import User
from lims.organization.queries import Role
from lims.plans.models import TestPlan
from lims.reports.guards import against_authorizing as against_authorizing_report
from lims.reports.models import TestReport

LIVING = [state for state in Certificate.State.values if state != Certificate.State.VOID]
BEFORE_ISSUE = (Certificate.State.NUMBERED, Certificate.State.RENDERED, Certificate.State.AUTHORIZED)


def against_preparing(report: TestReport, by: User) -> list[Reason]:
    """Every reason this report may not be numbered by this person, who will answer for it."""
    return against_authorizing_report(report, by) + _against_number(report)


def against_returning(report: TestReport) -> list[Reason]:
    """A report whose number lives is not sent back: the number is voided first (settings.STEP_GUARDS)."""
    return _against_number(report)


def against_snapshot(snapshot: Snapshot, plan: TestPlan) -> list[Reason]:
    """What a report must say and this one does not; an agreed item that is left out or swapped."""
    reasons = [
        Reason("report.incomplete", {"letter": letter, "field": name}, clause=f"7.8.2.1 {letter}")
        for letter, name in missing(snapshot)
    ]
    reported = {(row["measure_id"], row["edition"]) for row in snapshot["results"]}
    agreed = {(item.measure_id, item.edition) for item in plan.contract.items.all()}
    for name, in_edition in sorted(agreed - reported):
        reasons.append(
            Reason("item.not_reported", {"measure": name, "edition": in_edition}, clause="7.8.2.1")
        )
    for name, in_edition in sorted(reported - agreed):
        reasons.append(Reason("item.not_agreed", {"measure": name, "edition": in_edition}, clause="7.1.6"))
    return reasons


def against_authorizing(certificate: Certificate, by: User) -> list[Reason]:
    """Every reason this person may not answer for these bytes now."""
    reasons = against_authorizing_report(certificate.report, by)
    if certificate.state != Certificate.State.RENDERED:
        reasons.append(Reason("certificate.not_rendered"))
    if certificate.numbered_by_id != by.pk:
        reasons.append(Reason("certificate.of_another_authorizer"))
    if timezone.localdate() - timezone.localdate(certificate.numbered_at) > timedelta(days=1):
        reasons.append(Reason("certificate.date_passed", clause="7.8.2.1 j"))
    return reasons


def against_voiding(certificate: Certificate, by: User) -> list[Reason]:
    """A number that will not be issued is voided with a reason, never freed."""
    reasons = against_role(by, certificate.centre, Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER)
    if not is_open(certificate):
        reasons.append(Reason("certificate.not_open"))
    return reasons


def is_open(certificate: Certificate) -> bool:
    """Whether the number may still be voided; one that is tried again and again is at work most of the time."""
    is_in_trouble = certificate.state in Certificate.HELD.values() and certificate.trouble != ""
    return certificate.state in BEFORE_ISSUE or is_in_trouble


def _against_number(report: TestReport) -> list[Reason]:
    lives = report.certificates.filter(state__in=LIVING).exists()
    return [Reason("report.already_numbered")] if lives else []
