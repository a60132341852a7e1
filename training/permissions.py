"""Who sees courses: everybody with an account may enrol; who is enrolled is the centre's to know."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lims.organization.permissions import Viewer, centres_of
from training.models import Course, Enrolment


def visible_courses(person: Viewer) -> QuerySet[Course]:
    return Course.objects.all() if person.is_authenticated and person.is_active else Course.objects.none()


def visible_enrolments(person: Viewer) -> QuerySet[Enrolment]:
    if not person.is_authenticated or not person.is_active:
        return Enrolment.objects.none()
    return Enrolment.objects.filter(Q(person=person) | Q(course__centre__in=centres_of(person)))
