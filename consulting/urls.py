from django.urls import path

from consulting import views

app_name = "consulting"
urlpatterns = [
    path("consulting/", views.engagements, name="engagements"),
    path("consulting/new", views.engagement_new, name="engagement_new"),
]
