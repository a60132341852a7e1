"""Courses and who takes them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, User
from lims.records.models import Record


class Course(Record):
    """A course a centre holds."""

    FROZEN = ("centre_id",)

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="courses", verbose_name=_("centre"))
    title = models.CharField(_("title"), max_length=120)
    starts_on = models.DateField(_("starts on"))
    ends_on = models.DateField(_("ends on"))
    places = models.PositiveSmallIntegerField(_("places"))

    class Meta:
        verbose_name = _("course")
        ordering = ["-starts_on"]

    def __str__(self) -> str:
        return self.title


class Enrolment(Record):
    """A person's place in a course."""

    FROZEN = ("course_id", "person_id", "enrolled_at")

    course = models.ForeignKey(Course, models.PROTECT, related_name="enrolments")
    person = models.ForeignKey(User, models.PROTECT, related_name="enrolments")
    enrolled_at = models.DateTimeField(_("enrolled at"))

    class Meta:
        verbose_name = _("enrolment")
        constraints = [models.UniqueConstraint(fields=["course", "person"], name="one_place_a_person")]

    def __str__(self) -> str:
        return f"{self.course} {self.person}"
