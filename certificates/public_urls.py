"""The page for everybody: no account, no session needed."""

from django.urls import path

from certificates import public_views

app_name = "verify"
urlpatterns = [
    path("verify/", public_views.check, name="check"),
    path("verify/<str:number>", public_views.check, name="number"),
]
