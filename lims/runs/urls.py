from django.urls import path

from lims.runs import views

app_name = "runs"
urlpatterns = [
    path("plan-lines/<uuid:uid>/", views.line, name="line"),
    path("plan-lines/<uuid:uid>/live", views.line_live, name="line_live"),
    path("plan-lines/<uuid:uid>/start", views.start, name="start"),
    path("runs/", views.runs, name="list"),
    path("runs/<uuid:uid>/", views.detail, name="detail"),
    path("runs/<uuid:uid>/live", views.live, name="live"),
    path("runs/<uuid:uid>/stop", views.stop, name="stop"),
    path("runs/<uuid:uid>/requeue", views.requeue, name="requeue"),
    path("runs/<uuid:uid>/decide", views.decide, name="decide"),
    path("runs/<uuid:uid>/rerun", views.rerun, name="rerun"),
    path("raw-files/<uuid:uid>/", views.raw_file, name="raw_file"),
    path("raw-files/<uuid:uid>/load.json", views.load_json, name="load_json"),
    path("raw-files/<uuid:uid>/load.csv", views.load_csv, name="load_csv"),
]
