"""What the page of a report shows: each result with its evidence, and the checks before review and signature."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.errors import Reason
from lims.evaluation.models import Verdict
from lims.evaluation.panels import MeasurementPanel, measurement_panel
from lims.organization.models import User
from lims.organization.queries import Step
from lims.reports import guards
from lims.reports.models import TestReport
from lims.reports.queries import files_behind, verdicts_of
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


def checks_of(report: TestReport, by: User) -> list[Check]:
    """As on a pull request: what holds and what does not, for the person who looks at it."""
    plan, step = report.plan, Step.REVIEW if report.state == TestReport.State.DRAFT else Step.AUTHORIZE
    return [
        Check(_("Every agreed measure is reported"), guards.against_gaps(plan)),
        Check(_("The test modules are proven and adopted"), guards.against_tools(plan)),
        Check(
            _("Each value has its raw files; their hashes are checked again when the step is taken"),
            guards.against_evidence(plan),
        ),
        Check(
            _("You are authorized for every module"), guards.against_missing_authorization(report, by, step)
        ),
        Check(_("You measured nothing of it"), guards.against_own_work(report, by, step)),
    ]


def against_review_so_far(report: TestReport, by: User) -> list[Reason]:
    """What speaks against a review apart from the questions that the form will answer."""
    return guards.against_reviewing(report, by, dict.fromkeys(TestReport.QUESTIONS, True))
