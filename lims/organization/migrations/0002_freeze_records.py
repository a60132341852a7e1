"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("organization", "0001_initial")]

    operations = [
        keep("organization_user"),
        keep("organization_centre"),
        keep("organization_accreditationstate"),
        freeze("organization_accreditationstate", ["centre_id", "state", "valid_from"]),
        keep("organization_scoperow"),
        freeze("organization_scoperow", ["centre_id", "standard", "test_item", "place", "valid_from"]),
        keep("organization_appointment"),
        freeze("organization_appointment", ["person_id", "centre_id", "role", "valid_from"]),
        keep("organization_authorization"),
        freeze(
            "organization_authorization",
            ["person_id", "centre_id", "module_id", "step", "basis", "valid_from"],
        ),
        keep("organization_customer"),
        keep("organization_product"),
    ]
