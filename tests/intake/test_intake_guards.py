"""Every reason against the steps from request to contract, each with a step that it stops."""

from __future__ import annotations

from decimal import Decimal

import pytest

from lims.errors import Blocked
from lims.intake import services
from lims.intake.guards import Wanted
from lims.intake.models import Contract, ContractReview, DecisionRule, TestRequest
from lims.organization.models import Product, ScopeRow
from lims.records.models import Refusal
from tests.laboratory import EDITION, agree

YES = {question: {"yes": True, "note": ""} for question in ContractReview.QUESTIONS}
MEASURE = Wanted("FCp-1-G", EDITION, ">=", Decimal("0.9"), "1")


def submit(lab, *wanted, **changed) -> TestRequest:
    given = {
        "centre": lab.centre,
        "customer": lab.product.customer,
        "product": lab.product,
        "product_version": "1.0",
        "purpose": "시험",
        "wants_accredited": True,
        "wanted": wanted or [MEASURE],
        "by": lab.customer,
    }
    return services.submit_request(**{**given, **changed})


def offer(lab, request: TestRequest, **changed) -> Contract:
    given = {"decision_rule": DecisionRule.SIMPLE, "place": ScopeRow.Place.FIXED, "by": lab.technical}
    return services.offer_contract(request=request, **{**given, **changed})


def codes(call, *args, **more) -> set[str]:
    with pytest.raises(Blocked) as refusal:
        call(*args, **more)
    return refusal.value.codes


@pytest.mark.parametrize(
    ("wanted", "code"),
    [
        ([], "request.nothing_wanted"),
        ([MEASURE, MEASURE], "request.measure_twice"),
        ([Wanted("XXx-1-G", EDITION)], "measure.unknown"),
        ([Wanted("FCp-1-G", "ISO/IEC 25023:1999")], "measure.unknown"),
        ([Wanted("FCp-1-G", EDITION, ">=")], "criterion.incomplete"),
        ([Wanted("FCp-1-G", EDITION, "", Decimal(1))], "criterion.incomplete"),
        ([Wanted("FCp-1-G", EDITION, "==", Decimal(1), "1")], "criterion.unknown_comparison"),
        ([Wanted("PTb-1-G", EDITION, "<=", Decimal(1), "h")], "criterion.wrong_unit"),
        ([Wanted("FCp-1-G", EDITION, "<=", Decimal(1), "1")], "criterion.against_direction"),
    ],
)
def test_request_is_refused_for_what_it_asks(lab, wanted, code):
    assert code in codes(submit, lab, wanted=wanted)
    assert not TestRequest.objects.exists()


def test_nobody_asks_for_another_company(lab):
    assert "person.not_of_customer" in codes(submit, lab, by=lab.other_customer)
    assert "person.not_of_customer" in codes(submit, lab, by=lab.tester)


def test_product_of_another_company_is_refused(lab):
    foreign = Product.objects.exclude(customer=lab.product.customer).get()

    assert "product.of_another_customer" in codes(submit, lab, product=foreign)


def test_only_a_technical_manager_of_the_centre_reviews(lab):
    request = submit(lab)

    for person in (lab.tester, lab.stranger, lab.customer):
        refused = codes(services.review_request, request=request, answers=YES, by=person)
        assert "person.without_role" in refused


@pytest.mark.parametrize("question", ContractReview.QUESTIONS)
def test_review_asks_every_question_and_why_not(lab, question):
    request = submit(lab)
    left_out = {name: answer for name, answer in YES.items() if name != question}
    no_reason = {**YES, question: {"yes": False, "note": ""}}

    for answers, code in ((left_out, "review.question_open"), (no_reason, "review.no_without_note")):
        assert code in codes(services.review_request, request=request, answers=answers, by=lab.technical)


def test_no_with_its_reason_is_recorded_and_stops_the_contract(lab):
    request = submit(lab)
    answers = {**YES, "capacity": {"yes": False, "note": "인력 부족"}}

    review = services.review_request(request=request, answers=answers, by=lab.technical)

    assert not review.passed
    assert "request.review_refused" in codes(offer, lab, request)


def test_contract_needs_a_review_first(lab):
    assert "request.not_reviewed" in codes(offer, lab, submit(lab))


def test_offered_request_is_neither_reviewed_nor_offered_again(lab):
    request = agree(lab).request

    assert "request.already_contracted" in codes(offer, lab, request)
    refused = codes(services.review_request, request=request, answers=YES, by=lab.technical)
    assert "request.already_contracted" in refused


def test_only_a_technical_manager_of_the_centre_offers(lab):
    request = submit(lab)
    services.review_request(request=request, answers=YES, by=lab.technical)

    assert "person.without_role" in codes(offer, lab, request, by=lab.stranger)


def test_only_the_own_customer_agrees_and_only_once(lab):
    request = submit(lab)
    services.review_request(request=request, answers=YES, by=lab.technical)
    contract = offer(lab, request)

    for person in (lab.technical, lab.other_customer):
        refused = codes(services.agree_contract, contract=contract, by=person)
        assert "person.not_of_customer" in refused
    services.agree_contract(contract=contract, by=lab.customer)
    assert "contract.not_offered" in codes(services.agree_contract, contract=contract, by=lab.customer)


def test_refusal_is_kept_with_every_reason(lab):
    codes(submit, lab, wanted=[], by=lab.other_customer)

    kept = {reason["code"] for reason in Refusal.objects.get(step="submit_request").reasons}
    assert kept == {"request.nothing_wanted", "person.not_of_customer"}


def test_contract_repeats_what_was_asked_for(lab):
    contract = agree(lab, "FCp-1-G", "PTb-1-G")

    agreed = [(item.measure_id, item.comparator, item.limit) for item in contract.items.all()]
    asked = [(item.measure_id, item.comparator, item.limit) for item in contract.request.wanted.all()]
    assert agreed == asked
