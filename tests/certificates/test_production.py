"""From the number to the sealed file with the real typesetter, checker and signer process."""

from __future__ import annotations

import hashlib
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.db.models.functions import Now

from certificates import outbox, production, services
from certificates.models import Certificate
from certificates.register import verify_upload
from lims.documents.checking import check
from lims.errors import BadInput
from lims.records import store
from lims.records.models import AuditEvent
from lims.records.outbox import LEASE
from lims.reports.models import TestReport
from lims.reports.services import draft_report, review_report
from tests.documents.authority import Authority
from tests.laboratory import judged, reviewed_report

pytestmark = pytest.mark.process
State = Certificate.State
NO_GLYPH = "\U0001f984"


class Killed(BaseException):
    """The worker is gone: nothing of its own runs any more."""


@pytest.fixture(scope="module")
def authority():
    with Authority(("ONE",)) as running:
        yield running


@pytest.fixture
def signer(authority, lab, settings):
    settings.SIGNER_SOCKET = str(authority.socket)
    authority.enrol(str(lab.authorizer.uid))
    return authority


@pytest.fixture
def numbered(signer, lab) -> Certificate:
    return services.prepare_certificate(report=reviewed_report(lab), by=lab.authorizer)


@pytest.fixture
def rendered(numbered) -> Certificate:
    return worked_on(numbered)


@pytest.fixture
def authorized(signer, lab, rendered) -> Certificate:
    return authorize(signer, lab, rendered)


def claim() -> Certificate:
    return Certificate.objects.claim_oldest(services.QUEUE, uuid4())


def worked_on(certificate: Certificate) -> Certificate:
    production.work_on(claim())
    certificate.refresh_from_db()
    return certificate


def lose_the_worker() -> None:
    Certificate.objects.filter(state__in=Certificate.HELD.values()).update(lease_until=Now() - LEASE)
    assert outbox.reap() == 1


def authorize(signer, lab, certificate, code: str = "") -> Certificate:
    code = code or signer.code(str(lab.authorizer.uid))
    services.authorize_certificate(certificate=certificate, code=code, by=lab.authorizer)
    return certificate


def test_reviewed_report_becomes_a_genuine_sealed_file(signer, lab, numbered):
    rendered = worked_on(numbered)
    unsigned = store.read(rendered.unsigned_sha256)
    assert (rendered.state, check(unsigned)) == (State.RENDERED, [])

    issued = worked_on(authorize(signer, lab, rendered))

    sealed = store.read(issued.sha256)
    assert (issued.state, issued.report.state) == (State.ISSUED, "authorized")
    assert sealed.startswith(unsigned)
    assert verify_upload(sealed, issued.number).is_genuine
    assert not verify_upload(unsigned, issued.number).is_genuine


def test_worker_killed_between_signing_and_storing_is_followed_by_one_that_makes_the_same_bytes(
    authorized, monkeypatch
):
    made: list[bytes] = []

    def die(sealed: bytes):
        made.append(sealed)
        raise Killed

    with monkeypatch.context() as dying:
        dying.setattr(production.store, "put_bytes", die)
        with pytest.raises(Killed):
            production.work_on(claim())
    lose_the_worker()

    issued = worked_on(authorized)

    assert (issued.state, issued.trouble) == (State.ISSUED, "")
    assert issued.sha256 == hashlib.sha256(made[0]).hexdigest()


def test_signer_that_is_away_burns_no_authorized_document(authorized, settings):
    there = settings.SIGNER_SOCKET
    settings.SIGNER_SOCKET = "/nowhere"
    for _again in range(4):
        waiting = worked_on(authorized)
        assert (waiting.state, waiting.trouble) == (State.SEALING, "signer.unreachable")
        lose_the_worker()
    settings.SIGNER_SOCKET = there

    assert worked_on(authorized).state == State.ISSUED


def test_crash_between_the_signers_yes_and_ours_costs_no_second_code(signer, lab, rendered, monkeypatch):
    """The same code would be spent for any other token."""
    code = signer.code(str(lab.authorizer.uid))

    def crash(**given):
        raise OperationalError("the connection was lost")

    with monkeypatch.context() as crashing:
        crashing.setattr(services, "authorize_report", crash)
        with pytest.raises(OperationalError):
            authorize(signer, lab, rendered, code)
    rendered.refresh_from_db()
    assert rendered.state == State.RENDERED

    authorize(signer, lab, rendered, code)

    assert worked_on(rendered).state == State.ISSUED


def test_wrong_code_leaves_the_document_waiting_for_the_right_one(signer, lab, rendered):
    right = signer.code(str(lab.authorizer.uid))
    with pytest.raises(BadInput, match=r"code\.wrong_or_late"):
        authorize(signer, lab, rendered, f"{(int(right) + 1) % 10**6:06d}")
    assert Certificate.objects.get().state == State.RENDERED

    authorize(signer, lab, rendered)

    assert rendered.state == State.AUTHORIZED


def test_content_that_cannot_be_typeset_voids_the_number_and_returns_the_report(signer, lab):
    report = draft_report(plan=judged(lab), by=lab.tester, deviations=f"편차 {NO_GLYPH}")
    review_report(report=report, answers=dict.fromkeys(TestReport.QUESTIONS, True), by=lab.reviewer)
    numbered = services.prepare_certificate(report=report, by=lab.authorizer)

    void = worked_on(numbered)

    report.refresh_from_db()
    assert (void.state, report.state) == (State.VOID, "returned")
    assert void.void_reason.startswith("render.no_glyph")
    assert report.return_reason == void.void_reason
    assert draft_report(plan=report.plan, by=lab.tester).state == "draft"


def test_second_worker_issues_and_the_first_comes_too_late(authorized):
    late = claim()
    lose_the_worker()
    issued = worked_on(authorized)

    production.work_on(late)

    after = Certificate.objects.get()
    assert (after.state, after.sha256, after.issued_at) == (State.ISSUED, issued.sha256, issued.issued_at)
    assert AuditEvent.objects.filter(kind="certificate.issued").count() == 1


def test_command_says_genuine_with_exit_code_0_and_anything_else_with_2(authorized, tmp_path, capsys):
    issued = worked_on(authorized)
    genuine, altered = tmp_path / "genuine.pdf", tmp_path / "altered.pdf"
    genuine.write_bytes(store.read(issued.sha256))
    altered.write_bytes(store.read(issued.sha256) + b"\n")

    call_command("verify_certificate", genuine, number=issued.number)  # returns, so the exit code is 0
    assert issued.number in capsys.readouterr().out
    for path, number in ((altered, None), (genuine, "ONE-2026-K-9999"), (tmp_path / "none.pdf", None)):
        with pytest.raises(SystemExit) as ended:
            call_command("verify_certificate", path, number=number)
        assert ended.value.code == 2
