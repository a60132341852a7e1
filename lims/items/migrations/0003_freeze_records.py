"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("items", "0002_initial")]

    operations = [
        keep("items_testitem"),
        freeze(
            "items_testitem",
            ["request_id", "number", "version", "digest", "condition", "received_by_id", "received_at"],
        ),
        keep("items_itemfile"),
        freeze("items_itemfile", ["item_id", "name", "sha256", "size_bytes", "kind"]),
    ]
