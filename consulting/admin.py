from django.contrib import admin

from consulting.models import Engagement
from lims.records.admin import ReadOnlyAdmin


@admin.register(Engagement)
class EngagementAdmin(ReadOnlyAdmin):
    list_display = ("product", "consultant", "centre", "valid_from", "valid_until")
