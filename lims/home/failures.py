"""Pages for what did not happen. Each carries the request's id, by which its log lines are found."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from lims.errors import Reason
from lims.records.reasons import text_of

SOMEBODY_WAS_FIRST = Reason("step.somebody_was_first")
TITLES = {
    400: _("The request could not be read"),
    409: _("This step is not possible now"),
    413: _("Too large"),
    415: _("This kind of file is not taken"),
    422: _("What was handed in cannot be taken"),
}


def refused(request: HttpRequest, reasons: Sequence[Reason], *, status: int) -> HttpResponse:
    """A page, or JSON for programs, that names every reason with its clause."""
    if request.get_preferred_type(["text/html", "application/json"]) == "application/json":
        told = [{**reason.as_json(), "text": text_of(reason.code, reason.params)} for reason in reasons]
        return JsonResponse({"reasons": told, "request_id": request_id()}, status=status)
    context = {
        "title": TITLES.get(status, TITLES[422]),
        "reasons": reasons,
        "back": _back(request),
        "request_id": request_id(),
    }
    return render(request, "refusal.html", context, status=status)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Django's own limits are reached before any view; what is too much is 413 with its limit, the rest 400."""
    if isinstance(exception, RequestDataTooBig):
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE >> 20
        return refused(request, [Reason("upload.request_too_large", {"limit_mb": limit})], status=413)
    if isinstance(exception, TooManyFilesSent):
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FILES
        return refused(request, [Reason("upload.too_many_files", {"limit": limit})], status=413)
    if isinstance(exception, TooManyFieldsSent):
        limit = settings.DATA_UPLOAD_MAX_NUMBER_FIELDS
        return refused(request, [Reason("upload.too_many_fields", {"limit": limit})], status=413)
    return refused(request, [Reason("request.unreadable")], status=400)


def server_error(request: HttpRequest) -> HttpResponse:
    """Says nothing but that it failed and under which id, and asks neither database nor session for it."""
    return HttpResponse(render_to_string("500.html", {"request_id": request_id()}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    return render(request, "403.html", {"expired": True}, status=403)


def request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def _back(request: HttpRequest) -> str:
    came_from = request.META.get("HTTP_REFERER", "")
    is_ours = url_has_allowed_host_and_scheme(came_from, {request.get_host()}, request.is_secure())
    return came_from if is_ours else "/"
