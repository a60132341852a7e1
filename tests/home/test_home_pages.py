"""Language, sign-in, health and the history of records."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from lims.documents import signer_client
from lims.errors import Blocked
from lims.home import health
from lims.intake import services as intake
from tests.intake.test_intake_guards import submit
from tests.laboratory import agree, approve, start
from tests.screens import assert_asks_for_login, assert_hidden, client_of, text_of_page


def test_pages_are_korean_whatever_the_browser_wishes(db):
    page = Client().get("/accounts/login/", headers={"accept-language": "en-US,en"})

    assert '<html lang="ko">' in page.content.decode()


def test_language_switch_keeps_the_page(db):
    client = Client()

    answer = client.post("/language/", {"language": "en", "next": "/verify/?x=1"})

    assert answer.headers["Location"] == "/verify/?x=1"
    assert '<html lang="en">' in client.get("/verify/").content.decode()


def test_language_switch_leads_nowhere_else(db):
    answer = Client().post("/language/", {"language": "en", "next": "https://elsewhere.example/"})

    assert answer.headers["Location"] == "/"


def test_unknown_language_stays_korean(db):
    client = Client()
    client.cookies["django_language"] = "../../etc"

    assert '<html lang="ko">' in client.get("/verify/").content.decode()


def test_sign_in_and_out(lab):
    lab.tester.set_password("tall-quiet-river-8")
    lab.tester.save()
    client = Client()

    refused = client.post("/accounts/login/", {"login": "tester", "password": "wrong"})
    accepted = client.post("/accounts/login/", {"login": "tester", "password": "tall-quiet-river-8"})
    inside = client.get("/")
    client.post("/accounts/logout/")

    assert (refused.status_code, accepted.status_code, inside.status_code) == (200, 302, 200)
    assert client.get("/").status_code == 302


def test_nobody_signs_up(db):
    answer = Client().post("/accounts/signup/", {"username": "x", "password1": "tall-quiet-river-8"})

    assert b"<form" not in re.sub(rb'<form[^>]*class="language".*?</form>', b"", answer.content, flags=re.S)


def test_pages_hold_no_inline_script_or_style(lab):
    request = agree(lab).request
    client = client_of(lab.technical)

    for address in (
        "/",
        "/requests/",
        f"/requests/{request.uid}/",
        f"/requests/{request.uid}/review",
        "/verify/",
    ):
        page = client.get(address).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=", page), address


def test_health_says_which_part_is_in_trouble(db, monkeypatch):
    monkeypatch.setattr(health, "_bells", lambda waiting: dict.fromkeys(waiting, 0))
    monkeypatch.setattr(signer_client, "is_ready", lambda socket: True)
    well = Client().get("/health/")
    monkeypatch.setattr(signer_client, "is_ready", lambda socket: False)
    ill = Client().get("/health/")

    assert (well.status_code, well.json()["status"]) == (200, "ok")
    assert (ill.status_code, ill.json()["parts"]["signer"]) == (503, "trouble")


def test_health_without_a_broker_knows_nothing_of_workers(db, monkeypatch):
    def unreachable(waiting):
        raise OSError

    monkeypatch.setattr(health, "_bells", unreachable)

    parts = Client().get("/health/").json()["parts"]

    assert (parts["broker"], parts["relay"], parts["worker"]) == ("trouble", "unknown", "unknown")


@pytest.mark.parametrize(("bells", "quiet"), [(0, "relay"), (1, "worker")])
def test_row_that_waits_too_long_tells_on_relay_or_worker(lab, monkeypatch, bells, quiet):
    (run,) = start(lab, approve(lab))
    type(run).objects.update(queued_at=timezone.now() - 2 * health.PATIENCE)
    monkeypatch.setattr(health, "_bells", lambda waiting: dict.fromkeys(waiting, bells))

    assert health.health()[quiet] == "trouble"


def test_history_shows_who_did_what_and_what_was_refused(lab):
    request = submit(lab)
    with pytest.raises(Blocked):
        intake.review_request(request=request, answers={}, by=lab.tester)

    page = text_of_page(client_of(lab.technical).get(reverse("home:timeline", args=["request", request.uid])))

    assert request.number in page
    assert "customer" in page  # who submitted
    assert "6.2.2" in page  # the refusal's clause


def test_history_is_the_laboratory_s_own(lab):
    contract = agree(lab)
    address = reverse("home:timeline", args=["request", contract.request.uid])

    for person in (lab.stranger, lab.customer, lab.other_customer):
        assert client_of(person).get(address).status_code == 404
    assert client_of(lab.tester).get(reverse("home:timeline", args=["nothing", uuid4()])).status_code == 404
    assert client_of(None).get(address).status_code == 302


def test_history_of_a_request_tells_all_that_came_after(lab):
    contract = agree(lab)

    page = client_of(lab.tester).get(reverse("home:timeline", args=["request", contract.request.uid]))

    assert page.content.decode().count("<strong>") >= 4  # submitted, reviewed, offered, agreed


def test_pages_of_home_want_an_account(lab):
    request = submit(lab)

    assert_asks_for_login("GET", "home:worklist")
    assert_asks_for_login("GET", "home:requests")
    assert_asks_for_login("GET", "home:request", request.uid)
    assert_hidden(lab.stranger, "GET", "home:request", request.uid)
