"""Opening courses and enrolling."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from lims.organization.models import Centre, User
from lims.records.chain import record
from lims.records.services import require, step_of
from training import guards
from training.models import Course, Enrolment


def open_course(
    *, centre: Centre, title: str, starts_on: date, ends_on: date, places: int, by: User
) -> Course:
    """Announce a course. Raises: Blocked."""
    require(guards.against_opening(by, centre, starts_on, ends_on), step="open_course", row=centre, by=by)
    with transaction.atomic():
        course = Course.objects.create(
            centre=centre, title=title, starts_on=starts_on, ends_on=ends_on, places=places
        )
        record("course.opened", course, chain=centre.code, by=by)
    return course


def enrol(*, course: Course, by: User) -> Enrolment:
    """Take a place in a course for oneself. Raises: Blocked."""
    require(guards.against_enrolling(course, by), step="enrol", row=course, by=by)
    with step_of("enrol", row=course, by=by) as ask:  # two people, one place left
        ask(guards.against_enrolling(course, by))
        enrolment = Enrolment.objects.create(course=course, person=by, enrolled_at=timezone.now())
        record("course.enrolled", enrolment, chain=course.centre.code, by=by)
    return enrolment
