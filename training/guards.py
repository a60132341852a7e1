"""What speaks against opening a course and enrolling."""

from __future__ import annotations

from datetime import date

from django.utils import timezone

from lims.errors import Reason
from lims.organization.guards import against_role
from lims.organization.models import Centre, User
from lims.organization.queries import Role
from training.models import Course


def against_opening(by: User, centre: Centre, starts_on: date, ends_on: date) -> list[Reason]:
    reasons = against_role(by, centre, Role.INSTRUCTOR, Role.QUALITY_MANAGER)
    if ends_on < starts_on:
        reasons.append(Reason("course.ends_before_start"))
    return reasons


def against_enrolling(course: Course, by: User) -> list[Reason]:
    reasons = []
    if course.enrolments.filter(person=by).exists():
        reasons.append(Reason("course.already_enrolled"))
    if course.enrolments.count() >= course.places:
        reasons.append(Reason("course.full", {"places": course.places}))
    if course.ends_on < timezone.localdate():
        reasons.append(Reason("course.over"))
    return reasons
