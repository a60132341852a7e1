"""What the page of a report shows: each result with its evidence, and the checks before review and signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.equipment.guards import against_unproven
from lims.errors import Reason
from lims.evaluation.models import Verdict
from lims.evaluation.panels import MeasurementPanel, measurement_panel
from lims.organization.guards import against_unauthorized
from lims.organization.models import User
from lims.organization.queries import Step
from lims.plans.guards import centre_of, living_lines
from lims.records import store
from lims.reports import guards
from lims.reports.models import TestReport
from lims.reports.queries import modules_of, testers_of, verdicts_of
from lims.runs.models import RawFile


@dataclass(frozen=True)
class Check:
    """One line of the checks panel; no reasons means it holds."""

    label: str | Promise
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class ResultRow:
    """One agreed item with its value, verdict and the raw files behind it."""

    verdict: Verdict
    panel: MeasurementPanel
    files: Sequence[RawFile]


def result_rows(report: TestReport) -> list[ResultRow]:
    return [
        ResultRow(verdict, measurement_panel(verdict.measurement), files_behind(verdict))
        for verdict in verdicts_of(report.plan)
    ]


def files_behind(verdict: Verdict) -> list[RawFile]:
    rows = RawFile.objects.filter(attempt__measurements__measurement=verdict.measurement)
    return list(rows.select_related("attempt__run").order_by("attempt__run__repeat_no", "name"))


def checks_of(report: TestReport, rows: Sequence[ResultRow], by: User) -> list[Check]:
    """As on a pull request: what holds and what does not, for the person who looks at it."""
    step = Step.REVIEW if report.state == TestReport.State.DRAFT else Step.AUTHORIZE
    return [
        Check(_("Every agreed measure is reported"), _against_gaps(report)),
        Check(_("The test modules are proven and adopted"), _against_tools(report)),
        Check(_("Each value has its raw files, and their hashes hold"), _against_evidence(rows)),
        Check(_("You are authorized for every module"), _against_authorization(report, by, step)),
        Check(_("You measured nothing of it"), _against_own(report, by, step)),
    ]


def _against_gaps(report: TestReport) -> list[Reason]:
    judged = {verdict.agreed_item_id for verdict in verdicts_of(report.plan)}
    return [
        Reason("item.not_judged", {"measure": item.measure_id}, clause="7.8.6")
        for item in report.plan.contract.items.all()
        if item.pk not in judged
    ]


def _against_tools(report: TestReport) -> list[Reason]:
    if not report.plan.contract.request.wants_accredited:
        return []
    centre = centre_of(report.plan)
    return [
        reason
        for line in living_lines(report.plan)
        for reason in against_unproven(centre, line.module_id, line.module_version, line.module_digest)
    ]


def _against_evidence(rows: Sequence[ResultRow]) -> list[Reason]:
    """A missing file blocks; the hash of each is computed again when it is opened."""
    reasons = [
        Reason("measurement.no_evidence", {"measure": row.verdict.measurement.measure_id}, clause="7.5.1")
        for row in rows
        if not row.files
    ]
    gone = {file.name for row in rows for file in row.files if not store.path_of(file.sha256).is_file()}
    return reasons + [Reason("file.damaged", {"file": name}, clause="7.5.2") for name in sorted(gone)]


def _against_authorization(report: TestReport, by: User, step: str) -> list[Reason]:
    return against_unauthorized(by, centre_of(report.plan), modules_of(report.plan), step)


def _against_own(report: TestReport, by: User, step: str) -> list[Reason]:
    if by in testers_of(report.plan) or by.pk == report.drafted_by_id:
        return [Reason("report.own_work", {"step": step}, clause="7.8.1.1")]
    is_same = step == Step.AUTHORIZE and report.reviewed_by_id == by.pk
    if is_same and not centre_of(report.plan).one_person_may_review_and_authorize:
        return [Reason("report.reviewer_authorizes", clause="7.8.1.1")]
    return []


def against_review_so_far(report: TestReport, by: User) -> list[Reason]:
    """What speaks against a review apart from the questions that the form will answer."""
    return guards.against_reviewing(report, by, dict.fromkeys(TestReport.QUESTIONS, True))
