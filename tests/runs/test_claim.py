"""The outbox: a claim is made once, a lost lease shuts the late writer out, a lost worker is noticed."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest
from django.utils import timezone, translation

from lims.errors import LostRace
from lims.records.models import AuditEvent
from lims.records.reasons import text_of, text_of_stored
from lims.runs import execution, outbox
from lims.runs.models import Attempt, RawFile, TestRun
from lims.runs.tasks import answer_bell
from test_modules.contract import EngineBroken, Outcome, State
from tests.laboratory import agree, approve, start

RunState, Ended = TestRun.State, Attempt.State


@pytest.fixture
def run(lab) -> TestRun:
    (queued,) = start(lab, approve(lab))
    return queued


def claim(run: TestRun, owner=None) -> TestRun | None:
    return TestRun.objects.claim_oldest(run.queue, owner or uuid4())


def lose_lease(run: TestRun) -> None:
    TestRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_message_delivered_twice_tests_the_item_once(run, engine):
    answer_bell(run.queue)
    answer_bell(run.queue)

    assert len(engine.orders) == 1
    run.refresh_from_db()
    assert run.state == RunState.ENDED


def test_second_worker_finds_nothing_to_claim(run):
    first, second = claim(run), claim(run)

    assert first is not None
    assert second is None
    assert run.tries.count() == 1


def test_same_owner_finds_its_own_claim_again_after_a_lost_answer(run):
    owner = uuid4()

    first, again = claim(run, owner), claim(run, owner)

    assert first.pk == again.pk
    assert again.attempts == 1
    assert run.tries.count() == 1


def test_another_queue_is_left_alone(run):
    assert TestRun.objects.claim_oldest("run.load.ONE", uuid4()) is None


def test_oldest_run_is_claimed_first(lab, run):
    second = TestRun.objects.get(pk=run.pk)
    second.pk, second.uid, second.repeat_no = None, uuid4(), 2
    second.queued_at = run.queued_at - timedelta(minutes=1)
    second.save()

    assert claim(run).pk == second.pk


def test_claim_and_attempt_are_one_transaction(run, monkeypatch):
    monkeypatch.setattr(TestRun, "claimed", lambda self: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        claim(run)

    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert run.attempts == 0


def test_what_the_engine_left_is_kept_by_its_hash(run, engine):
    engine.files = {"journal.log": b"one\n", "output.xml": b"<robot/>"}

    answer_bell(run.queue)

    attempt = run.tries.get()
    assert attempt.state == Ended.COMPLETE
    assert attempt.sandbox == "bubblewrap"
    assert {file.name: file.size_bytes for file in attempt.files.all()} == {"journal.log": 4, "output.xml": 8}


def test_finish_is_refused_once_the_lease_is_lost(run, engine):
    engine.meanwhile = lambda: lose_lease(run)

    answer_bell(run.queue)

    run.refresh_from_db()
    assert engine.heard == ["lease.lost"]
    assert run.state == RunState.RUNNING
    assert not RawFile.objects.exists()


def test_frozen_worker_that_wakes_up_changes_nothing(run, engine):
    engine.meanwhile = lambda: (lose_lease(run), outbox.reap())

    answer_bell(run.queue)

    run.refresh_from_db()
    attempt = run.tries.get()
    assert attempt.state == Ended.INTERRUPTED
    assert attempt.reason == "worker.lost"
    assert run.state == RunState.QUEUED
    assert not RawFile.objects.exists()


def test_finish_is_refused_when_another_worker_holds_the_run(run, engine):
    held = claim(run)
    lose_lease(run)
    outbox.reap()
    claim(run)

    with pytest.raises(LostRace):
        execution._finish(held, run.tries.get(number=1), _outcome(), [])

    assert run.tries.get(number=2).state == Ended.RUNNING


def test_finish_that_was_done_before_is_not_done_twice(run, engine):
    held = claim(run)
    attempt = run.tries.get()
    execution._finish(held, attempt, _outcome(), [("journal.log", "0" * 64, 1)])

    execution._finish(held, attempt, _outcome(), [("journal.log", "0" * 64, 1)])

    assert RawFile.objects.count() == 1


def test_run_with_a_living_lease_is_not_reaped(run):
    claim(run)

    assert outbox.reap() == 0


def test_interrupted_functional_run_is_queued_again(run):
    claim(run)
    lose_lease(run)

    assert outbox.reap() == 1

    run.refresh_from_db()
    assert run.state == RunState.QUEUED
    assert run.owner is None


def test_interrupted_load_run_waits_for_a_decision(lab):
    run = start(lab, approve(lab, "load-http", contract=_load_contract(lab)))[0]
    claim(run)
    lose_lease(run)

    outbox.reap()

    run.refresh_from_db()
    assert run.state == RunState.WAITING


def test_third_lost_worker_ends_the_run(run):
    for _attempt in range(3):
        claim(run)
        lose_lease(run)
        outbox.reap()

    run.refresh_from_db()
    assert run.state == RunState.ENDED
    assert [attempt.state for attempt in run.tries.all()] == [Ended.INTERRUPTED] * 3
    assert claim(run) is None


def test_lost_run_that_was_asked_to_stop_is_not_tried_again(lab, run):
    claim(run)
    run.tries.update(stop_asked_at=timezone.now(), stop_asked_by=lab.tester)
    lose_lease(run)

    outbox.reap()

    run.refresh_from_db()
    assert run.state == RunState.ENDED


def test_reaping_writes_what_happened_into_the_chain(run):
    claim(run)
    lose_lease(run)

    outbox.reap()

    assert AuditEvent.objects.filter(kind="attempt.interrupted", why="worker.lost").count() == 1


def test_broken_tool_is_no_failed_test(run, engine):
    engine.broken = EngineBroken("product.not_up", path="/")

    answer_bell(run.queue)

    attempt = run.tries.get()
    assert attempt.state == Ended.BROKEN
    assert attempt.reason.startswith("product.not_up")
    assert attempt.files.get().name == "journal.log"


def test_guard_is_asked_again_when_a_worker_claims(lab, run, engine):
    lab.tester.authorizations.update(valid_until=timezone.localdate() - timedelta(days=1))

    answer_bell(run.queue)

    attempt = run.tries.get()
    assert engine.orders == []
    assert attempt.state == Ended.BROKEN
    assert "person.not_authorized" in attempt.reason


def test_waiting_rows_are_counted_by_queue(run):
    assert outbox.eligible() == {run.queue: 1}


def _outcome():
    return Outcome(state=State.COMPLETE, planned=1, reported=1)


def _load_contract(lab):
    return agree(lab, "PTb-1-G", "PTb-5-G")


def test_last_lines_of_the_log_are_kept_in_sight(run):
    held = claim(run)
    watch = execution.LeaseWatch(held, run.tries.get())

    for number in range(40):
        watch.progress(number, 40, f"line {number}")

    assert Attempt.objects.get().log_tail.splitlines() == [f"line {number}" for number in range(10, 40)]


def test_end_of_a_tool_is_said_in_words():
    assert text_of_stored("worker.lost") == text_of("worker.lost")
    assert text_of_stored("module.changed {'module': 'func-http'}") == text_of(
        "module.changed", {"module": "func-http"}
    )
    assert (
        text_of_stored("plan.not_draft; plan.own_draft")
        == f"{text_of('plan.not_draft')}; {text_of('plan.own_draft')}"
    )


@pytest.mark.parametrize(
    "stored", ["", "RuntimeError('x')", "worker.lost {broken", "worker.lost __import__('os')"]
)
def test_what_is_no_code_is_shown_as_it_is(stored):
    assert text_of_stored(stored) == stored


def test_roles_steps_and_states_are_said_in_words():
    with translation.override("en"):
        said = text_of("person.without_role", {"roles": "tester, quality_manager", "centre": "ONE"})

    assert said == "You hold none of these roles at ONE today: Testing engineer, Quality manager."
