"""Checking a report without an account: by its number with its code, or by the file itself."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from certificates import register
from certificates.public_forms import CheckForm
from certificates.queries import issued_by_code
from certificates.verification import Finding
from lims.records.reasons import text_of
from lims.records.uploads import takes_at_most

MOST_BYTES = 20 << 20
FORM_BYTES = 64 << 10
STATES = {
    "genuine": _("Genuine"),
    "altered": _("Altered"),
    "certificate_failed": _("The seal's certificate could not be confirmed"),
    "unknown": _("Not verified"),
}
STATUSES = {
    "issued": _("Valid"),
    "superseded": _("Replaced by a later report"),
    "withdrawn": _("Withdrawn"),
    "void": _("Void"),
}


@takes_at_most(lambda: MOST_BYTES + FORM_BYTES)
@login_not_required
@require_http_methods(["GET", "HEAD", "POST"])
def check(request: HttpRequest, number: str = "") -> HttpResponse:
    """The form; a file that was sent, or a number with its code, is answered on the same page."""
    given = request.POST if request.method == "POST" else None
    form = CheckForm(given, request.FILES or None, initial={"number": number}, most_bytes=MOST_BYTES)
    shown: dict[str, Any] = {"form": form, "limit_mb": MOST_BYTES >> 20}
    status = 200
    if given is not None:
        if form.is_valid():
            shown |= _answer(form)
        else:
            status = form.status
    return _told(request, shown, status)


def _answer(form: CheckForm) -> dict[str, Any]:
    number, code, sent = (form.cleaned_data[name] for name in ("number", "code", "file"))
    if sent:
        return {"finding": _shown(register.verify_upload(sent.read(), number or None))}
    found = issued_by_code(number, code)
    return {"entry": found, "asked": number}


def _shown(finding: Finding) -> dict[str, Any]:
    """A finding as people and programs read it."""
    return {
        "state": str(finding.state),
        "state_text": STATES[str(finding.state)],
        "reason": finding.reason,
        "reason_text": text_of(finding.reason) if finding.reason else "",
        "number": finding.number or "",
        "status": finding.status or "",
        "status_text": STATUSES.get(finding.status or "", ""),
    }


def _told(request: HttpRequest, shown: dict[str, Any], status: int) -> HttpResponse:
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        response: HttpResponse = JsonResponse(_as_json(shown), status=status)
    else:
        response = render(request, "verify/check.html", shown, status=status)
    add_never_cache_headers(response)
    return response


def _as_json(shown: dict[str, Any]) -> dict[str, Any]:
    if "finding" in shown:
        return dict(shown["finding"])
    if entry := shown.get("entry"):
        return {
            "number": entry.number,
            "status": entry.state,
            "sha256": entry.sha256,
            "issued_at": entry.issued_at,
        }
    if "asked" in shown:
        return {"number": shown["asked"], "status": "unknown"}
    return {"errors": shown["form"].errors.get_json_data(), "limit_mb": shown["limit_mb"]}
