"""The register and the pages of documents, tried by each actor; the signer is replaced at the edge."""

from __future__ import annotations

import json
from types import SimpleNamespace
from uuid import uuid4

import pytest
from django.utils import timezone

from certificates import services
from certificates.models import Certificate
from lims.documents import signer_client
from lims.records import store
from lims.records.reasons import text_of
from tests.laboratory import drafted_report, reviewed_report
from tests.screens import ask, assert_asks_for_login, assert_hidden, text_of_page

State = Certificate.State
PDF = b"%PDF-1.7 unsigned"


class FakeSigner:
    """Says yes to one code, and remembers for which bytes it was asked."""

    def __init__(self) -> None:
        self.asked: list[dict[str, object]] = []

    def authorize(self, socket: object, **question: object) -> None:
        self.asked.append(question)
        if question["code"] != "123456":
            raise signer_client.SignerRefused("code.wrong_or_late")


@pytest.fixture(autouse=True)
def signer(monkeypatch) -> FakeSigner:
    fake = FakeSigner()
    monkeypatch.setattr(signer_client, "authorize", fake.authorize)
    monkeypatch.setattr(signer_client, "credential", lambda *given: SimpleNamespace(development=True))
    return fake


@pytest.fixture
def numbered(lab) -> Certificate:
    return services.prepare_certificate(report=reviewed_report(lab), by=lab.authorizer)


@pytest.fixture
def rendered(numbered) -> Certificate:
    sha256, size = store.put_bytes(PDF)
    now = {"unsigned_sha256": sha256, "unsigned_size_bytes": size}
    Certificate.objects.filter(pk=numbered.pk).update(state=State.RENDERED, **now)
    numbered.refresh_from_db()
    return numbered


@pytest.fixture
def issued(lab, rendered) -> Certificate:
    sha256, _size = store.put_bytes(PDF + b" sealed")
    Certificate.objects.filter(pk=rendered.pk).update(
        state=State.ISSUED,
        sha256=sha256,
        authorized_by=lab.authorizer,
        authorized_at=timezone.now(),
        issued_at=timezone.now(),
    )
    rendered.refresh_from_db()
    return rendered


GETS = ("detail", "live", "preview", "document", "content")
POSTS = ("authorize", "void")


def test_stranger_and_customer_find_no_document_before_it_is_issued(lab, rendered):
    for person in (lab.stranger, lab.customer, lab.other_customer):
        for name in GETS:
            assert_hidden(person, "GET", f"certificates:{name}", rendered.uid)
        for name in POSTS:
            assert_hidden(person, "POST", f"certificates:{name}", rendered.uid)
        assert_hidden(person, "GET", "certificates:of_report", rendered.report.uid)
        assert_hidden(person, "POST", "certificates:prepare", rendered.report.uid)
        assert rendered.number not in ask(person, "GET", "certificates:list").content.decode()


def test_issued_document_is_the_customers_and_nobody_elses(lab, issued):
    for person in (lab.stranger, lab.other_customer):
        for name in GETS:
            assert_hidden(person, "GET", f"certificates:{name}", issued.uid)

    for name in GETS:
        assert ask(lab.customer, "GET", f"certificates:{name}", issued.uid).status_code == 200
    assert issued.number in ask(lab.customer, "GET", "certificates:list").content.decode()


def test_customer_is_shown_no_step_of_the_laboratory(lab, issued):
    page = ask(lab.customer, "GET", "certificates:detail", issued.uid).content.decode()

    assert "/void" not in page
    assert "/reports/" not in page


def test_nobody_sees_documents_without_signing_in(lab, issued):
    assert_asks_for_login("GET", "certificates:list")
    for name in GETS:
        assert_asks_for_login("GET", f"certificates:{name}", issued.uid)
    for name in POSTS:
        assert_asks_for_login("POST", f"certificates:{name}", issued.uid)


def test_number_is_given_on_screen_by_the_authorizer(lab):
    report = reviewed_report(lab)

    answer = ask(lab.authorizer, "POST", "certificates:prepare", report.uid)

    certificate = Certificate.objects.get()
    assert answer.headers["Location"] == f"/certificates/{certificate.uid}/"
    assert certificate.numbered_by == lab.authorizer


def test_number_is_given_once(lab, numbered):
    answer = ask(lab.authorizer, "POST", "certificates:prepare", numbered.report.uid)

    assert answer.status_code == 409
    assert Certificate.objects.count() == 1


def test_page_before_the_number_says_why_not(lab):
    report = drafted_report(lab)

    page = text_of_page(ask(lab.reviewer, "GET", "certificates:of_report", report.uid))

    expected = text_of("report.not_in_state", {"state": "draft", "needed": "reviewed"})
    assert expected in page


def test_page_follows_the_worker_and_then_stops(lab, numbered):
    at_work = ask(lab.authorizer, "GET", "certificates:detail", numbered.uid).content.decode()
    Certificate.objects.filter(pk=numbered.pk).update(state=State.RENDERED, unsigned_sha256="0" * 64)
    rendered = ask(lab.authorizer, "GET", "certificates:live", numbered.uid).content.decode()

    assert 'hx-trigger="every 1s"' in at_work
    assert "<iframe" not in at_work
    assert "hx-trigger" not in rendered
    assert "<iframe" in rendered


def test_preview_is_the_very_bytes_for_the_page_of_this_site_only(lab, rendered):
    answer = ask(lab.authorizer, "GET", "certificates:preview", rendered.uid)

    assert answer.content == PDF
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Disposition"].startswith("inline")
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]
    assert "script-src" not in answer.headers["Content-Security-Policy"]


def test_code_is_asked_for_as_a_one_time_code(lab, rendered):
    page = ask(lab.authorizer, "GET", "certificates:detail", rendered.uid).content.decode()

    assert 'autocomplete="one-time-code"' in page
    assert 'inputmode="numeric"' in page


def test_authorizer_answers_for_exactly_the_rendered_bytes(lab, rendered, signer):
    answer = ask(lab.authorizer, "POST", "certificates:authorize", rendered.uid, code=" 123456 ")

    rendered.refresh_from_db()
    assert answer.status_code == 302
    assert (rendered.state, rendered.authorized_by) == (State.AUTHORIZED, lab.authorizer)
    assert signer.asked[0]["report_sha256"] == rendered.unsigned_sha256
    assert rendered.report.state == "authorized"


def test_wrong_code_changes_nothing_and_stands_beside_the_field(lab, rendered):
    answer = ask(lab.authorizer, "POST", "certificates:authorize", rendered.uid, code="000000")

    rendered.refresh_from_db()
    assert answer.status_code == 422
    assert text_of("code.wrong_or_late") in text_of_page(answer)
    assert rendered.state == State.RENDERED
    assert rendered.report.state == "reviewed"


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "１２３４５６"])
def test_what_is_no_code_does_not_reach_the_signer(lab, rendered, signer, code):
    answer = ask(lab.authorizer, "POST", "certificates:authorize", rendered.uid, code=code)

    assert answer.status_code == 422
    assert signer.asked == []


def test_another_person_does_not_authorize(lab, rendered, signer):
    answer = ask(lab.reviewer, "POST", "certificates:authorize", rendered.uid, code="123456")

    assert answer.status_code == 409
    assert signer.asked == []


def test_document_is_not_handed_out_before_it_is_issued(lab, rendered):
    for name in ("document", "content"):
        assert ask(lab.authorizer, "GET", f"certificates:{name}", rendered.uid).status_code == 404


def test_preview_before_rendering_is_not_found(lab, numbered):
    assert ask(lab.authorizer, "GET", "certificates:preview", numbered.uid).status_code == 404


def test_issued_document_and_its_content_are_downloads(lab, issued):
    document = ask(lab.customer, "GET", "certificates:document", issued.uid)
    content = ask(lab.customer, "GET", "certificates:content", issued.uid)

    assert document.content == PDF + b" sealed"
    assert document.headers["Content-Disposition"] == f'attachment; filename="{issued.number}.pdf"'
    assert json.loads(content.content)["number"] == issued.number
    assert content.headers["X-Content-Type-Options"] == "nosniff"


def test_number_is_voided_when_it_is_written_out(lab, rendered):
    without = ask(lab.authorizer, "POST", "certificates:void", rendered.uid, number="X-1", why="틀림")
    with_it = ask(
        lab.authorizer, "POST", "certificates:void", rendered.uid, number=rendered.number, why="틀림"
    )

    rendered.refresh_from_db()
    assert (without.status_code, with_it.status_code) == (422, 302)
    assert (rendered.state, rendered.void_reason) == (State.VOID, "틀림")


def test_issued_number_is_not_voided(lab, issued):
    answer = ask(lab.authorizer, "POST", "certificates:void", issued.uid, number=issued.number, why="틀림")

    issued.refresh_from_db()
    assert answer.status_code == 409
    assert issued.state == State.ISSUED


def test_void_number_stays_in_the_register(lab, rendered):
    services.void_certificate(certificate=rendered, why="틀림", by=lab.authorizer)

    page = ask(lab.tester, "GET", "certificates:list", state="void").content.decode()

    assert rendered.number in page


def test_steps_of_what_is_not_there_are_not_found(lab):
    for name in POSTS:
        assert ask(lab.authorizer, "POST", f"certificates:{name}", uuid4()).status_code == 404
