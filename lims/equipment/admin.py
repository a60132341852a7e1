from django.contrib import admin

from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.records.admin import ReadOnlyAdmin


@admin.register(ModuleProof)
class ModuleProofAdmin(ReadOnlyAdmin):
    list_display = ("module_id", "module_version", "state", "queued_at", "ended_at", "asked_by")
    list_filter = ("module_id", "state")


@admin.register(ModuleAdoption)
class ModuleAdoptionAdmin(ReadOnlyAdmin):
    list_display = ("centre", "proof", "adopted_by", "adopted_at")
    list_filter = ("centre",)
