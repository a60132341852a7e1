"""Courses, and taking a place in one."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from lims.organization.permissions import centres_of
from lims.organization.queries import Role, roles_held
from lims.organization.signed_in import SignedInRequest
from lims.records.screens import form_page
from training import guards, services
from training.forms import CourseForm
from training.models import Course
from training.permissions import visible_courses, visible_enrolments


@require_safe
def courses(request: SignedInRequest) -> HttpResponse:
    held = roles_held(request.user, Role.INSTRUCTOR, Role.QUALITY_MANAGER, on=timezone.localdate())
    rows = visible_courses(request.user).select_related("centre").annotate(taken=Count("enrolments"))
    mine = visible_enrolments(request.user).filter(person=request.user)
    context = {
        "courses": rows,
        "mine": set(mine.values_list("course_id", flat=True)),
        "may_open": held.exists(),
    }
    return render(request, "training/course_list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def course_new(request: SignedInRequest) -> HttpResponse:
    if not centres_of(request.user).exists():
        raise Http404  # only centres hold courses

    def step(cleaned: dict[str, Any]) -> str:
        made = services.open_course(by=request.user, **cleaned)
        return reverse("training:course", kwargs={"uid": made.uid})

    return form_page(
        request,
        CourseForm(request.POST if request.method == "POST" else None, by=request.user),
        step,
        done=_("The course is announced."),
        title=_("Announce a course"),
        submit=_("Announce the course"),
        back=reverse("training:courses"),
    )


@require_safe
def course(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _course(request, uid)
    is_staff = centres_of(request.user).contains(found.centre)
    enrolments = visible_enrolments(request.user).filter(course=found).select_related("person")
    context = {
        "course": found,
        "enrolments": enrolments.order_by("enrolled_at") if is_staff else [],
        "taken": found.enrolments.count(),
        "is_staff": is_staff,
        "against_enrolling": guards.against_enrolling(found, request.user),
    }
    return render(request, "training/course_detail.html", context)


@require_POST
def enrol(request: SignedInRequest, uid: UUID) -> HttpResponse:
    services.enrol(course=_course(request, uid), by=request.user)
    messages.success(request, _("You are enrolled."))
    return redirect("training:course", uid=uid)


def _course(request: SignedInRequest, uid: UUID) -> Course:
    return get_object_or_404(visible_courses(request.user).select_related("centre"), uid=uid)
