"""Which runs wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from lims.records.chain import record
from lims.records.outbox import MOST_ATTEMPTS
from lims.runs.models import Attempt, TestRun
from test_modules import catalogue

TASK = "lims.answer_bell"


def eligible() -> dict[str, int]:
    """Queue -> number of runs that wait in it."""
    rows = TestRun.objects.eligible().order_by().values_list("queue").annotate(count=Count("pk"))
    return dict(rows)


def reap() -> int:
    """Close the attempt of every run whose lease ran out; queue the run again, let it wait, or end it."""
    if not TestRun.objects.lost().exists():  # the common case costs one query and no write lock
        return 0
    with transaction.atomic():
        lost = list(TestRun.objects.lost().select_for_update(skip_locked=True))
        for run in lost:
            _give_up(run)
        return len(lost)


def _give_up(run: TestRun) -> None:
    now = timezone.now()
    attempt = run.tries.get(number=run.attempts)
    attempt.state, attempt.ended_at, attempt.reason = Attempt.State.INTERRUPTED, now, "worker.lost"
    attempt.save(update_fields=["state", "ended_at", "reason"])
    stamps = {"owner": None, "lease_until": None}
    if run.attempts >= MOST_ATTEMPTS or attempt.stop_asked_at:
        run.move(TestRun.State.ENDED, ended_at=now, **stamps)
    elif catalogue.find(run.plan_line.module_id).engine.on_interruption == "retry":
        run.move(TestRun.State.QUEUED, queued_at=now, **stamps)
    else:
        run.move(TestRun.State.WAITING, **stamps)
    record("attempt.interrupted", run, attempt, chain=run.centre.code, why="worker.lost")
