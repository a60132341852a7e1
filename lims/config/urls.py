from django.contrib import admin
from django.urls import include, path

ROOMS = (
    "lims.home",
    "lims.organization",
    "lims.intake",
    "lims.items",
    "lims.equipment",
    "lims.plans",
    "lims.runs",
    "lims.evaluation",
    "lims.reports",
    "certificates",
    "consulting",
    "training",
)

urlpatterns = [
    path("accounts/", include("allauth.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("", include("certificates.public_urls")),
    *[path("", include(f"{room}.urls")) for room in ROOMS],
]

handler400 = "lims.home.failures.bad_request"
handler500 = "lims.home.failures.server_error"
