"""Reasons that have to do with who somebody is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from django.utils import timezone

from lims.errors import Reason
from lims.organization.models import Appointment, Authorization, Centre, Customer, User
from lims.organization.permissions import customers_of
from lims.organization.queries import Role, Step, holds, is_authorized


def against_role(by: User, centre: Centre, *roles: str) -> list[Reason]:
    """The person holds none of these roles in the centre today."""
    if holds(by, centre, *roles, on=timezone.localdate()):
        return []
    return [Reason("person.without_role", {"roles": ", ".join(roles), "centre": centre.code}, clause="6.2.2")]


def against_unauthorized(
    by: User, centre: Centre, modules: Iterable[str], step: str, *, on: date | None = None
) -> list[Reason]:
    """One reason for each module that the person is not authorized for."""
    day = on or timezone.localdate()
    return [
        Reason(
            "person.not_authorized", {"module": module, "step": step, "centre": centre.code}, clause="6.2.6"
        )
        for module in sorted(set(modules))
        if not is_authorized(by, centre, module, step, on=day)
    ]


def against_acting(by: User, customer: Customer) -> list[Reason]:
    """The person does not act for this customer."""
    if customers_of(by).contains(customer):
        return []
    return [Reason("person.not_of_customer", {"customer": customer.name})]


def against_managing(by: User, centre: Centre | None = None) -> list[Reason]:
    """Only the system's administrator opens centres and accounts; a quality manager looks after the own centre."""
    if by.is_active and by.is_superuser:
        return []
    if centre is not None:
        return against_role(by, centre, Role.QUALITY_MANAGER)
    return [Reason("person.not_administrator")]


def against_authorizing_person(by: User, centre: Centre, person: User, step: str) -> list[Reason]:
    """Authorizations are given to people with a post in the centre, never by oneself."""
    reasons = against_managing(by, centre)
    today = timezone.localdate()
    if not holds(person, centre, Role.TESTER, Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER, on=today):
        reasons.append(Reason("person.without_post", {"centre": centre.code}, clause="6.2.2"))
    if step not in Step.values:
        reasons.append(Reason("authorization.unknown_step", {"step": step}))
    if by == person:
        reasons.append(Reason("person.own_authorization", clause="6.2.5"))
    return reasons


def against_ending(by: User, row: Appointment | Authorization, last_day: date | None = None) -> list[Reason]:
    """What is over stays as it was; an end is moved forward only, or one would prolong the own authorization."""
    reasons = against_managing(by, row.centre)
    if row.is_over:
        reasons.append(Reason("term.already_over", {"day": str(row.valid_until)}))
    elif last_day and row.valid_until and last_day > row.valid_until:
        reasons.append(Reason("term.not_prolonged", {"day": str(row.valid_until)}))
    # The day before the first takes back what was given by mistake.
    if last_day and last_day < row.valid_from - timedelta(days=1):
        reasons.append(Reason("term.ends_before_start", {"day": str(row.valid_from)}))
    return reasons


def against_receiving(by: User, centre: Centre) -> list[Reason]:
    """Reception looks after customers; the administrator may set the first ones up."""
    return [] if by.is_active and by.is_superuser else against_role(by, centre, Role.RECEPTION)


def against_letting_act(by: User, centre: Centre, customer: Customer) -> list[Reason]:
    """A centre speaks for its own customers only."""
    reasons = against_receiving(by, centre)
    if not customer.centres.contains(centre):
        reasons.append(Reason("customer.unknown_to_centre", {"centre": centre.code}))
    return reasons
