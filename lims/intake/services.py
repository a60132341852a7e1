"""Submit, review, offer and agree. Source: ISO/IEC 17025:2017, 7.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from lims.errors import LostRace
from lims.intake import guards
from lims.intake.guards import Wanted
from lims.intake.models import AgreedItem, Contract, ContractReview, RequestedItem, TestRequest
from lims.organization.models import Centre, Customer, Product, User
from lims.records.chain import record
from lims.records.numbering import next_number
from lims.records.services import require

SERIES = "R"


def submit_request(
    *,
    centre: Centre,
    customer: Customer,
    product: Product,
    product_version: str,
    purpose: str,
    wants_accredited: bool,
    wanted: Sequence[Wanted],
    by: User,
) -> TestRequest:
    """Hand a request in; from here on it does not change.

    Raises: Blocked (every unmet condition).
    """
    require(
        guards.against_submitting(by, customer, product, wanted), step="submit_request", row=customer, by=by
    )
    now = timezone.now()
    with transaction.atomic():
        request = TestRequest.objects.create(
            number=next_number(centre.code, SERIES, now),
            centre=centre,
            customer=customer,
            product=product,
            product_version=product_version,
            purpose=purpose,
            wants_accredited=wants_accredited,
            submitted_by=by,
            submitted_at=now,
        )
        items = [RequestedItem.objects.create(request=request, **vars(item)) for item in wanted]
        customer.centres.add(centre)
        record("request.submitted", request, *items, chain=centre.code, by=by)
    return request


def review_request(*, request: TestRequest, answers: Mapping[str, Any], by: User) -> ContractReview:
    """Answer the seven questions; accepted only when each answer is yes or its deviation is written down.

    Raises: Blocked.
    """
    require(guards.against_reviewing(by, request, answers), step="review_request", row=request, by=by)
    kept = {
        name: {"yes": bool(answers[name]["yes"]), "note": answers[name].get("note", "")} for name in answers
    }
    with transaction.atomic():
        TestRequest.objects.select_for_update().get(pk=request.pk)
        if request.contracts.exists():
            raise LostRace(f"{request}: a contract was offered just now")
        review = ContractReview.objects.create(
            request=request,
            answers=kept,
            passed=all(answer["yes"] for answer in kept.values()),
            reviewed_by=by,
            reviewed_at=timezone.now(),
        )
        record("request.reviewed", review, chain=request.centre.code, by=by)
    return review


def offer_contract(*, request: TestRequest, decision_rule: str, place: str, by: User) -> Contract:
    """Offer what was asked for, under a decision rule, to the customer.

    Raises: Blocked.
    """
    require(guards.against_offering(by, request), step="offer_contract", row=request, by=by)
    with transaction.atomic():
        TestRequest.objects.select_for_update().get(pk=request.pk)
        if request.contracts.exists():
            raise LostRace(f"{request}: a contract was offered just now")
        contract = Contract.objects.create(
            request=request,
            review=request.reviews.latest("reviewed_at"),
            decision_rule=decision_rule,
            place=place,
            offered_by=by,
            offered_at=timezone.now(),
        )
        items = [
            AgreedItem.objects.create(
                contract=contract,
                measure_id=item.measure_id,
                edition=item.edition,
                comparator=item.comparator,
                limit=item.limit,
                unit=item.unit,
            )
            for item in request.wanted.all()
        ]
        record("contract.offered", contract, *items, chain=request.centre.code, by=by)
    return contract


def agree_contract(*, contract: Contract, by: User) -> None:
    """The customer agrees; criteria and decision rule are frozen.

    Raises: Blocked, LostRace.
    """
    require(guards.against_agreeing(by, contract), step="agree_contract", row=contract, by=by)
    with transaction.atomic():
        contract.move(Contract.State.AGREED, agreed_by=by, agreed_at=timezone.now())
        record("contract.agreed", contract, chain=contract.request.centre.code, by=by)
