from django.contrib import admin

from lims.records.admin import ReadOnlyAdmin
from training.models import Course, Enrolment


@admin.register(Course)
class CourseAdmin(ReadOnlyAdmin):
    list_display = ("title", "centre", "starts_on", "ends_on", "places")


@admin.register(Enrolment)
class EnrolmentAdmin(ReadOnlyAdmin):
    list_display = ("course", "person", "enrolled_at")
