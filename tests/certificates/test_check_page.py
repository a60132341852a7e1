"""The public page: by file, or by number with its code; nothing to learn for whoever only guesses numbers."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from certificates import register
from certificates.models import Certificate
from certificates.public_views import STATES, STATUSES
from certificates.verification import Finding, State
from tests.laboratory import reviewed_report
from tests.screens import text_of_page

pytestmark = pytest.mark.process

PDF = b"%PDF-1.7\nnothing\n%%EOF\n"
CODE = "2345-6789-ABCD"


@pytest.fixture
def certificate(lab) -> Certificate:
    return numbered(lab, Certificate.State.ISSUED)


def numbered(lab, state: str) -> Certificate:
    return Certificate.objects.create(
        number="ONE-2026-K-0001",
        kind=Certificate.Kind.ACCREDITED,
        report=reviewed_report(lab),
        centre=lab.centre,
        state=state,
        snapshot_sha256="0" * 64,
        verify_code=CODE,
        numbered_at=timezone.now(),
        numbered_by=lab.authorizer,
        issued_at=timezone.now(),
        sha256="ab" * 32,
    )


def check(accept: str = "text/html", **sent):
    return Client().post("/verify/", sent, headers={"accept": accept})


def test_number_with_its_code_is_answered(certificate):
    page = text_of_page(check(number=certificate.number, code=f" {CODE.lower()} "))

    assert certificate.sha256 in page


@pytest.mark.parametrize(
    "asked",
    [
        {"number": "ONE-2026-K-0001", "code": "2345-6789-ABCE"},
        {"number": "ONE-2026-K-0002", "code": CODE},
        {"number": "ONE-2026-K-0001", "code": "가나다"},
    ],
)
def test_wrong_code_and_unknown_number_look_the_same(certificate, asked):
    answer = check(**asked)
    told = check("application/json", **asked).json()

    assert str(STATES["unknown"]) in text_of_page(answer)
    assert certificate.sha256 not in answer.content.decode()
    assert told == {"number": asked["number"], "status": "unknown"}


def test_number_that_is_not_issued_yet_is_not_answered(lab):
    certificate = numbered(lab, Certificate.State.SEALING)

    assert check("application/json", number=certificate.number, code=CODE).json() == {
        "number": certificate.number,
        "status": "unknown",
    }


def test_number_alone_is_asked_for_its_code(db):
    assert check(number="ONE-2026-K-0001").status_code == 422


def test_address_of_the_qr_code_fills_in_the_number(db):
    page = Client().get("/verify/ONE-2026-K-0001")

    assert 'value="ONE-2026-K-0001"' in page.content.decode()


@pytest.mark.parametrize("state", list(State))
def test_file_is_answered_in_words_and_as_json(db, monkeypatch, state):
    asked = []

    def found(data: bytes, number: str | None) -> Finding:
        asked.append((data, number))
        return Finding(state, "seal.holds", "ONE-2026-K-0001", "issued")

    monkeypatch.setattr(register, "verify_upload", found)
    page = check(file=SimpleUploadedFile("report.pdf", PDF))
    told = check("application/json", file=SimpleUploadedFile("report.pdf", PDF), number="X").json()

    assert str(STATES[str(state)]) in text_of_page(page)
    assert (told["state"], told["status"]) == (str(state), "issued")
    assert asked == [(PDF, None), (PDF, "X")]


@pytest.mark.parametrize(
    ("content", "status"),
    [(b"", 422), (b"PK\x03\x04 no pdf", 415), (PDF + b"0" * (20 << 20), 413), (PDF + b"0" * (21 << 20), 413)],
)
def test_file_that_is_no_report_is_refused_with_the_limit(db, monkeypatch, content, status):
    monkeypatch.setattr(register, "verify_upload", lambda *_asked: pytest.fail("was read"))

    answer = check(file=SimpleUploadedFile("report.pdf", content))

    assert answer.status_code == status
    assert status != 413 or "20 MB" in text_of_page(answer)


def test_every_state_and_status_has_words():
    assert set(STATES) == {str(state) for state in State}
    assert {"issued", "superseded", "withdrawn", "void"} <= set(STATUSES)
