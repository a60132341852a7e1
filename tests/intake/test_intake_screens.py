"""The pages from request to contract, tried by each actor."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.urls import reverse

from lims.intake import services
from lims.intake.models import Contract, ContractReview, DecisionRule, TestRequest
from lims.organization.models import ScopeRow
from tests.intake.test_intake_guards import YES, submit
from tests.laboratory import EDITION, agree
from tests.screens import ask, assert_asks_for_login, assert_hidden, client_of, text_of_page

EVERYTHING_YES = dict.fromkeys(ContractReview.QUESTIONS, "yes")


def filled_in(lab, *rows, **changed) -> dict[str, str]:
    """The form of a new request with measures (id, comparator, limit)."""
    sent = {
        "centre": lab.centre.pk,
        "product": lab.product.pk,
        "product_version": "1.0",
        "purpose": "조달",
        "wants_accredited": "on",
        "wanted-TOTAL_FORMS": "5",
        "wanted-INITIAL_FORMS": "0",
    }
    for number, (measure, comparator, limit) in enumerate(rows):
        sent[f"wanted-{number}-measure"] = f"{EDITION}|{measure}"
        sent[f"wanted-{number}-comparator"] = comparator
        sent[f"wanted-{number}-limit"] = limit
    return {**sent, **changed}


def review(lab, request_row: TestRequest, answers: dict[str, str]):
    return client_of(lab.technical).post(reverse("intake:review", args=[request_row.uid]), answers)


@pytest.fixture
def request_row(lab) -> TestRequest:
    return submit(lab)


@pytest.fixture
def contract(lab, request_row) -> Contract:
    services.review_request(request=request_row, answers=YES, by=lab.technical)
    return services.offer_contract(
        request=request_row, decision_rule=DecisionRule.SIMPLE, place=ScopeRow.Place.FIXED, by=lab.technical
    )


def test_foreign_requests_and_contracts_are_not_there(lab, contract):
    for person in (lab.stranger, lab.other_customer):
        for name in ("review", "offer"):
            for method in ("GET", "POST"):
                assert_hidden(person, method, f"intake:{name}", contract.request.uid)
        assert_hidden(person, "GET", "intake:contract", contract.uid)
        assert_hidden(person, "POST", "intake:agree", contract.uid)


def test_customer_does_not_see_the_laboratory_review(lab, request_row):
    for name in ("review", "offer"):
        assert_hidden(lab.customer, "GET", f"intake:{name}", request_row.uid)
        assert_hidden(lab.customer, "POST", f"intake:{name}", request_row.uid)


def test_nobody_comes_in_without_signing_in(lab, contract):
    assert_asks_for_login("GET", "intake:request_new")
    for name in ("review", "offer"):
        assert_asks_for_login("POST", f"intake:{name}", contract.request.uid)
    assert_asks_for_login("POST", "intake:agree", contract.uid)


def test_customer_submits_several_measures_with_their_criteria(lab):
    rows = [("FCp-1-G", ">=", "0.95"), ("PTb-1-G", "<=", "200"), ("PCa-1-G", "", "")]

    answer = ask(lab.customer, "POST", "intake:request_new", **filled_in(lab, *rows))

    made = TestRequest.objects.get()
    assert answer.headers["Location"] == f"/requests/{made.uid}/"
    wanted = [(row.measure_id, row.comparator, row.limit, row.unit) for row in made.wanted.all()]
    assert wanted == [
        ("FCp-1-G", ">=", Decimal("0.95"), "1"),
        ("PTb-1-G", "<=", Decimal(200), "ms"),
        ("PCa-1-G", "", None, "1/s"),
    ]


def test_refused_request_says_every_reason_and_keeps_what_was_filled_in(lab):
    sent = filled_in(lab, ("FCp-1-G", "<=", "0.95"), ("PTb-1-G", ">=", "200"), purpose="과제 최종평가")

    answer = ask(lab.customer, "POST", "intake:request_new", **sent)

    assert answer.status_code == 409
    page = text_of_page(answer)
    assert "FCp-1-G" in page
    assert "PTb-1-G" in page
    assert "과제 최종평가" in answer.content.decode()
    assert not TestRequest.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("product", "999999"),
        ("centre", "x"),
        ("product_version", "v" * 61),
        ("purpose", ""),
        ("purpose", "a\0b"),
        ("wanted-0-measure", "no|such"),
        ("wanted-0-limit", "abc"),
        ("wanted-0-limit", "1e400"),
        ("wanted-0-limit", "NaN"),
        ("wanted-TOTAL_FORMS", "100000"),
        ("wanted-TOTAL_FORMS", "x"),
    ],
)
def test_wrong_field_is_said_beside_the_form(lab, name, value):
    sent = filled_in(lab, ("FCp-1-G", ">=", "0.95")) | {name: value}

    answer = ask(lab.customer, "POST", "intake:request_new", **sent)

    assert answer.status_code == 422
    assert not TestRequest.objects.exists()


def test_product_of_another_company_cannot_be_chosen(lab):
    foreign = lab.product.__class__.objects.exclude(pk=lab.product.pk).get()
    sent = filled_in(lab, ("FCp-1-G", "", ""), product=foreign.pk)

    assert ask(lab.customer, "POST", "intake:request_new", **sent).status_code == 422
    page = ask(lab.customer, "GET", "intake:request_new", product=str(foreign.uid))
    assert foreign.name not in page.content.decode()


def test_more_rows_keep_what_was_filled_in(lab):
    sent = filled_in(lab, ("FCp-1-G", ">=", "0.95"), more="1", purpose="조달 제출용")

    answer = ask(lab.customer, "POST", "intake:request_new", **sent)

    page = answer.content.decode()
    assert answer.status_code == 200
    assert "조달 제출용" in page
    assert 'name="wanted-9-measure"' in page
    assert 'value="0.95"' in page


def test_who_acts_for_nobody_is_told_so(lab):
    answer = ask(lab.tester, "GET", "intake:request_new")

    assert answer.status_code == 200
    assert "notice-stop" in answer.content.decode()


def test_review_page_takes_the_seven_answers(lab, request_row):
    answer = review(lab, request_row, EVERYTHING_YES)

    assert answer.status_code == 302
    assert request_row.reviews.get().passed


def test_unanswered_review_is_refused_with_its_question(lab, request_row):
    sent = {name: value for name, value in EVERYTHING_YES.items() if name != "impartiality"}

    answer = review(lab, request_row, sent)

    assert answer.status_code == 409
    assert not request_row.reviews.exists()
    assert "7.1.1" in text_of_page(answer)


def test_tester_sees_the_review_page_with_why_not(lab, request_row):
    page = text_of_page(ask(lab.tester, "GET", "intake:review", request_row.uid))

    assert "6.2.2" in page


def test_contract_is_offered_and_agreed_on_screen(lab, request_row):
    services.review_request(request=request_row, answers=YES, by=lab.technical)

    offered = ask(
        lab.technical, "POST", "intake:offer", request_row.uid, decision_rule="guarded", place="fixed"
    )
    contract = Contract.objects.get()
    page = ask(lab.customer, "GET", "intake:contract", contract.uid)
    agreed = ask(lab.customer, "POST", "intake:agree", contract.uid)

    contract.refresh_from_db()
    assert (offered.status_code, page.status_code, agreed.status_code) == (302, 200, 302)
    assert f'action="/contracts/{contract.uid}/agree"' in page.content.decode()
    assert "≥ 0.9" in text_of_page(page)
    assert (contract.state, contract.decision_rule) == (Contract.State.AGREED, "guarded")


def test_staff_see_the_contract_but_cannot_agree(lab, contract):
    page = ask(lab.technical, "GET", "intake:contract", contract.uid)
    answer = ask(lab.technical, "POST", "intake:agree", contract.uid)

    assert "/agree" not in page.content.decode()
    assert answer.status_code == 409
    assert lab.product.customer.name in text_of_page(answer)


def test_agreeing_is_not_done_by_following_a_link(lab, contract):
    assert ask(lab.customer, "GET", "intake:agree", contract.uid).status_code == 405


def test_agreed_contract_shows_no_further_step(lab):
    contract = agree(lab)

    page = ask(lab.customer, "GET", "intake:contract", contract.uid)

    assert "/agree" not in page.content.decode()
