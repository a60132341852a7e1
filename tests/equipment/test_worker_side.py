"""A proof in the worker: ended once, fenced by the lease, and safe to repeat after a database that was away."""

from __future__ import annotations

from contextlib import contextmanager
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from lims.equipment import execution, outbox, services
from lims.equipment.models import ModuleProof
from lims.errors import LostRace
from lims.records.models import AuditEvent
from lims.records.outbox import LEASE
from test_modules.proving import ProofRecord, Trial

State = ModuleProof.State


@pytest.fixture
def claimed(lab, monkeypatch):
    monkeypatch.setattr("lims.records.patience.PAUSE_S", 0)
    services.ask_for_proof(centre=lab.centre, module_id="func-http", by=lab.technical)
    return ModuleProof.objects.claim_oldest(services.QUEUE, uuid4())


def lose_the_lease():
    ModuleProof.objects.filter(state=State.RUNNING).update(lease_until=Now() - LEASE)


def test_a_proof_whose_commit_was_lost_is_kept_at_the_second_try(claimed, monkeypatch):
    real, tries = transaction.atomic, []

    @contextmanager
    def atomic():
        with real():
            yield
            tries.append(1)
            if len(tries) == 1:
                raise OperationalError("the connection was lost")

    monkeypatch.setattr(execution.transaction, "atomic", atomic)

    execution.patiently(lambda: execution._end(claimed, State.PASSED), for_s=5)

    claimed.refresh_from_db()
    assert (len(tries), claimed.state, claimed.attempts) == (2, State.PASSED, 1)
    assert AuditEvent.objects.get(kind="proof.ended").rows[0]["before"]["state"] == "running"


def test_a_late_prover_is_refused(claimed):
    lose_the_lease()
    outbox.reap()

    with pytest.raises(LostRace):
        execution._end(claimed, State.PASSED)

    assert ModuleProof.objects.get(pk=claimed.pk).state == State.QUEUED


def test_a_proof_is_broken_after_three_lost_workers(claimed):
    for _again in range(2):
        lose_the_lease()
        outbox.reap()
        ModuleProof.objects.claim_oldest(services.QUEUE, uuid4())
    lose_the_lease()
    outbox.reap()

    ended = ModuleProof.objects.get(pk=claimed.pk)
    assert (ended.state, ended.reason, ended.attempts) == (State.BROKEN, "worker.lost", 3)
    assert ended.ended_at is not None


def trial(**change) -> Trial:
    given = dict.fromkeys(Trial.__dataclass_fields__)
    return Trial(**{**given, "seen_reason": "", "state": "complete", "passed": True, **change})


@pytest.mark.parametrize(
    ("trials", "digest", "ended"),
    [
        ([trial()], "", (State.PASSED, "")),
        ([trial(), trial(passed=False)], "", (State.FAILED, "")),
        (
            [trial(), trial(passed=False, state="broken", seen_reason="engine.died")],
            "",
            (State.BROKEN, "engine.died"),
        ),
        ([trial()], "another", (State.FAILED, "module.changed")),
    ],
)
def test_a_proof_ends_as_its_trials_did(claimed, monkeypatch, trials, digest, ended):
    """A tool that failed says nothing about how the module judges."""
    told = ProofRecord(
        "func-http",
        "1",
        digest or claimed.module_digest,
        {"tool": "1.0"},
        {},
        "bubblewrap",
        "",
        tuple(trials),
    )
    monkeypatch.setattr(execution, "prove", lambda *given: told)

    execution.carry_out(claimed)

    claimed.refresh_from_db()
    assert (claimed.state, claimed.reason) == ended
