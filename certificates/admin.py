from django.contrib import admin

from certificates.models import Certificate, SealCredential
from lims.records.admin import ReadOnlyAdmin


@admin.register(Certificate)
class CertificateAdmin(ReadOnlyAdmin):
    list_display = ("number", "kind", "centre", "state", "numbered_at", "issued_at")
    list_filter = ("state", "kind", "centre")


@admin.register(SealCredential)
class SealCredentialAdmin(ReadOnlyAdmin):
    list_display = ("centre", "fingerprint", "is_development", "first_used_at")
    list_filter = ("centre",)
