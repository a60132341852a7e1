from django.urls import path

from lims.plans import views

app_name = "plans"
urlpatterns = [
    path("function-lists/", views.function_lists, name="function_lists"),
    path("function-lists/new", views.function_list_new, name="function_list_new"),
    path("function-lists/<uuid:uid>/", views.function_list, name="function_list"),
    path("plans/", views.plans, name="list"),
    path("plans/new", views.new, name="new"),
    path("plans/<uuid:uid>/", views.detail, name="detail"),
    path("plans/<uuid:uid>/lines/new", views.line_new, name="line_new"),
    path("plans/<uuid:uid>/approve", views.approve, name="approve"),
    path("plan-lines/<uuid:uid>/drop", views.drop, name="drop"),
    path("plan-lines/<uuid:uid>/assign", views.assign, name="assign"),
]
