from django.contrib import admin

from lims.records.admin import ReadOnlyAdmin
from lims.reports.models import TestReport


@admin.register(TestReport)
class TestReportAdmin(ReadOnlyAdmin):
    list_display = ("plan", "state", "drafted_by", "drafted_at", "reviewed_by", "authorized_by")
    list_filter = ("state",)
