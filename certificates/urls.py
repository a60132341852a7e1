from django.urls import path

from certificates import views

app_name = "certificates"
urlpatterns = [
    path("reports/<uuid:uid>/certificate", views.of_report, name="of_report"),
    path("reports/<uuid:uid>/certificate/prepare", views.prepare, name="prepare"),
    path("certificates/", views.register, name="list"),
    path("certificates/<uuid:uid>/", views.detail, name="detail"),
    path("certificates/<uuid:uid>/live", views.live, name="live"),
    path("certificates/<uuid:uid>/authorize", views.authorize, name="authorize"),
    path("certificates/<uuid:uid>/void", views.void, name="void"),
    path("certificates/<uuid:uid>/preview.pdf", views.preview, name="preview"),
    path("certificates/<uuid:uid>/document.pdf", views.document, name="document"),
    path("certificates/<uuid:uid>/content.json", views.content, name="content"),
]
