from django.contrib import admin

from lims.records.admin import ReadOnlyAdmin
from lims.runs.models import Attempt, RawFile, TestRun


@admin.register(TestRun)
class TestRunAdmin(ReadOnlyAdmin):
    list_display = ("plan_line", "repeat_no", "state", "purpose", "queued_at", "ended_at")
    list_filter = ("state", "purpose", "centre")


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin):
    list_display = ("run", "number", "state", "started_at", "ended_at", "sandbox")
    list_filter = ("state",)


@admin.register(RawFile)
class RawFileAdmin(ReadOnlyAdmin):
    list_display = ("attempt", "name", "sha256", "size_bytes")
