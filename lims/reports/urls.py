from django.urls import path

from lims.reports import views

app_name = "reports"
urlpatterns = [
    path("plans/<uuid:uid>/reports/", views.of_plan, name="of_plan"),
    path("reports/", views.reports, name="list"),
    path("reports/<uuid:uid>/", views.detail, name="detail"),
    path("reports/<uuid:uid>/review", views.review, name="review"),
    path("reports/<uuid:uid>/return", views.give_back, name="return"),
]
