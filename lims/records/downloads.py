"""Stored bytes on their way out: checked against their hash, and never run by the reader's browser."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.http import content_disposition_header

from lims.errors import Blocked, Reason
from lims.records import store


def attachment(sha256: str, name: str, content_type: str = "application/octet-stream") -> HttpResponse:
    """A file to keep. A browser neither guesses its type nor runs what is in it.

    Raises: Blocked when the stored bytes are no longer those that were stored
    """
    response = HttpResponse(checked(sha256, name), content_type=content_type)
    response.headers["Content-Disposition"] = _disposition("attachment", name)
    response.headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    return guarded(response)


def shown_pdf(sha256: str, name: str) -> HttpResponse:
    """A PDF of ours for the frame of its own page.

    Raises: Blocked when the stored bytes are no longer those that were stored
    """
    response = HttpResponse(checked(sha256, name), content_type="application/pdf")
    response.headers["Content-Disposition"] = _disposition("inline", name)
    response.headers["Content-Security-Policy"] = (  # a browser's own reader needs its style and its plug-in
        "default-src 'none'; object-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'self'"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    return guarded(response)


def checked(sha256: str, name: str) -> bytes:
    """The stored bytes. Raises: Blocked when they are damaged or gone"""
    try:
        return store.read(sha256)
    except store.StoreDamaged:
        raise Blocked("download", [Reason("file.damaged", {"file": name})]) from None


def guarded(response: HttpResponse) -> HttpResponse:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def _disposition(kind: str, name: str) -> str:
    value: str | None = content_disposition_header(kind == "attachment", name)
    return value or kind
