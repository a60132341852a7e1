"""The worker's steps on a certificate: fenced by the lease, and safe to repeat after a database that was away."""

from __future__ import annotations

from contextlib import contextmanager
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.db import OperationalError, transaction
from django.db.models.functions import Now

from certificates import outbox, production, services
from certificates.models import Certificate
from lims.documents import signer_client
from lims.records.models import AuditEvent
from lims.records.outbox import LEASE, MOST_ATTEMPTS
from tests.laboratory import reviewed_report

State = Certificate.State
UNSIGNED = b"%PDF-1.7 unsigned"


@pytest.fixture
def claimed(lab, monkeypatch):
    monkeypatch.setattr(signer_client, "credential", lambda *given: SimpleNamespace(development=True))
    monkeypatch.setattr(production.rendering, "render", lambda *given, **more: UNSIGNED)
    monkeypatch.setattr(production.checking, "check", lambda unsigned: [])
    monkeypatch.setattr("lims.records.patience.PAUSE_S", 0)
    services.prepare_certificate(report=reviewed_report(lab), by=lab.authorizer)
    return Certificate.objects.claim_oldest(services.QUEUE, uuid4())


@pytest.fixture
def broken_once(monkeypatch):
    """The first transaction of the worker's step is rolled back by a connection that was lost."""
    real, tries = transaction.atomic, []

    @contextmanager
    def atomic():
        with real():
            yield
            tries.append(1)
            if len(tries) == 1:
                raise OperationalError("the connection was lost")

    monkeypatch.setattr(production.transaction, "atomic", atomic)
    return tries


def lose_the_lease():
    Certificate.objects.update(lease_until=Now() - LEASE)


def test_the_claim_is_told(claimed):
    event = AuditEvent.objects.get(kind="certificate.rendering")

    assert event.rows[0]["before"] == {"state": "numbered", "attempts": 0}
    assert event.rows[0]["after"] == {"state": "rendering", "attempts": 1}


def test_a_rendering_whose_commit_was_lost_is_kept_at_the_second_try(claimed, broken_once):
    production.work_on(claimed)

    kept = Certificate.objects.get()
    assert len(broken_once) == 2
    assert (kept.state, kept.unsigned_size_bytes) == (State.RENDERED, len(UNSIGNED))
    assert AuditEvent.objects.get(kind="certificate.rendered").rows[0]["before"]["state"] == "rendering"


def test_a_late_renderer_is_refused(claimed):
    lose_the_lease()
    outbox.reap()
    Certificate.objects.claim_oldest(services.QUEUE, uuid4())

    production.work_on(claimed)

    assert Certificate.objects.get().state == State.RENDERING  # the second worker's


def test_a_late_renderer_that_failed_for_good_voids_nothing(claimed, monkeypatch):
    """Its third failure would void the number, but somebody else is rendering it by now."""
    monkeypatch.setattr(production.checking, "check", lambda unsigned: ["not PDF/A"])
    claimed.attempts = MOST_ATTEMPTS
    lose_the_lease()

    with pytest.raises(production.NotIssued):
        production.work_on(claimed)

    assert Certificate.objects.get().state == State.RENDERING


def test_the_third_failure_voids_the_number_with_its_reason(claimed, monkeypatch):
    monkeypatch.setattr(production.checking, "check", lambda unsigned: ["not PDF/A"])
    Certificate.objects.update(attempts=MOST_ATTEMPTS)
    claimed.refresh_from_db()

    with pytest.raises(production.NotIssued):
        production.work_on(claimed)

    void = Certificate.objects.get()
    assert (void.state, void.number != "") == (State.VOID, True)
    assert "not PDF/A" in void.void_reason
