"""Submit, review, offer, agree."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lims.errors import Blocked
from lims.intake import guards, services
from lims.intake.forms import FIRST_ROWS, OfferForm, RequestForm, ReviewForm, WantedRows, measure_choices
from lims.intake.models import Contract, ContractReview, TestRequest
from lims.intake.permissions import visible_contracts, visible_requests
from lims.organization.permissions import centres_of, customers_of, visible_products
from lims.organization.signed_in import SignedInRequest
from lims.records.screens import form_page

form_methods = require_http_methods(["GET", "HEAD", "POST"])


@form_methods
def request_new(request: SignedInRequest) -> HttpResponse:
    posted = request.POST if request.method == "POST" else None
    rows = WantedRows(_more_rows(posted), form_kwargs={"choices": measure_choices()}, prefix="wanted")
    if posted is None:
        return _asked(
            request, RequestForm(by=request.user, initial={"product": _asked_product(request)}), rows
        )
    if "more" in posted:
        return _asked(request, RequestForm.unfinished(posted, by=request.user), rows)
    form = RequestForm(posted, by=request.user)
    if not (form.is_valid() and rows.is_valid()):
        return _asked(request, form, rows, status=422)
    product = form.cleaned_data["product"]
    try:
        submitted = services.submit_request(
            customer=product.customer,
            wanted=[row.wanted for row in rows if row.wanted],
            by=request.user,
            **form.cleaned_data,
        )
    except Blocked as refusal:
        return _asked(request, form, rows, status=409, reasons=refusal.reasons)
    messages.success(request, _("The request is submitted: %(number)s") % {"number": submitted.number})
    return redirect("home:request", uid=submitted.uid)


@form_methods
def review(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _request(request, uid)
    get_object_or_404(centres_of(request.user), pk=found.centre_id)  # the review is the laboratory's own
    form = ReviewForm(request.POST if request.method == "POST" else None)

    def step(_cleaned: dict[str, Any]) -> str:
        services.review_request(request=found, answers=form.answers, by=request.user)
        return reverse("home:request", kwargs={"uid": uid})

    everything_yes = {question: {"yes": True} for question in ContractReview.QUESTIONS}
    return form_page(
        request,
        form,
        step,
        done=_("The review is recorded."),
        reasons=guards.against_reviewing(request.user, found, everything_yes),
        template="intake/review_form.html",
        row=found,
        reviews=found.reviews.select_related("reviewed_by"),
        questions=ContractReview.QUESTIONS,
    )


@form_methods
def offer(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _request(request, uid)
    get_object_or_404(centres_of(request.user), pk=found.centre_id)

    def step(cleaned: dict[str, Any]) -> str:
        made = services.offer_contract(request=found, by=request.user, **cleaned)
        return reverse("intake:contract", kwargs={"uid": made.uid})

    return form_page(
        request,
        OfferForm(request.POST if request.method == "POST" else None),
        step,
        done=_("The contract is offered to the customer."),
        reasons=guards.against_offering(request.user, found),
        template="intake/offer_form.html",
        row=found,
    )


@require_safe
def contract(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _contract(request, uid)
    is_offered = found.state == Contract.State.OFFERED
    context = {
        "contract": found,
        "row": found.request,
        "is_offered": is_offered,
        "is_staff": centres_of(request.user).contains(found.request.centre),
        "against_agreeing": guards.against_agreeing(request.user, found) if is_offered else [],
    }
    return render(request, "intake/contract_detail.html", context)


@require_POST
def agree(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _contract(request, uid)
    services.agree_contract(contract=found, by=request.user)
    messages.success(request, _("The contract is agreed."))
    return redirect("home:request", uid=found.request.uid)


def _request(request: SignedInRequest, uid: UUID) -> TestRequest:
    rows = visible_requests(request.user).select_related("centre", "customer", "product")
    return get_object_or_404(rows, uid=uid)


def _contract(request: SignedInRequest, uid: UUID) -> Contract:
    rows = visible_contracts(request.user).select_related(
        "request__centre", "request__customer", "request__product", "offered_by", "agreed_by"
    )
    return get_object_or_404(rows, uid=uid)


def _asked(
    request: SignedInRequest, form: RequestForm, rows: Any, *, status: int = 200, reasons: Any = ()
) -> HttpResponse:
    context = {
        "form": form,
        "rows": rows,
        "reasons": reasons,
        "companies": customers_of(request.user),
        "has_products": visible_products(request.user)
        .filter(customer__in=customers_of(request.user))
        .exists(),
    }
    return render(request, "intake/request_form.html", context, status=status)


def _asked_product(request: SignedInRequest) -> Any:
    try:
        uid = UUID(request.GET.get("product", ""))
    except ValueError:
        return None
    return visible_products(request.user).filter(uid=uid).first()


def _more_rows(posted: Any) -> Any:
    """Five more rows when the reader asked for them; the page needs no script for it."""
    if posted is None or "more" not in posted:
        return posted
    grown = posted.copy()
    shown = posted.get("wanted-TOTAL_FORMS", "")
    grown["wanted-TOTAL_FORMS"] = str((int(shown) if shown.isdecimal() else 0) + FIRST_ROWS)
    return grown
