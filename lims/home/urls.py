from django.urls import path

from lims.home import views

app_name = "home"
urlpatterns = [
    path("", views.worklist, name="worklist"),
    path("requests/", views.requests, name="requests"),
    path("requests/<uuid:uid>/", views.request, name="request"),
    path("history/<slug:kind>/<uuid:uid>/", views.timeline, name="timeline"),
    path("language/", views.language, name="language"),
    path("health/", views.health, name="health"),
]
