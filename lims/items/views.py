"""Receiving an item and showing its receipt."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from lims.intake.permissions import visible_requests
from lims.items import guards, services
from lims.items.forms import ReceiveForm
from lims.items.permissions import visible_item_files, visible_items
from lims.organization.permissions import centres_of
from lims.organization.signed_in import SignedInRequest
from lims.records.downloads import attachment
from lims.records.screens import form_page
from lims.records.uploads import takes_at_most

FORM_BYTES = 1 << 20  # what a form needs around its files


@takes_at_most(lambda: settings.ITEM_MAX_BYTES + FORM_BYTES)
@require_http_methods(["GET", "HEAD", "POST"])
def receive(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_requests(request.user).filter(centre__in=centres_of(request.user))
    found = get_object_or_404(rows.select_related("centre", "customer", "product"), uid=uid)
    is_sent = request.method == "POST"
    form = ReceiveForm(
        request.POST if is_sent else None,
        request.FILES if is_sent else None,
        initial={"version": found.product_version},
    )

    def step(cleaned: dict[str, Any]) -> str:
        item = services.receive_item(
            request=found,
            version=cleaned["version"],
            condition=cleaned["condition"],
            uploads=form.uploads,
            by=request.user,
        )
        return reverse("items:detail", kwargs={"uid": item.uid})

    return form_page(
        request,
        form,
        step,
        done=_("The item is received."),
        reasons=guards.against_receiving(request.user, found),
        template="items/item_form.html",
        row=found,
        limit_mb=settings.ITEM_MAX_BYTES >> 20,
        taken=" ".join(guards.ACCEPTED),
    )


@require_safe
def detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_items(request.user).select_related(
        "request__centre", "request__product", "request__customer", "received_by"
    )
    item = get_object_or_404(rows, uid=uid)
    context = {
        "item": item,
        "row": item.request,
        "files": item.files.all(),
        "is_staff": centres_of(request.user).contains(item.request.centre),
    }
    return render(request, "items/item_detail.html", context)


@require_safe
def file(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = get_object_or_404(visible_item_files(request.user), uid=uid)
    return attachment(found.sha256, found.name)
