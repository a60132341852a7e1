"""What did not happen: 4xx with every reason and the limit, never half a record, never a bare 500."""

from __future__ import annotations

import re

import pytest
from django.http import HttpRequest
from django.test import RequestFactory, override_settings
from django.urls import path, reverse

from lims.errors import BadInput, Blocked, IllegalMove, LostRace, Reason
from lims.home import failures
from lims.home.middleware import RefusalMiddleware
from tests.screens import client_of, text_of_page


def refuse(trouble: Exception, **headers):
    request = RequestFactory().get("/", **headers)
    return RefusalMiddleware(lambda _request: None).process_exception(request, trouble)


def test_blocked_step_names_every_reason_with_its_clause():
    first = Reason("contract.not_agreed", clause="7.1.1")
    second = Reason("person.not_of_customer", {"customer": "첫 의뢰자"})

    answer = refuse(Blocked("x", [first, second]))

    page = text_of_page(answer)
    assert answer.status_code == 409
    assert "7.1.1" in page
    assert "첫 의뢰자" in page


@pytest.mark.parametrize("trouble", [LostRace("x"), IllegalMove("x")])
def test_somebody_who_was_first_is_409(trouble):
    assert refuse(trouble).status_code == 409


@pytest.mark.parametrize("status", [413, 415, 422])
def test_bad_input_keeps_its_status_and_says_the_limit(status):
    answer = refuse(BadInput("upload.request_too_large", status=status, limit_mb=77))

    assert answer.status_code == status
    assert "77" in text_of_page(answer)


def test_programs_get_the_reasons_as_json():
    answer = refuse(
        Blocked("x", [Reason("contract.not_agreed", clause="7.1.1")]), HTTP_ACCEPT="application/json"
    )

    assert answer.headers["Content-Type"] == "application/json"
    assert b'"code": "contract.not_agreed"' in answer.content


def test_other_trouble_is_not_hidden():
    assert refuse(ValueError("x")) is None


def test_back_leads_only_to_our_own_pages():
    own = refuse(LostRace("x"), HTTP_REFERER="http://testserver/requests/")
    foreign = refuse(LostRace("x"), HTTP_REFERER="http://elsewhere.example/")

    assert "http://testserver/requests/" in own.content.decode()
    assert "elsewhere" not in foreign.content.decode()


def test_page_that_is_not_there_carries_the_number_of_the_request(lab):
    client = client_of(lab.tester)

    answer = client.get("/nothing/here/")

    assert answer.status_code == 404
    assert re.search(r'request-id">[0-9a-f-]{36}<', answer.content.decode())


def broken(request: HttpRequest):
    raise RuntimeError("secret of the program")


urlpatterns = [path("broken/", broken)]
handler500 = failures.server_error


@override_settings(ROOT_URLCONF="tests.home.test_failures")
def test_failing_page_shows_its_number_and_nothing_of_the_program(lab):
    client = client_of(lab.tester)
    client.raise_request_exception = False

    answer = client.get("/broken/")

    assert answer.status_code == 500
    assert "secret" not in answer.content.decode()
    assert re.search(r'request-id">[0-9a-f-]{36}<', answer.content.decode())


@pytest.mark.parametrize(
    ("setting", "sent"),
    [
        ("DATA_UPLOAD_MAX_NUMBER_FIELDS", {f"field{n}": "x" for n in range(12)}),
        ("DATA_UPLOAD_MAX_MEMORY_SIZE", {"purpose": "x" * (2 << 20)}),
    ],
)
def test_django_limits_are_413_with_the_limit(lab, settings, setting, sent):
    setattr(settings, setting, 10 if setting.endswith("FIELDS") else 1 << 20)
    client = client_of(lab.customer)
    client.raise_request_exception = False

    answer = client.post(reverse("intake:request_new"), sent)

    assert answer.status_code == 413
    assert re.search(r"(?<!\d)(10|1 MB)(?!\d)", text_of_page(answer))


def test_body_over_the_usual_limit_is_refused_before_it_is_read(lab):
    answer = client_of(lab.tester).post(
        reverse("intake:request_new"), b"x" * (9 << 20), content_type="application/x-www-form-urlencoded"
    )

    assert answer.status_code == 413
    assert "8 MB" in text_of_page(answer)


def test_unreadable_form_is_400_not_500(lab):
    client = client_of(lab.tester)
    client.raise_request_exception = False

    answer = client.post(
        reverse("intake:request_new"), b"--x\r\nnonsense", content_type="multipart/form-data; boundary="
    )

    assert answer.status_code == 400


def test_form_without_its_token_is_403_with_a_way_back(lab):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(lab.tester)

    answer = client.post(reverse("intake:request_new"), {})

    assert answer.status_code == 403
    assert "request-id" in answer.content.decode()
