"""The work list, requests on their way, what happened to a record, and the health of the installation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.utils.cache import add_never_cache_headers
from django.views.decorators.http import require_POST, require_safe
from django.views.i18n import set_language

from lims.home import health as parts
from lims.home import queries
from lims.home.panels import against_step, greeting_of, rows_of
from lims.home.progress import journey_of
from lims.home.timeline import record_shown, timeline_of
from lims.intake.permissions import visible_requests
from lims.organization.permissions import centres_of, customers_of
from lims.organization.signed_in import SignedInRequest

A_PAGE = 30


@require_safe
def worklist(request: SignedInRequest) -> HttpResponse:
    context = {
        "work": queries.work_of(request.user, visible_requests(request.user)),
        "proofs": queries.proofs_to_adopt(request.user),
        **greeting_of(request.user),
    }
    return render(request, "home/worklist.html", context)


@require_safe
def requests(request: SignedInRequest) -> HttpResponse:
    rows = queries.requests_with_all(visible_requests(request.user))
    page = Paginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "journeys": [journey_of(row) for row in page],
        "may_submit": customers_of(request.user).exists(),
    }
    return render(request, "home/request_list.html", context)


@require_safe
def request(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = get_object_or_404(queries.requests_with_all(visible_requests(request.user)), uid=uid)
    journey, posts = journey_of(found), queries.posts_of(request.user)
    is_staff = centres_of(request.user).contains(found.centre)
    mine = queries.mine(journey.next_steps, posts, found)
    context: dict[str, Any] = {
        "journey": journey,
        "row": found,
        "mine": [(step, against_step(step, found, request.user)) for step in mine],
        "others": [step for step in journey.next_steps if step not in mine],
        "is_staff": is_staff,
        **rows_of(found, request.user, is_staff=is_staff),
    }
    return render(request, "home/request_detail.html", context)


@require_safe
def timeline(request: SignedInRequest, kind: str, uid: UUID) -> HttpResponse:
    word, row = record_shown(kind, uid, request.user)
    context = {"word": word, "row": row, "happenings": timeline_of(row, request.user)}
    return render(request, "home/timeline.html", context)


@login_not_required
@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """The switch keeps the page."""
    return set_language(request)


@login_not_required
@require_safe
def health(request: HttpRequest) -> HttpResponse:
    found = parts.health()
    is_well = all(word == parts.OK for word in found.values())
    answer = {"status": parts.OK if is_well else parts.TROUBLE, "parts": found}
    response = JsonResponse(answer, status=200 if is_well else 503)
    add_never_cache_headers(response)
    return response
