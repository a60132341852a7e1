from django.contrib import admin

from lims.items.models import ItemFile, TestItem
from lims.records.admin import ReadOnlyAdmin


@admin.register(TestItem)
class TestItemAdmin(ReadOnlyAdmin):
    list_display = ("number", "request", "version", "received_by", "received_at")


@admin.register(ItemFile)
class ItemFileAdmin(ReadOnlyAdmin):
    list_display = ("name", "item", "kind", "size_bytes", "sha256")
