from django.urls import path

from lims.equipment import views

app_name = "equipment"
urlpatterns = [
    path("modules/", views.modules, name="modules"),
    path("modules/<str:module_id>/prove", views.ask, name="ask"),
    path("proofs/<uuid:uid>/", views.proof, name="proof"),
    path("proofs/<uuid:uid>/live", views.live, name="live"),
    path("proofs/<uuid:uid>/adopt", views.adopt, name="adopt"),
    path("proofs/<uuid:uid>/record", views.record_file, name="record"),
]
