"""Who sees what. Every list and every page loads its rows through a `visible_*` of its room."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.utils import timezone
from guardian.shortcuts import assign_perm, get_objects_for_user, remove_perm

from lims.organization.models import (
    Appointment,
    Authorization,
    Centre,
    Customer,
    CustomerUserPermission,
    Product,
    User,
)

WORK = "organization.work_in_centre"
ACT = "organization.act_for_customer"

Viewer = User | AnonymousUser


def centres_of(person: Viewer) -> QuerySet[Centre]:
    """The centres this person works in today: granted, and with a post whose last day has not passed."""
    posts = Appointment.objects.on(timezone.localdate()).filter(person_id=person.pk)
    found: QuerySet[Centre] = _granted(person, WORK, Centre).filter(pk__in=posts.values("centre"))
    return found


def customers_of(person: Viewer) -> QuerySet[Customer]:
    """The customers this person acts for now."""
    found: QuerySet[Customer] = _granted(person, ACT, Customer)
    return found


def visible_centres(person: Viewer) -> QuerySet[Centre]:
    """The centres one works in; the administrator, who opens them, sees all."""
    if person.is_authenticated and person.is_active and person.is_superuser:
        return Centre.objects.all()
    return centres_of(person)


def visible_appointments(person: Viewer) -> QuerySet[Appointment]:
    return Appointment.objects.filter(centre__in=visible_centres(person))


def visible_authorizations(person: Viewer) -> QuerySet[Authorization]:
    return Authorization.objects.filter(centre__in=visible_centres(person))


def centres_to_ask(person: Viewer) -> QuerySet[Centre]:
    """Where a request may be handed in: the laboratories are public knowledge."""
    return Centre.objects.all() if person.is_authenticated and person.is_active else Centre.objects.none()


def visible_customers(person: Viewer) -> QuerySet[Customer]:
    """Own company, and the customers of the centres one works in."""
    mine = Q(pk__in=customers_of(person)) | Q(centres__in=centres_of(person))
    return Customer.objects.filter(mine).distinct()


def visible_products(person: Viewer) -> QuerySet[Product]:
    return Product.objects.filter(customer__in=visible_customers(person))


def visible_acting(person: Viewer, customer: Customer) -> QuerySet[User]:
    """Whoever acts for a customer now, as the centres that know the customer see it."""
    if not centres_of(person).filter(customers=customer).exists():
        return User.objects.none()
    granted = CustomerUserPermission.objects.filter(
        content_object=customer, permission__codename="act_for_customer"
    )
    return User.objects.filter(pk__in=granted.values("user"), is_active=True)


def visible_people(person: Viewer) -> QuerySet[User]:
    """Colleagues: whoever has or had a post in a centre one works in; the administrator sees every account."""
    if person.is_authenticated and person.is_active and person.is_superuser:
        return User.objects.all()
    return User.objects.filter(appointments__centre__in=centres_of(person)).distinct()


def grant_work(person: User, centre: Centre) -> None:
    assign_perm(WORK, person, centre)


def end_work(person: User, centre: Centre) -> None:
    remove_perm(WORK, person, centre)


def grant_acting(person: User, customer: Customer) -> None:
    assign_perm(ACT, person, customer)


def end_acting(person: User, customer: Customer) -> None:
    remove_perm(ACT, person, customer)


def _granted(person: Viewer, permission: str, model: Any) -> Any:
    if not person.is_authenticated or not person.is_active:
        return model.objects.none()
    return get_objects_for_user(
        person, permission, klass=model, with_superuser=False, accept_global_perms=False, use_groups=False
    )
