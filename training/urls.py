from django.urls import path

from training import views

app_name = "training"
urlpatterns = [
    path("training/", views.courses, name="courses"),
    path("training/new", views.course_new, name="course_new"),
    path("training/<uuid:uid>/", views.course, name="course"),
    path("training/<uuid:uid>/enrol", views.enrol, name="enrol"),
]
