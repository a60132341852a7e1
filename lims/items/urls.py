from django.urls import path

from lims.items import views

app_name = "items"
urlpatterns = [
    path("requests/<uuid:uid>/items/new", views.receive, name="receive"),
    path("items/<uuid:uid>/", views.detail, name="detail"),
    path("item-files/<uuid:uid>/", views.file, name="file"),
]
