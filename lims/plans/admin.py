from django.contrib import admin

from lims.plans.models import Function, FunctionList, PlanLine, TestCase, TestPlan
from lims.records.admin import ReadOnlyAdmin


@admin.register(FunctionList)
class FunctionListAdmin(ReadOnlyAdmin):
    list_display = ("product", "number", "title_ko", "imported_at", "imported_by")


@admin.register(Function)
class FunctionAdmin(ReadOnlyAdmin):
    list_display = ("function_list", "code", "title_ko", "reference")


@admin.register(TestCase)
class TestCaseAdmin(ReadOnlyAdmin):
    list_display = ("function", "code", "title_ko")


@admin.register(TestPlan)
class TestPlanAdmin(ReadOnlyAdmin):
    list_display = ("item", "state", "drafted_by", "drafted_at", "approved_by", "approved_at")
    list_filter = ("state",)


@admin.register(PlanLine)
class PlanLineAdmin(ReadOnlyAdmin):
    list_display = ("plan", "module_id", "module_version", "repeats", "tester", "dropped_at")
    list_filter = ("module_id",)
