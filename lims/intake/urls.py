from django.urls import path

from lims.intake import views

app_name = "intake"
urlpatterns = [
    path("requests/new", views.request_new, name="request_new"),
    path("requests/<uuid:uid>/review", views.review, name="review"),
    path("requests/<uuid:uid>/contract", views.offer, name="offer"),
    path("contracts/<uuid:uid>/", views.contract, name="contract"),
    path("contracts/<uuid:uid>/agree", views.agree, name="agree"),
]
