"""What the pages of results show: each value with the rows behind it, and who may compute and judge."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lims.errors import Reason
from lims.evaluation import guards
from lims.evaluation.models import Measurement, Verdict
from lims.evaluation.services import expanded
from lims.organization.models import User
from lims.plans.guards import living_lines
from lims.plans.models import Function, PlanLine, TestPlan
from lims.runs.models import Attempt

OUTCOMES: dict[str, str | Promise] = {
    "correct": _("Correct"),
    "incorrect": _("Incorrect"),
    "missing": _("Missing"),
    "not_executed": _("Not executed"),
}


@dataclass(frozen=True)
class MeasurementPanel:
    """A value as it is read on screen: full numbers, expanded uncertainty, verdicts."""

    row: Measurement
    expanded: float | None
    verdicts: Sequence[Verdict]


@dataclass(frozen=True)
class LinePanel:
    """One line with its values, or the reasons why they cannot be computed yet."""

    line: PlanLine
    measurements: Sequence[MeasurementPanel]
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class FunctionRow:
    """One function behind A and B."""

    code: str
    outcome: str
    function: Function | None
    cases: Mapping[str, Any]

    @property
    def label(self) -> str | Promise:
        return OUTCOMES.get(self.outcome, self.outcome)

    @property
    def is_correct(self) -> bool:
        return self.outcome == "correct"


@dataclass(frozen=True)
class RepeatRow:
    """The value of one repeat and the attempt it comes from."""

    attempt: Attempt
    value: float | None


def line_panels(plan: TestPlan, by: User) -> list[LinePanel]:
    return [_line_panel(line, by) for line in living_lines(plan)]


def measurement_panel(row: Measurement) -> MeasurementPanel:
    verdicts = row.verdicts.select_related("agreed_item", "judged_by")
    return MeasurementPanel(row=row, expanded=expanded(row), verdicts=list(verdicts))


def function_rows(row: Measurement) -> list[FunctionRow]:
    """The functions that were counted, each with its outcome, those that did not come out right first."""
    outcomes = row.details.get("functions") or []
    known: dict[str, Function] = {}
    if listed := row.plan_line.plan.function_list:
        known = {function.code: function for function in listed.functions.all()}
    rows = [
        FunctionRow(
            code=str(entry.get("code", "")),
            outcome=str(entry.get("outcome", "")),
            function=known.get(str(entry.get("code", ""))),
            cases=entry.get("cases") or {},
        )
        for entry in outcomes
        if isinstance(entry, Mapping)
    ]
    return sorted(rows, key=lambda found: found.is_correct)


def repeat_rows(row: Measurement) -> list[RepeatRow]:
    """The values a mean was taken over, beside the attempts they come from; none for counts."""
    sources = row.sources.select_related("attempt__run").prefetch_related("attempt__files")
    attempts = [source.attempt for source in sources.order_by("attempt__run__repeat_no", "pk")]
    values = list(row.values) if len(row.values) == len(attempts) else [None] * len(attempts)
    return [RepeatRow(attempt, value) for attempt, value in zip(attempts, values, strict=True)]


def counts_by_outcome(rows: Sequence[FunctionRow]) -> list[tuple[str | Promise, int]]:
    """How many functions came out how: the figures behind A and B."""
    found = [row.outcome for row in rows]
    return [(label, found.count(name)) for name, label in OUTCOMES.items() if name in found]


def window_rows(row: Measurement) -> list[Mapping[str, Any]]:
    """What was observed in each measured window of each repeat of a load line."""
    rows = row.details.get("repeats") or []
    return [entry for entry in rows if isinstance(entry, Mapping)]


def _line_panel(line: PlanLine, by: User) -> LinePanel:
    found = [measurement_panel(row) for row in line.measurements.all()]
    return LinePanel(
        line=line, measurements=found, reasons=[] if found else guards.against_deriving(line, by)
    )
