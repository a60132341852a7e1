"""What the pages of home show: the rows around a request, and what speaks against its next step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from certificates.permissions import visible_certificates
from lims.errors import Reason
from lims.home.progress import Step
from lims.intake import guards as intake
from lims.intake.models import TestRequest
from lims.items import guards as items
from lims.organization.models import Appointment, User
from lims.organization.permissions import centres_of, customers_of
from lims.plans.permissions import visible_function_lists

Guard = Callable[[TestRequest, User], list[Reason]]
# Steps whose page belongs to a later room show their own reasons there.
GUARDS: dict[str, Guard] = {
    "offer_contract": lambda request, by: intake.against_offering(by, request),
    "agree_contract": lambda request, by: intake.against_agreeing(by, request.contracts.all()[0]),
    "receive_item": lambda request, by: items.against_receiving(by, request),
}


def against_step(step: Step, request: TestRequest, by: User) -> list[Reason]:
    """What speaks against the next step now, where this room can ask; empty means its page may be opened."""
    guard = GUARDS.get(step.code)
    return guard(request, by) if guard else []


def greeting_of(person: User) -> dict[str, Any]:
    """Who one is here: roles of today by centre, or the companies one acts for."""
    today = timezone.localdate()
    posts = Appointment.objects.on(today).filter(person=person, centre__in=centres_of(person))
    return {
        "posts": posts.select_related("centre").order_by("centre__code", "role"),
        "companies": customers_of(person),
    }


def rows_of(request: TestRequest, person: User, *, is_staff: bool) -> dict[str, Any]:
    """All rows so far, the newest first; the customer sees what is agreed and issued, not the work between."""
    contracts = list(request.contracts.all())
    plans = [plan for contract in contracts for plan in contract.plans.all()] if is_staff else []
    certificates = visible_certificates(person).filter(report__plan__contract__request=request)
    listed = visible_function_lists(person).filter(product=request.product) if is_staff else []
    return {
        "reviews": request.reviews.select_related("reviewed_by") if is_staff else [],
        "contracts": contracts,
        "items": request.items.select_related("received_by"),
        "plans": plans,
        "reports": [report for plan in plans for report in plan.reports.all()],
        "certificates": certificates,
        "function_lists": listed,
    }
