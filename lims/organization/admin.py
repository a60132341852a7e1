from django.contrib import admin

from lims.organization.models import (
    AccreditationState,
    Appointment,
    Authorization,
    Centre,
    Customer,
    Product,
    ScopeRow,
    User,
)
from lims.records.admin import ReadOnlyAdmin


@admin.register(User)
class UserAdmin(ReadOnlyAdmin):
    list_display = ("username", "name", "is_active", "last_login")
    exclude = ("password",)


@admin.register(Appointment)
class AppointmentAdmin(ReadOnlyAdmin):
    list_display = ("person", "centre", "role", "valid_from", "valid_until")
    list_filter = ("centre", "role")


@admin.register(Authorization)
class AuthorizationAdmin(ReadOnlyAdmin):
    list_display = ("person", "centre", "module_id", "step", "valid_from", "valid_until")
    list_filter = ("centre", "step")


admin.site.register([Centre, AccreditationState, ScopeRow, Customer, Product], ReadOnlyAdmin)
