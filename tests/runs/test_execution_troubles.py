"""What a database that is away, a stop from outside or a frozen moment does to an attempt: never a wrong result."""

from __future__ import annotations

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError, transaction

from lims.errors import LostRace
from lims.records.models import AuditEvent
from lims.records.outbox import BEAT_S
from lims.runs import execution, outbox, services
from lims.runs.execution import GRACE_S, LeaseWatch
from lims.runs.models import Attempt, TestRun
from test_modules import catalogue
from test_modules.contract import ModuleError, State
from tests import laboratory


@pytest.fixture
def run(lab):
    (queued,) = laboratory.start(lab, laboratory.approve(lab))
    return queued


@pytest.fixture
def claimed(run):
    return TestRun.objects.claim_oldest(run.queue, uuid4())


@pytest.fixture
def no_pause(monkeypatch):
    monkeypatch.setattr("lims.records.patience.PAUSE_S", 0)


def lose_leases():
    from django.db.models.functions import Now

    from lims.records.outbox import LEASE

    TestRun.objects.update(lease_until=Now() - LEASE)


def breaking_once(monkeypatch, *, after_commit):
    """The finish meets a database that goes away once: before its commit, or just after it."""
    real, tries = transaction.atomic, []

    @contextmanager
    def atomic(*arguments, **more):
        tries.append(1)
        with real(*arguments, **more):
            yield
            if len(tries) == 1 and not after_commit:
                raise OperationalError("the connection was lost")
        if len(tries) == 1 and after_commit:
            raise OperationalError("the answer was lost")

    monkeypatch.setattr(execution.transaction, "atomic", atomic)
    return tries


@pytest.mark.parametrize("after_commit", [False, True], ids=["rolled back", "answer lost"])
def test_a_finish_that_met_an_absent_database_costs_no_attempt(
    claimed, engine, monkeypatch, no_pause, after_commit
):
    tries = breaking_once(monkeypatch, after_commit=after_commit)

    execution.execute(claimed)

    run = TestRun.objects.get()
    assert len(tries) == 2
    assert (run.state, run.attempts) == (TestRun.State.ENDED, 1)
    assert [attempt.state for attempt in run.tries.all()] == [Attempt.State.COMPLETE]
    assert run.tries.get().files.count() == 1
    assert AuditEvent.objects.filter(kind="attempt.ended").count() == 1


def test_the_event_of_a_repeated_finish_tells_all_that_changed(claimed, engine, monkeypatch, no_pause):
    breaking_once(monkeypatch, after_commit=False)

    execution.execute(claimed)

    event = AuditEvent.objects.get(kind="attempt.ended")
    (told,) = [row for row in event.rows if row["model"] == "runs.Attempt"]
    assert (told["before"]["state"], told["after"]["state"]) == ("running", "complete")


def test_the_claim_tells_that_the_run_is_running_now(claimed):
    event = AuditEvent.objects.get(kind="attempt.started")

    (told,) = [row for row in event.rows if row["model"] == "runs.TestRun"]
    assert told["before"] == {"state": "queued", "attempts": 0}
    assert told["after"] == {"state": "running", "attempts": 1}


def test_who_asked_for_a_stop_stays_on_record_when_the_attempt_ends(lab, claimed, engine):
    engine.state = State.STOPPED
    engine.meanwhile = lambda: services.stop_run(run=TestRun.objects.get(), by=lab.tester)

    execution.execute(claimed)

    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.stop_asked_by) == (Attempt.State.STOPPED, lab.tester)
    assert attempt.stop_asked_at is not None


@pytest.mark.parametrize("reason", ["lease.lost", "guard.no_beat"])
def test_an_engine_that_was_given_up_ends_no_run_as_stopped(claimed, engine, monkeypatch, reason):
    """Out of touch for eight seconds, the lease may still be ours for two more; nobody asked for this stop."""
    outcome = engine._outcome
    monkeypatch.setattr(
        engine, "_outcome", lambda files: outcome(files).__class__(state=State.STOPPED, reason=reason)
    )

    execution.execute(claimed)

    assert TestRun.objects.get().state == TestRun.State.RUNNING  # until the reaper speaks
    lose_leases()
    outbox.reap()
    assert TestRun.objects.get().state == TestRun.State.QUEUED
    assert Attempt.objects.get().state == Attempt.State.INTERRUPTED


def test_a_tools_last_words_are_stored_even_with_a_zero_byte(claimed, engine, monkeypatch):
    outcome = engine._outcome
    monkeypatch.setattr(
        engine,
        "_outcome",
        lambda files: outcome(files).__class__(state=State.BROKEN, reason="tool.error a\0b"),
    )

    execution.execute(claimed)

    assert Attempt.objects.get().reason == "tool.error a\ufffdb"


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_a_watch_gives_up_only_when_somebody_else_may_start(claimed, monkeypatch, trouble):
    watch = LeaseWatch(claimed, claimed.tries.get())
    clock = [0.0]
    monkeypatch.setattr(execution.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(claimed, "beat", lambda: (_ for _ in ()).throw(trouble("away")))
    watch.held_at = 0.0
    answers = {}

    for clock[0] in (0.1, GRACE_S - 0.1, GRACE_S + 0.1):
        watch.next_beat = 0.0
        answers[clock[0]] = watch.stop_asked()

    assert list(answers.values()) == ["", "", "lease.lost"]


def test_a_watch_goes_on_once_the_database_is_back(claimed, monkeypatch):
    watch = LeaseWatch(claimed, claimed.tries.get())
    closed = []
    monkeypatch.setattr(execution, "renew_connections", lambda: closed.append(1))
    with monkeypatch.context() as away:
        away.setattr(claimed, "beat", lambda: (_ for _ in ()).throw(OperationalError("away")))
        assert watch.stop_asked() == ""
    watch.next_beat = 0.0

    assert watch.stop_asked() == ""
    assert closed == [1]  # a connection that broke would stay broken
    assert watch.next_beat > BEAT_S


def test_progress_that_cannot_be_told_stops_nothing(claimed, monkeypatch):
    watch = LeaseWatch(claimed, claimed.tries.get())
    monkeypatch.setattr(Attempt.objects, "filter", lambda **kw: (_ for _ in ()).throw(InterfaceError("away")))

    watch.progress(1, 2, "line")


def test_the_third_lost_worker_is_told_as_the_third(run):
    for _attempt in range(3):
        TestRun.objects.claim_oldest(run.queue, uuid4())
        lose_leases()
        outbox.reap()

    run.refresh_from_db()
    reasons = [attempt.reason for attempt in run.tries.order_by("number")]
    assert run.state == TestRun.State.ENDED
    assert reasons == ["worker.lost", "worker.lost", "worker.died_three_times"]


def test_a_run_whose_module_is_gone_waits_for_a_person(claimed, monkeypatch):
    def unknown(module_id):
        raise ModuleError("module.unknown", module=module_id)

    lose_leases()
    monkeypatch.setattr(catalogue, "find", unknown)

    assert outbox.reap() == 1
    assert TestRun.objects.get().state == TestRun.State.WAITING


def test_a_run_that_cannot_be_reaped_keeps_no_other_waiting(lab, monkeypatch):
    runs = laboratory.start(
        lab, laboratory.approve(lab, "load-http", contract=laboratory.agree(lab, "PTb-1-G", "PTb-5-G"))
    )
    for _run in runs:
        TestRun.objects.claim_oldest(runs[0].queue, uuid4())
    lose_leases()
    Attempt.objects.filter(run=runs[0]).update(number=99)

    outbox.reap()

    assert TestRun.objects.filter(state=TestRun.State.RUNNING).count() == 1
    assert TestRun.objects.filter(state=TestRun.State.WAITING).count() == len(runs) - 1


def test_a_stop_that_comes_when_the_attempt_is_over_is_not_swallowed(lab, claimed):
    """The page still showed the run as running; the reaper had queued it again, so it would start once more."""
    seen = TestRun.objects.get()
    lose_leases()
    outbox.reap()

    with pytest.raises(LostRace):
        services.stop_run(run=seen, by=lab.tester)
