"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("reports", "0001_initial")]

    operations = [
        keep("reports_testreport"),
        freeze("reports_testreport", ["plan_id", "drafted_by_id", "drafted_at", "deviations", "opinions"]),
        freeze(
            "reports_testreport",
            ["reviewed_by_id", "reviewed_at", "answers"],
            when="OLD.state <> 'draft'",
            name="reviewed",
        ),
        freeze(  # back to a draft nothing would be frozen
            "reports_testreport",
            ["state"],
            when="OLD.state <> 'draft' AND NEW.state = 'draft'",
            name="onward",
        ),
        freeze(
            "reports_testreport",
            ["authorized_by_id", "authorized_at"],
            when="OLD.authorized_by_id IS NOT NULL",
            name="authorized",
        ),
    ]
