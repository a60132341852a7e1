"""Records in the administration pages: to be read, never changed there; every change is a step of a service."""

from __future__ import annotations

from typing import Any

from django.contrib import admin

from lims.records.models import AuditEvent, Refusal, Series


class ReadOnlyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """No adding, changing or deleting, whatever permissions somebody holds."""

    def has_add_permission(self, request: Any) -> bool:
        return False

    def has_change_permission(self, request: Any, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: Any, obj: Any = None) -> bool:
        return False


@admin.register(AuditEvent)
class AuditEventAdmin(ReadOnlyAdmin):
    list_display = ("chain", "seq", "at", "kind", "by_uid")
    list_filter = ("chain", "kind")


@admin.register(Refusal)
class RefusalAdmin(ReadOnlyAdmin):
    list_display = ("at", "step", "model", "row_uid", "by_uid")
    list_filter = ("step",)


@admin.register(Series)
class SeriesAdmin(ReadOnlyAdmin):
    list_display = ("centre_code", "kind", "year", "value")
