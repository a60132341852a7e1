"""Consulting engagements of the own centres."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from consulting import services
from consulting.forms import EngagementForm
from consulting.permissions import visible_engagements
from lims.organization.permissions import centres_of
from lims.organization.queries import Role, roles_held
from lims.organization.signed_in import SignedInRequest
from lims.records.screens import form_page


@require_safe
def engagements(request: SignedInRequest) -> HttpResponse:
    _staff_only(request)
    held = roles_held(request.user, Role.CONSULTANT, Role.TECHNICAL_MANAGER, on=timezone.localdate())
    rows = visible_engagements(request.user).select_related("centre", "product__customer", "consultant")
    context = {"engagements": rows, "may_open": held.exists()}
    return render(request, "consulting/engagement_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def engagement_new(request: SignedInRequest) -> HttpResponse:
    _staff_only(request)

    def step(cleaned: dict[str, Any]) -> str:
        services.open_engagement(by=request.user, **cleaned)
        return reverse("consulting:engagements")

    return form_page(
        request,
        EngagementForm(request.POST if request.method == "POST" else None, by=request.user),
        step,
        done=_("The engagement is open."),
        title=_("Open a consulting engagement"),
        help=_("From then on the consultant neither tests, reviews nor authorizes this product."),
        submit=_("Open the engagement"),
        back=reverse("consulting:engagements"),
    )


def _staff_only(request: SignedInRequest) -> None:
    if not centres_of(request.user).exists():
        raise Http404  # whom a laboratory advises is its own to know
