"""Who measured, and with which modules: what four eyes are checked against."""

from __future__ import annotations

from collections.abc import Sequence

from lims.evaluation.models import Measurement, Verdict
from lims.organization.models import User
from lims.plans.guards import living_lines
from lims.plans.models import PlanLine, TestPlan
from lims.runs.models import Attempt, RawFile, TestRun


def hands_in(plan: TestPlan) -> set[User]:
    """Everybody four eyes look away from: who tested, and who decided what became of a run."""
    return testers_of(plan) | _deciders(living_lines(plan))


def testers_of(plan: TestPlan) -> set[User]:
    """Everybody who ran, computed or judged anything of this plan: the names a report prints as having tested."""
    lines = living_lines(plan)
    people = {line.tester for line in lines if line.tester}
    people |= {
        m.derived_by for m in Measurement.objects.filter(plan_line__in=lines).select_related("derived_by")
    }
    verdicts = Verdict.objects.filter(measurement__plan_line__in=lines).select_related("judged_by")
    return people | {verdict.judged_by for verdict in verdicts}


def _deciders(lines: Sequence[PlanLine]) -> set[User]:
    """Whoever queued, stopped or reran a run, or said what becomes of an interrupted one, had a hand in its result."""
    runs = TestRun.objects.filter(plan_line__in=lines).select_related("queued_by", "decided_by")
    stopped = Attempt.objects.filter(run__plan_line__in=lines, stop_asked_by__isnull=False)
    people = {person for run in runs for person in (run.queued_by, run.decided_by)}
    people |= {attempt.stop_asked_by for attempt in stopped.select_related("stop_asked_by")}
    return {person for person in people if person}


def modules_of(plan: TestPlan) -> set[str]:
    return {line.module_id for line in living_lines(plan)}


def verdicts_of(plan: TestPlan) -> list[Verdict]:
    """The verdict of every agreed item, in the order of the agreement."""
    rows = Verdict.objects.filter(measurement__plan_line__in=living_lines(plan))
    return list(rows.select_related("measurement", "agreed_item").order_by("agreed_item__pk"))


def files_behind(verdict: Verdict) -> list[RawFile]:
    """The raw files that a verdict's value was computed from."""
    rows = RawFile.objects.filter(attempt__measurements__measurement=verdict.measurement)
    return list(rows.select_related("attempt__run").order_by("attempt__run__repeat_no", "name"))
