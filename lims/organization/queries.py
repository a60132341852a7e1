"""What a person is and may, on a day."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from lims.organization.models import (
    AccreditationState,
    Appointment,
    Authorization,
    Centre,
    ScopeRow,
    User,
)
from lims.organization.permissions import centres_of

Role = Appointment.Role
Step = Authorization.Step


def holds(person: User, centre: Centre, *roles: str, on: date) -> bool:
    """Whether one of these roles is held in this centre on this day."""
    posts = Appointment.objects.on(on).filter(person=person, centre=centre, role__in=roles)
    return person.is_active and centres_of(person).contains(centre) and posts.exists()


def is_authorized(person: User, centre: Centre, module_id: str, step: str, *, on: date) -> bool:
    """Whether an authorization for this module and step is in force. Source: ISO/IEC 17025:2017, 6.2.6."""
    grants = Authorization.objects.on(on).filter(person=person, centre=centre, module_id=module_id, step=step)
    return bool(person.is_active and grants.exists())


def accreditation_on(centre: Centre, day: date) -> str:
    """The centre's accreditation state on a day: the latest one that has begun; "" when there is none."""
    states = AccreditationState.objects.on(day).filter(centre=centre).order_by("-valid_from", "-pk")
    return str(states.values_list("state", flat=True).first() or "")


def in_scope(centre: Centre, edition: str, measure_id: str, place: str, *, on: date) -> bool:
    """Whether the centre's scope of accreditation holds this item on this day."""
    rows = ScopeRow.objects.on(on).filter(centre=centre, standard=edition, test_item=measure_id, place=place)
    return bool(rows.exists())


def roles_held(person: User, *roles: str, on: date) -> QuerySet[Appointment]:
    """The posts with one of these roles that a person holds on this day in the centres worked in."""
    held = Appointment.objects.on(on).filter(person=person, role__in=roles)
    posts: QuerySet[Appointment] = held.filter(centre__in=centres_of(person))
    return posts
