"""Which runs wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.utils import timezone

from lims.records.chain import record
from lims.records.outbox import MOST_ATTEMPTS
from lims.runs.models import Attempt, TestRun
from test_modules import catalogue
from test_modules.contract import ModuleError

TASK = "lims.answer_bell"


def eligible() -> dict[str, int]:
    """Queue -> number of runs that wait in it."""
    return TestRun.objects.waiting()


def reap() -> int:
    """Close the attempt of every run whose lease ran out; queue the run again, let it wait, or end it."""
    return TestRun.objects.reap(_give_up)


def _give_up(run: TestRun) -> None:
    now = timezone.now()
    attempt = run.tries.select_for_update().get(number=run.attempts)  # a stop may be asked for just now
    why = "worker.died_three_times" if run.attempts >= MOST_ATTEMPTS else "worker.lost"
    attempt.state, attempt.ended_at, attempt.reason = Attempt.State.INTERRUPTED, now, why
    attempt.save(update_fields=["state", "ended_at", "reason"])
    stamps = {"owner": None, "lease_until": None}
    if run.attempts >= MOST_ATTEMPTS or attempt.stop_asked_at:
        run.move(TestRun.State.ENDED, ended_at=now, **stamps)
    elif _may_be_repeated(run.plan_line.module_id):
        run.move(TestRun.State.QUEUED, queued_at=now, **stamps)
    else:
        run.move(TestRun.State.WAITING, **stamps)
    record("attempt.interrupted", run, attempt, chain=run.centre.code, why=why)


def _may_be_repeated(module_id: str) -> bool:
    """Whether a new attempt needs no person's decision; for a module that is no longer here a person decides."""
    try:
        return catalogue.find(module_id).engine.on_interruption == "retry"
    except ModuleError:
        return False
