"""What is the same for every page: the language, the size of a body, and how a refusal looks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from lims.errors import BadInput, Blocked, IllegalMove, LostRace
from lims.home import failures
from lims.records.uploads import most_bytes_of

Answer = Callable[[HttpRequest], HttpResponse]
CHUNK = 1 << 16


class LanguageMiddleware:
    """Korean unless the reader chose otherwise with the switch; the browser's own wish does not decide."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        known = dict(settings.LANGUAGES)
        with translation.override(chosen if chosen in known else settings.LANGUAGE_CODE):
            request.LANGUAGE_CODE = translation.get_language()
            response = self.answer(request)
        response.headers.setdefault("Content-Language", request.LANGUAGE_CODE)
        return response


class BodyLimitMiddleware:
    """Refuse a body that is larger than its view takes, before any of it is parsed or kept."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        limit = most_bytes_of(view)
        if _length_of(request) <= limit:
            return None
        _drain(request, limit)
        trouble = BadInput("upload.request_too_large", status=413, limit_mb=limit >> 20)
        return failures.refused(request, [trouble.reason], status=trouble.status)


class RefusalMiddleware:
    """Turn what a service refuses into a page that says why, once, for every view."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, trouble: Exception) -> HttpResponse | None:
        if isinstance(trouble, Blocked):
            return failures.refused(request, trouble.reasons, status=409)
        if isinstance(trouble, BadInput):
            return failures.refused(request, [trouble.reason], status=trouble.status)
        if isinstance(trouble, LostRace | IllegalMove):
            return failures.refused(request, [failures.SOMEBODY_WAS_FIRST], status=409)
        return None


def _length_of(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _drain(request: HttpRequest, limit: int) -> None:
    """Read on for as long again: a browser shows the answer only when it could send what it had begun to send."""
    left = 2 * limit
    while left > 0 and (chunk := request.read(CHUNK)):
        left -= len(chunk)
