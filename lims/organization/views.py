"""Centres and who does what in them; customers, the people who act for them, and their products."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lims.organization import forms, guards, services
from lims.organization.models import Appointment, Authorization, Centre, Customer
from lims.organization.permissions import (
    centres_of,
    customers_of,
    visible_acting,
    visible_appointments,
    visible_authorizations,
    visible_centres,
    visible_customers,
    visible_people,
)
from lims.organization.queries import Role, accreditation_on, roles_held
from lims.organization.signed_in import SignedInRequest
from lims.records.screens import form_page

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def centres(request: SignedInRequest) -> HttpResponse:
    rows = visible_centres(request.user).order_by("code")
    context = {"centres": rows, "against_opening": guards.against_managing(request.user)}
    return render(request, "organization/centre_list.html", context)


@form_methods
def centre_new(request: SignedInRequest) -> HttpResponse:
    def step(cleaned: dict[str, Any]) -> str:
        return _centre_url(services.open_centre(by=request.user, **cleaned))

    return form_page(
        request,
        forms.CentreForm(_posted(request)),
        step,
        done=_("The centre is open."),
        reasons=guards.against_managing(request.user),
        title=_("Open a centre"),
        submit=_("Open the centre"),
        back=reverse("organization:centres"),
    )


@require_safe
def centre(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found, today = _centre(request, uid), timezone.localdate()
    states = dict(found.accreditation_states.model.State.choices)
    context = {
        "centre": found,
        "accreditation": states.get(accreditation_on(found, today), ""),
        "states": found.accreditation_states.order_by("-valid_from", "-pk"),
        "scope": found.scope.order_by("standard", "test_item"),
        "appointments": found.appointments.select_related("person").order_by("role", "person__name"),
        "authorizations": found.authorizations.select_related("person", "granted_by").order_by(
            "module_id", "step", "person__name"
        ),
        "today": today,
        "may_manage": not guards.against_managing(request.user, found),
    }
    return render(request, "organization/centre_detail.html", context)


@form_methods
def accreditation_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _centre(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.set_accreditation(centre=found, by=request.user, **cleaned)
        return _centre_url(found)

    return form_page(
        request,
        forms.AccreditationForm(_posted(request)),
        step,
        done=_("The accreditation state is written down."),
        **_managed(request, found, _("Accreditation state")),
    )


@form_methods
def scope_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _centre(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.add_scope_row(centre=found, by=request.user, **cleaned)
        return _centre_url(found)

    return form_page(
        request,
        forms.ScopeForm(_posted(request)),
        step,
        done=_("The scope row is added."),
        **_managed(request, found, _("Scope of accreditation")),
    )


@form_methods
def appointment_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _centre(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.appoint(centre=found, by=request.user, **cleaned)
        return _centre_url(found)

    return form_page(
        request,
        forms.AppointmentForm(_posted(request)),
        step,
        done=_("The person is appointed."),
        **_managed(request, found, _("Appointment")),
    )


@form_methods
def authorization_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _centre(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.authorize_person(centre=found, by=request.user, **cleaned)
        return _centre_url(found)

    return form_page(
        request,
        forms.AuthorizationForm(_posted(request), by=request.user, centre=found),
        step,
        done=_("The person is authorized."),
        **_managed(request, found, _("Authorization")),
    )


@form_methods
def review_policy(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _centre(request, uid)
    now = {"one_person_may": found.one_person_may_review_and_authorize}

    def step(cleaned: dict[str, Any]) -> str:
        services.set_review_policy(centre=found, by=request.user, **cleaned)
        return _centre_url(found)

    return form_page(
        request,
        forms.ReviewPolicyForm(_posted(request), initial=now),
        step,
        done=_("The rule is written down."),
        **_managed(request, found, _("Review and authorization of reports"), _("Save")),
    )


@form_methods
def appointment_end(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_appointments(request.user).select_related("centre", "person")
    found = get_object_or_404(rows, uid=uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.end_appointment(appointment=found, by=request.user, **cleaned)
        return _still_visible_url(request, found.centre)

    return form_page(
        request,
        forms.EndForm(_posted(request)),
        step,
        done=_("The last day of the appointment is written down."),
        help=f"{found.person.name}, {found.get_role_display()}",
        **_ending(request, found, _("End the appointment")),
    )


@form_methods
def authorization_withdraw(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_authorizations(request.user).select_related("centre", "person")
    found = get_object_or_404(rows, uid=uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.withdraw_authorization(authorization=found, by=request.user, **cleaned)
        return _centre_url(found.centre)

    return form_page(
        request,
        forms.EndForm(_posted(request)),
        step,
        done=_("The last day of the authorization is written down."),
        help=f"{found.person.name}, {found.module_id}, {found.get_step_display()}",
        **_ending(request, found, _("Withdraw the authorization")),
    )


@require_safe
def people(request: SignedInRequest) -> HttpResponse:
    rows = visible_people(request.user).prefetch_related("appointments__centre").order_by("username")
    context = {"people": rows, "against_opening": guards.against_managing(request.user)}
    return render(request, "organization/person_list.html", context)


@form_methods
def person_new(request: SignedInRequest) -> HttpResponse:
    def step(cleaned: dict[str, Any]) -> str:
        services.open_account(by=request.user, **cleaned)
        return reverse("organization:people")

    return form_page(
        request,
        forms.PersonForm(_posted(request)),
        step,
        done=_("The account is open."),
        reasons=guards.against_managing(request.user),
        title=_("Open an account"),
        help=_("What the person may do comes with appointments."),
        submit=_("Open the account"),
        back=reverse("organization:people"),
    )


@require_safe
def customers(request: SignedInRequest) -> HttpResponse:
    receives = (
        request.user.is_superuser
        or roles_held(request.user, Role.RECEPTION, on=timezone.localdate()).exists()
    )
    rows = visible_customers(request.user).order_by("name")
    return render(request, "organization/customer_list.html", {"customers": rows, "receives": receives})


@form_methods
def customer_new(request: SignedInRequest) -> HttpResponse:
    def step(cleaned: dict[str, Any]) -> str:
        made = services.register_customer(by=request.user, **cleaned)
        return reverse("organization:customer", kwargs={"uid": made.uid})

    return form_page(
        request,
        forms.CustomerForm(_posted(request), by=request.user),
        step,
        done=_("The customer is registered."),
        title=_("Register a customer"),
        submit=_("Register the customer"),
        back=reverse("organization:customers"),
    )


@require_safe
def customer(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _customer(request, uid)
    works_here = centres_of(request.user).filter(customers=found).exists()
    context = {
        "customer": found,
        "products": found.products.order_by("name"),
        "acting": visible_acting(request.user, found).order_by("name"),
        "is_mine": customers_of(request.user).contains(found),
        "works_here": works_here,
    }
    return render(request, "organization/customer_detail.html", context)


@form_methods
def acting_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _customer(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.let_act_for(customer=found, by=request.user, **cleaned)
        return _customer_url(found)

    return form_page(
        request,
        forms.ActingForm(_posted(request), by=request.user, customer=found),
        step,
        done=_("The person acts for the customer now."),
        title=_("Let a person act for the customer"),
        kicker=found.name,
        submit=_("Let the person act"),
        back=_customer_url(found),
    )


@form_methods
def acting_end(request: SignedInRequest, uid: UUID, person: UUID) -> HttpResponse:
    found = _customer(request, uid)
    acting = get_object_or_404(visible_acting(request.user, found), uid=person)

    def step(cleaned: dict[str, Any]) -> str:
        services.stop_acting_for(person=acting, customer=found, by=request.user, **cleaned)
        return _customer_url(found)

    return form_page(
        request,
        forms.StopActingForm(_posted(request), by=request.user, customer=found),
        step,
        done=_("The person no longer acts for the customer."),
        title=_("Let a person no longer act for the customer"),
        kicker=found.name,
        help=f"{acting.name} ({acting.username})",
        submit=_("End"),
        back=_customer_url(found),
    )


@form_methods
def product_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _customer(request, uid)

    def step(cleaned: dict[str, Any]) -> str:
        services.register_product(customer=found, by=request.user, **cleaned)
        return _customer_url(found)

    return form_page(
        request,
        forms.ProductForm(_posted(request)),
        step,
        done=_("The product is registered."),
        reasons=guards.against_acting(request.user, found),
        title=_("Register a product"),
        kicker=found.name,
        submit=_("Register the product"),
        back=_customer_url(found),
    )


def _posted(request: SignedInRequest) -> Any:
    return request.POST if request.method == "POST" else None


def _centre(request: SignedInRequest, uid: UUID) -> Centre:
    return get_object_or_404(visible_centres(request.user), uid=uid)


def _customer(request: SignedInRequest, uid: UUID) -> Customer:
    return get_object_or_404(visible_customers(request.user), uid=uid)


def _managed(request: SignedInRequest, centre: Centre, title: str, submit: str = "") -> dict[str, Any]:
    """What the forms of a centre share."""
    return {
        "reasons": guards.against_managing(request.user, centre),
        "title": title,
        "kicker": f"{centre.code} {centre.name_ko}",
        "submit": submit or _("Add"),
        "back": _centre_url(centre),
    }


def _ending(request: SignedInRequest, row: Appointment | Authorization, title: str) -> dict[str, Any]:
    shared = _managed(request, row.centre, title, title)
    return {**shared, "reasons": guards.against_ending(request.user, row)}


def _still_visible_url(request: SignedInRequest, centre: Centre) -> str:
    """Who ended the own last appointment has no page of the centre to go back to."""
    if visible_centres(request.user).contains(centre):
        return _centre_url(centre)
    return reverse("organization:centres")


def _centre_url(centre: Centre) -> str:
    return reverse("organization:centre", kwargs={"uid": centre.uid})


def _customer_url(customer: Customer) -> str:
    return reverse("organization:customer", kwargs={"uid": customer.uid})
