"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("consulting", "0002_initial")]

    operations = [
        keep("consulting_engagement"),
        freeze("consulting_engagement", ["centre_id", "product_id", "consultant_id", "valid_from"]),
    ]
