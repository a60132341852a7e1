from django.urls import path

from lims.organization import views

app_name = "organization"
urlpatterns = [
    path("centres/", views.centres, name="centres"),
    path("centres/new", views.centre_new, name="centre_new"),
    path("centres/<uuid:uid>/", views.centre, name="centre"),
    path("centres/<uuid:uid>/accreditation/new", views.accreditation_new, name="accreditation_new"),
    path("centres/<uuid:uid>/scope/new", views.scope_new, name="scope_new"),
    path("centres/<uuid:uid>/appointments/new", views.appointment_new, name="appointment_new"),
    path("centres/<uuid:uid>/authorizations/new", views.authorization_new, name="authorization_new"),
    path("centres/<uuid:uid>/review-policy", views.review_policy, name="review_policy"),
    path("appointments/<uuid:uid>/end", views.appointment_end, name="appointment_end"),
    path("authorizations/<uuid:uid>/withdraw", views.authorization_withdraw, name="authorization_withdraw"),
    path("people/", views.people, name="people"),
    path("people/new", views.person_new, name="person_new"),
    path("customers/", views.customers, name="customers"),
    path("customers/new", views.customer_new, name="customer_new"),
    path("customers/<uuid:uid>/", views.customer, name="customer"),
    path("customers/<uuid:uid>/people/new", views.acting_new, name="acting_new"),
    path("customers/<uuid:uid>/people/<uuid:person>/end", views.acting_end, name="acting_end"),
    path("customers/<uuid:uid>/products/new", views.product_new, name="product_new"),
]
