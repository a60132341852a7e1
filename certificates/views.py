"""The register, and one document on its way from number to seal."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from certificates import guards, services
from certificates.forms import CodeForm, VoidForm
from certificates.models import Certificate
from certificates.permissions import visible_certificates
from lims.errors import BadInput
from lims.organization.signed_in import SignedInRequest
from lims.records.downloads import attachment, shown_pdf
from lims.records.forms import refused
from lims.records.reasons import text_of_stored
from lims.reports.models import TestReport
from lims.reports.panels import checks_of
from lims.reports.permissions import visible_reports

MOST_ROWS = 200
AT_WORK = (
    Certificate.State.NUMBERED,
    Certificate.State.RENDERING,
    Certificate.State.AUTHORIZED,
    Certificate.State.SEALING,
)
State = Certificate.State


@require_safe
def register(request: SignedInRequest) -> HttpResponse:
    """Every number that was given, void ones too; the state stands in the address."""
    asked = request.GET.get("state", "")
    rows = visible_certificates(request.user).select_related(
        "centre", "report__plan__contract__request__product", "report__plan__contract__request__customer"
    )
    if asked in State.values:
        rows = rows.filter(state=asked)
    context = {"certificates": rows[:MOST_ROWS], "states": State.choices, "asked": asked}
    return render(request, "certificates/certificate_list.html", context)


@require_safe
def of_report(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """Before the number: the checks, and the one button that gives it."""
    report = _report(request, uid)
    context = {
        "report": report,
        "checks": checks_of(report, request.user),
        "reasons": guards.against_preparing(report, request.user),
        "certificates": visible_certificates(request.user).filter(report=report),
    }
    return render(request, "certificates/certificate_form.html", context)


@require_POST
def prepare(request: SignedInRequest, uid: UUID) -> HttpResponse:
    certificate = services.prepare_certificate(report=_report(request, uid), by=request.user)
    messages.success(request, _("The number is given; the document is being rendered."))
    return redirect("certificates:detail", uid=certificate.uid)


@require_safe
def detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return _page(request, _certificate(request, uid))


@require_safe
def live(request: SignedInRequest, uid: UUID) -> HttpResponse:
    context = _shown(request, _certificate(request, uid))
    return render(request, "certificates/_certificate.html", context)


@require_POST
def authorize(request: SignedInRequest, uid: UUID) -> HttpResponse:
    certificate, form = _certificate(request, uid), CodeForm(request.POST)
    if not form.is_valid():
        return _page(request, certificate, status=422, code_form=form)
    try:
        services.authorize_certificate(
            certificate=certificate, code=form.cleaned_data["code"], by=request.user
        )
    except BadInput as trouble:
        refused(form, trouble, field="code")
        return _page(request, certificate, status=trouble.status, code_form=form)
    messages.success(request, _("Authorized: the document is being sealed."))
    return redirect("certificates:detail", uid=uid)


@require_POST
def void(request: SignedInRequest, uid: UUID) -> HttpResponse:
    certificate = _certificate(request, uid)
    form = VoidForm(request.POST, expected=certificate.number)
    if not form.is_valid():
        return _page(request, certificate, status=422, void_form=form)
    services.void_certificate(certificate=certificate, why=form.cleaned_data["why"], by=request.user)
    messages.success(request, _("The number is void; it stays in the register."))
    return redirect("certificates:detail", uid=uid)


@require_safe
def preview(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The very bytes to authorize, or the issued document, for the frame of the page."""
    certificate = _certificate(request, uid)
    sha256 = certificate.sha256 or certificate.unsigned_sha256
    if not sha256:
        raise Http404
    return shown_pdf(sha256, f"{certificate.number}.pdf")


@require_safe
def document(request: SignedInRequest, uid: UUID) -> HttpResponse:
    certificate = _issued(request, uid)
    return attachment(certificate.sha256, f"{certificate.number}.pdf", "application/pdf")


@require_safe
def content(request: SignedInRequest, uid: UUID) -> HttpResponse:
    certificate = _issued(request, uid)
    return attachment(certificate.snapshot_sha256, f"{certificate.number}.json", "application/json")


def _page(
    request: SignedInRequest, certificate: Certificate, status: int = 200, **forms: Any
) -> HttpResponse:
    context = {**_shown(request, certificate), **forms}
    return render(request, "certificates/certificate_detail.html", context, status=status)


def _shown(request: SignedInRequest, certificate: Certificate) -> dict[str, Any]:
    by, is_staff = request.user, visible_reports(request.user).filter(pk=certificate.report_id).exists()
    is_at_work = certificate.state in AT_WORK
    may_void = is_staff and guards.is_open(certificate)
    return {
        "certificate": certificate,
        "request_row": certificate.report.plan.contract.request,
        "is_staff": is_staff,
        "is_at_work": is_at_work,
        "trouble": text_of_stored(certificate.trouble) if is_staff and is_at_work else "",
        "void_reason": text_of_stored(certificate.void_reason),
        "is_rendered": certificate.state == State.RENDERED,
        "is_issued": certificate.state == State.ISSUED,
        "has_preview": bool(certificate.sha256 or certificate.unsigned_sha256),
        "may_void": may_void,
        "against_authorizing": guards.against_authorizing(certificate, by) if is_staff else [],
        "against_voiding": guards.against_voiding(certificate, by) if may_void else [],
        "code_form": CodeForm(),
        "void_form": VoidForm(),
    }


def _report(request: SignedInRequest, uid: UUID) -> TestReport:
    rows = visible_reports(request.user).select_related(
        "plan__item", "plan__contract__request__product__customer", "plan__contract__request__centre"
    )
    return get_object_or_404(rows, uid=uid)


def _certificate(request: SignedInRequest, uid: UUID) -> Certificate:
    rows = visible_certificates(request.user).select_related(
        "centre",
        "numbered_by",
        "authorized_by",
        "report__plan__item",
        "report__plan__contract__request__product__customer",
    )
    return get_object_or_404(rows, uid=uid)


def _issued(request: SignedInRequest, uid: UUID) -> Certificate:
    certificate = _certificate(request, uid)
    if certificate.state != State.ISSUED:
        raise Http404
    return certificate
