from django.contrib import admin

from lims.evaluation.models import Measurement, MeasurementSource, Verdict
from lims.records.admin import ReadOnlyAdmin


@admin.register(Measurement)
class MeasurementAdmin(ReadOnlyAdmin):
    list_display = ("measure_id", "value", "unit", "n", "plan_line", "derived_by", "derived_at")
    list_filter = ("measure_id",)


@admin.register(MeasurementSource)
class MeasurementSourceAdmin(ReadOnlyAdmin):
    list_display = ("measurement", "attempt")


@admin.register(Verdict)
class VerdictAdmin(ReadOnlyAdmin):
    list_display = ("measurement", "outcome", "decision_rule", "judged_by", "judged_at")
    list_filter = ("outcome",)
