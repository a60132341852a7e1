"""What speaks against the steps from request to contract."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from lims.errors import Reason
from lims.intake.models import Comparator, Contract, ContractReview, TestRequest
from lims.organization.guards import against_acting, against_role
from lims.organization.models import Customer, Product, User
from lims.organization.queries import Role
from measures.catalogue import Measure, edition, editions
from measures.decision import Comparator as MeasureComparator
from measures.decision import require_direction
from measures.errors import MeasureError
from test_modules import catalogue


@dataclass(frozen=True)
class Wanted:
    """One measure as asked for; no comparator means: report the value, judge nothing."""

    measure_id: str
    edition: str
    comparator: str = ""
    limit: Decimal | None = None
    unit: str = ""


def against_submitting(
    by: User, customer: Customer, product: Product, wanted: Sequence[Wanted]
) -> list[Reason]:
    """Every reason this request cannot be taken. Source: ISO/IEC 17025:2017, 7.1.1 a."""
    reasons = against_acting(by, customer)
    if product.customer_id != customer.pk:
        reasons.append(Reason("product.of_another_customer"))
    if not wanted:
        reasons.append(Reason("request.nothing_wanted"))
    if len({item.measure_id for item in wanted}) != len(wanted):
        reasons.append(Reason("request.measure_twice"))
    return reasons + [reason for item in wanted for reason in _against_wanting(item)]


def _against_wanting(item: Wanted) -> list[Reason]:
    if item.edition not in editions() or item.measure_id not in edition(item.edition).measures:
        return [Reason("measure.unknown", {"measure": item.measure_id, "edition": item.edition})]
    if bool(item.comparator) != (item.limit is not None):
        return [Reason("criterion.incomplete", {"measure": item.measure_id})]
    if not item.comparator:
        return []
    if item.comparator not in Comparator.values:
        return [Reason("criterion.unknown_comparison", {"measure": item.measure_id})]
    return _against_criterion(item, edition(item.edition).measure(item.measure_id))


def _against_criterion(item: Wanted, measure: Measure) -> list[Reason]:
    """A criterion in another unit than the measure's, or one that asks it to be worse, could never be judged."""
    reasons = []
    if item.unit not in measured_units(item.edition, item.measure_id):
        known = ", ".join(sorted(measured_units(item.edition, item.measure_id)))
        reasons.append(
            Reason("criterion.wrong_unit", {"measure": measure.id, "given": item.unit, "unit": known})
        )
    try:
        require_direction(MeasureComparator(item.comparator), measure.direction)
    except MeasureError:
        reasons.append(Reason("criterion.against_direction", {"measure": measure.id}))
    return reasons


def measured_units(in_edition: str, measure_id: str) -> set[str]:
    """The units in which this laboratory's modules yield a measure; the catalogue's own where none does."""
    sources = [
        source.unit
        for module in catalogue.all_modules()
        for source in module.measures
        if (source.edition, source.id) == (in_edition, measure_id)
    ]
    return set(sources) or {edition(in_edition).measure(measure_id).unit}


def against_reviewing(by: User, request: TestRequest, answers: Mapping[str, Any]) -> list[Reason]:
    """Every reason this person may not record this contract review now. Source: ISO/IEC 17025:2017, 7.1.1."""
    reasons = against_role(by, request.centre, Role.TECHNICAL_MANAGER)
    if Contract.objects.filter(request=request).exists():
        reasons.append(Reason("request.already_contracted", clause="7.1.6"))
    for question in ContractReview.QUESTIONS:
        answer = answers.get(question)
        if not answer or "yes" not in answer:
            reasons.append(Reason("review.question_open", {"question": question}, clause="7.1.1"))
        elif not answer["yes"] and not answer.get("note"):
            reasons.append(Reason("review.no_without_note", {"question": question}, clause="7.1.1"))
    return reasons


def against_offering(by: User, request: TestRequest) -> list[Reason]:
    """Every reason no contract may be offered for this request now."""
    reasons = against_role(by, request.centre, Role.TECHNICAL_MANAGER)
    latest = request.reviews.first()
    if latest is None:
        reasons.append(Reason("request.not_reviewed", clause="7.1.1"))
    elif not latest.passed:
        reasons.append(Reason("request.review_refused", clause="7.1.1"))
    if Contract.objects.filter(request=request).exists():
        reasons.append(Reason("request.already_contracted", clause="7.1.6"))
    return reasons


def against_agreeing(by: User, contract: Contract) -> list[Reason]:
    """Every reason this person may not agree to this contract now."""
    reasons = against_acting(by, contract.request.customer)
    if contract.state != Contract.State.OFFERED:
        reasons.append(Reason("contract.not_offered"))
    return reasons
