"""Pages ask the database a fixed number of questions, however many rows they show."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests import laboratory
from tests.screens import client_of

MOST = 30


def questions(person, address):
    client = client_of(person)
    client.get(address)  # what is cached for the process is there now
    with CaptureQueriesContext(
        connection,
    ) as asked:
        answer = client.get(address)
    assert answer.status_code == 200
    return len(asked)


LISTS = [
    ("tester", "home:worklist"),
    ("technical", "home:worklist"),
    ("customer", "home:worklist"),
    ("tester", "home:requests"),
    ("customer", "home:requests"),
    ("tester", "plans:list"),
    ("tester", "runs:list"),
    ("tester", "reports:list"),
    ("tester", "certificates:list"),
    ("tester", "plans:function_lists"),
    ("tester", "equipment:modules"),
]


def test_a_list_asks_no_more_for_more_rows(lab):
    laboratory.reviewed_report(lab)
    few = {(actor, name): questions(getattr(lab, actor), reverse(name)) for actor, name in LISTS}
    for _ in range(3):
        laboratory.reviewed_report(lab)

    many = {(actor, name): questions(getattr(lab, actor), reverse(name)) for actor, name in LISTS}

    assert many == few
    assert max(many.values()) <= MOST


@pytest.mark.parametrize("actor", ["tester", "technical", "customer"])
def test_the_page_of_a_request_keeps_its_budget(lab, actor):
    report = laboratory.reviewed_report(lab)
    address = reverse("home:request", args=[report.plan.contract.request.uid])

    assert questions(getattr(lab, actor), address) <= MOST


def test_the_page_of_a_run_keeps_its_budget(lab):
    plan = laboratory.measured(lab)
    run = plan.lines.get().runs.get()

    assert questions(lab.tester, reverse("runs:detail", args=[run.uid])) <= MOST
    assert questions(lab.tester, reverse("runs:live", args=[run.uid])) <= MOST
