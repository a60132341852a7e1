from django.contrib import admin

from lims.intake.models import AgreedItem, Contract, ContractReview, RequestedItem, TestRequest
from lims.records.admin import ReadOnlyAdmin


@admin.register(TestRequest)
class TestRequestAdmin(ReadOnlyAdmin):
    list_display = ("number", "centre", "customer", "product", "submitted_at")
    list_filter = ("centre",)


@admin.register(ContractReview)
class ContractReviewAdmin(ReadOnlyAdmin):
    list_display = ("request", "passed", "reviewed_by", "reviewed_at")


@admin.register(Contract)
class ContractAdmin(ReadOnlyAdmin):
    list_display = ("request", "state", "decision_rule", "offered_at", "agreed_at")


admin.site.register([RequestedItem, AgreedItem], ReadOnlyAdmin)
