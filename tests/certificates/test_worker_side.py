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
from lims.documents.helper import HelperBroken
from lims.documents.rendering import RenderRefused
from lims.records.models import AuditEvent
from lims.records.outbox import LEASE, MOST_ATTEMPTS
from lims.records.reasons import text_of
from tests.laboratory import reviewed_report
from tests.screens import ask, text_of_page

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


@pytest.fixture
def faulty(monkeypatch):
    monkeypatch.setattr(production.checking, "check", lambda unsigned: ["not PDF/A"])


def test_a_late_renderer_of_faulty_content_voids_nothing(claimed, faulty):
    """Somebody else is rendering it by now."""
    lose_the_lease()

    production.work_on(claimed)

    assert Certificate.objects.get().state == State.RENDERING


def test_faulty_content_voids_the_number_with_its_reason_and_returns_the_report(claimed, faulty):
    production.work_on(claimed)

    void = Certificate.objects.get()
    assert (void.state, void.report.state) == (State.VOID, "returned")
    assert "not PDF/A" in void.void_reason


@pytest.mark.parametrize("code", ["render.no_glyph", "render.too_long"])
def test_content_that_cannot_be_typeset_voids_the_number(claimed, monkeypatch, code):
    raise_at(monkeypatch, RenderRefused(code))

    production.work_on(claimed)

    assert Certificate.objects.get().void_reason == code


TROUBLE = [
    (RenderRefused("render.broken", detail="killed"), "render.broken {'detail': 'killed'}"),
    (RenderRefused("render.parts_missing", parts="fonts"), "render.parts_missing {'parts': 'fonts'}"),
    (HelperBroken("helper.died"), "helper.died"),
    (signer_client.SignerUnreachable("/nowhere"), "signer.unreachable"),
    (signer_client.SignerRefused("signer.busy"), "signer.busy"),
    (production.SealNotHeld("seal.certificate_path"), "seal.certificate_path"),
    (OSError(28, "No space left on device"), "OSError(28, 'No space left on device')"),
]


@pytest.mark.parametrize(("trouble", "said"), TROUBLE)
def test_trouble_that_is_not_the_contents_burns_nothing_however_often_it_comes(
    claimed, monkeypatch, trouble, said
):
    raise_at(monkeypatch, trouble)
    row = claimed
    for attempt in range(1, MOST_ATTEMPTS + 3):
        production.work_on(row)
        row.refresh_from_db()
        assert (row.state, row.attempts, row.trouble) == (State.RENDERING, attempt, said)
        lose_the_lease()
        outbox.reap()
        row = Certificate.objects.claim_oldest(services.QUEUE, uuid4())

    monkeypatch.setattr(production.rendering, "render", lambda *given, **more: UNSIGNED)
    production.work_on(row)

    row.refresh_from_db()
    assert (row.state, row.trouble) == (State.RENDERED, "")


def test_each_trouble_is_waited_for_a_little_longer(claimed, monkeypatch):
    raise_at(monkeypatch, OSError())
    Certificate.objects.update(attempts=5)
    claimed.refresh_from_db()

    production.work_on(claimed)

    far = Certificate.objects.filter(lease_until__gt=Now() + LEASE * 4, lease_until__lt=Now() + LEASE * 6)
    assert far.exists()


def test_a_worker_that_dies_each_time_is_seen_on_the_page(lab, claimed):
    for _again in range(MOST_ATTEMPTS + 1):
        lose_the_lease()
        outbox.reap()
        Certificate.objects.claim_oldest(services.QUEUE, uuid4())

    page = text_of_page(ask(lab.authorizer, "GET", "certificates:detail", claimed.uid))

    row = Certificate.objects.get()
    assert (row.state, row.attempts, row.trouble) == (State.RENDERING, MOST_ATTEMPTS + 2, "worker.lost")
    assert f"{row.attempts}" in page
    assert text_of("worker.lost") in page


def test_a_document_in_trouble_is_voided_by_a_person_while_a_worker_tries(lab, claimed):
    Certificate.objects.update(trouble="signer.unreachable")

    services.void_certificate(certificate=claimed, why="그만", by=lab.authorizer)
    production.work_on(claimed)

    row = Certificate.objects.get()
    assert (row.state, row.void_reason, row.trouble) == (State.VOID, "그만", "")


def raise_at(monkeypatch, trouble: Exception) -> None:
    def fail(*given, **more):
        raise trouble

    monkeypatch.setattr(production.rendering, "render", fail)
