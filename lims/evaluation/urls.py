from django.urls import path

from lims.evaluation import views

app_name = "evaluation"
urlpatterns = [
    path("plans/<uuid:uid>/results", views.results, name="plan"),
    path("plans/<uuid:uid>/judge", views.judge, name="judge"),
    path("plan-lines/<uuid:uid>/derive", views.derive, name="derive"),
    path("measurements/<uuid:uid>/", views.measurement, name="measurement"),
]
