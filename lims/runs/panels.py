"""What the pages of runs show: how far each is, and which steps a person may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lims.errors import Reason
from lims.organization.models import User
from lims.plans.models import PlanLine
from lims.records.reasons import text_of_stored
from lims.runs import guards
from lims.runs.models import Attempt, TestRun

GOING = (TestRun.State.QUEUED, TestRun.State.RUNNING)


@dataclass(frozen=True)
class AttemptPanel:
    """One attempt and how long it took or has taken so far."""

    attempt: Attempt
    duration_s: float
    is_open: bool
    reason: str


@dataclass(frozen=True)
class RunPanel:
    """One run with its attempts, the newest first."""

    run: TestRun
    attempts: Sequence[AttemptPanel]
    is_going: bool
    is_replaced: bool  # a rerun stands in its place

    @property
    def last(self) -> AttemptPanel | None:
        return self.attempts[0] if self.attempts else None


@dataclass(frozen=True)
class Counts:
    """How the runs of a line stand."""

    planned: int
    queued: int
    running: int
    waiting: int
    ended: int
    complete: int

    @property
    def total(self) -> int:
        return self.planned + self.queued + self.running + self.waiting + self.ended

    @property
    def is_going(self) -> bool:
        return bool(self.queued + self.running)


def run_panel(run: TestRun, now: datetime) -> RunPanel:
    attempts = [_attempt_panel(attempt, now) for attempt in run.tries.all()]
    return RunPanel(
        run=run,
        attempts=sorted(attempts, key=lambda panel: -panel.attempt.number),
        is_going=run.state in GOING,
        is_replaced=bool(run.rerun_by.all()),
    )


def run_panels(line: PlanLine, now: datetime) -> list[RunPanel]:
    rows = line.runs.prefetch_related("tries", "rerun_by").order_by("repeat_no", "pk")
    return [run_panel(run, now) for run in rows]


def counts_of(panels: Iterable[RunPanel]) -> Counts:
    panels = list(panels)
    states = [panel.run.state for panel in panels]
    return Counts(
        **{state.value: states.count(state.value) for state in TestRun.State},
        complete=sum(
            panel.last is not None and panel.last.attempt.state == Attempt.State.COMPLETE for panel in panels
        ),
    )


def against_each(run: TestRun, by: User) -> dict[str, list[Reason]]:
    """The steps that make sense for a run in this state, with what speaks against each."""
    if run.state in GOING:
        return {"stop": guards.against_stopping(run, by)}
    if run.state == TestRun.State.WAITING:
        return {"decide": guards.against_deciding(run, by)}
    if run.state == TestRun.State.PLANNED:
        return {"requeue": guards.against_requeueing(run, by)}
    if run.tries.filter(state=Attempt.State.COMPLETE).exists() or run.rerun_by.exists():
        return {}
    return {"rerun": guards.against_rerunning(run, by)}


def _attempt_panel(attempt: Attempt, now: datetime) -> AttemptPanel:
    return AttemptPanel(
        attempt=attempt,
        duration_s=((attempt.ended_at or now) - attempt.started_at).total_seconds(),
        is_open=attempt.ended_at is None,
        reason=text_of_stored(attempt.reason),
    )
