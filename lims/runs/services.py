"""Queueing, stopping, deciding and rerunning. The queued row is the outbox: nobody sends a message here."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from lims.errors import LostRace, Reason
from lims.organization.models import User
from lims.plans.models import PlanLine
from lims.records.chain import record
from lims.records.services import require, step_of
from lims.runs import guards
from lims.runs.models import Attempt, TestRun
from test_modules import catalogue

QUEUES = {"robot": "run.functional", "locust": "run.load"}


def start_line(*, line: PlanLine, by: User) -> list[TestRun]:
    """Queue every planned repeat of a line, once, in one transaction.

    Raises: Blocked (every unmet condition). A second call finds the runs there and is refused.
    """
    require(_against_starting(line, by), step="start_line", row=line, by=by)
    request = line.plan.contract.request
    with step_of("start_line", row=line, by=by) as ask:
        ask(guards.against_starting(line, by))
        runs = [
            _queued(line, number, by, _purpose(request.wants_accredited))
            for number in range(1, line.repeats + 1)
        ]
        record("run.queued", *runs, chain=request.centre.code, by=by)
    return runs


def stop_run(*, run: TestRun, by: User) -> None:
    """Ask for a stop. A queued run goes back to planned; a running one is stopped by its supervisor, which polls.

    Raises: Blocked, LostRace.
    """
    require(guards.against_stopping(run, by), step="stop_run", row=run, by=by)
    with transaction.atomic():
        if run.state == TestRun.State.QUEUED:
            run.move(TestRun.State.PLANNED)
            record("run.unqueued", run, chain=run.centre.code, by=by)
            return
        attempt = run.tries.select_for_update().filter(state__in=Attempt.OPEN).last()
        if attempt is None:
            raise LostRace(
                f"{run}: no attempt is going on any more"
            )  # ended, or queued again for another one
        if attempt.stop_asked_at:
            return
        attempt.stop_asked_by, attempt.stop_asked_at = by, timezone.now()
        attempt.save(update_fields=["stop_asked_by", "stop_asked_at"])
        record("attempt.stop_asked", attempt, chain=run.centre.code, by=by)


def requeue_run(*, run: TestRun, by: User) -> None:
    """Queue a run again that a person had taken out of the queue. Raises: Blocked, LostRace."""
    reasons = guards.against_requeueing(run, by) + guards.against_damaged_item(run.plan_line)
    require(reasons, step="requeue_run", row=run, by=by)
    with transaction.atomic():
        run.move(TestRun.State.QUEUED, queued_at=timezone.now(), queued_by=by)
        record("run.queued", run, chain=run.centre.code, by=by)


def decide_waiting(*, run: TestRun, again: bool, why: str, by: User) -> None:
    """Decide what becomes of an interrupted run: another attempt, or the end.

    Raises: Blocked, LostRace.
    """
    require(guards.against_deciding(run, by), step="decide_waiting", row=run, by=by)
    now = timezone.now()
    with transaction.atomic():
        if again:
            run.move(TestRun.State.QUEUED, queued_at=now, decided_by=by)
        else:
            run.move(TestRun.State.ENDED, ended_at=now, decided_by=by)
        record("run.decided", run, chain=run.centre.code, by=by, why=why)


def rerun(*, run: TestRun, why: str, by: User) -> TestRun:
    """Queue a new run in the place of an ended one that has no result; both stay on record.

    Raises: Blocked.
    """
    reasons = guards.against_rerunning(run, by) + guards.against_damaged_item(run.plan_line)
    require(reasons, step="rerun", row=run, by=by)
    with step_of("rerun", row=run, by=by) as ask:
        ask(guards.against_rerunning(run, by))
        again = _queued(run.plan_line, run.repeat_no, by, run.purpose, reruns=run)
        record("run.rerun", again, chain=run.centre.code, by=by, why=why)
    return again


def _against_starting(line: PlanLine, by: User) -> list[Reason]:
    return guards.against_starting(line, by) + guards.against_damaged_item(line)


def _purpose(wants_accredited: bool) -> str:
    return TestRun.Purpose.ACCREDITED if wants_accredited else TestRun.Purpose.PLAIN


def _queued(line: PlanLine, number: int, by: User, purpose: str, reruns: TestRun | None = None) -> TestRun:
    centre = line.plan.contract.request.centre
    engine = catalogue.find(line.module_id).engine.name
    return TestRun.objects.create(
        plan_line=line,
        item=line.plan.item,
        centre=centre,
        purpose=purpose,
        repeat_no=number,
        reruns=reruns,
        state=TestRun.State.QUEUED,
        queue=f"{QUEUES[engine]}.{centre.code}",
        queued_at=timezone.now(),
        queued_by=by,
    )
