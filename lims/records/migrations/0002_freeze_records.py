"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("records", "0001_initial")]

    operations = [
        keep("records_auditevent", identity=""),
        freeze(
            "records_auditevent",
            ["chain", "seq", "at", "by_uid", "kind", "rows", "why", "previous_hash", "hash"],
        ),
        keep("records_refusal", identity=""),
        freeze("records_refusal", ["step", "model", "row_uid", "by_uid", "at", "reasons"]),
    ]
