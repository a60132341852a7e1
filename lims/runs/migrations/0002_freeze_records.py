"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        keep("runs_testrun"),
        freeze("runs_testrun", ["plan_line_id", "item_id", "centre_id", "repeat_no", "purpose", "reruns_id"]),
        freeze("runs_testrun", ["state", "ended_at"], when="OLD.state = 'ended'", name="ended"),
        keep("runs_attempt"),
        freeze(
            "runs_attempt",
            [
                "run_id",
                "number",
                "owner",
                "state",
                "started_at",
                "ended_at",
                "reason",
                "journal_head",
                "sandbox",
                "planned",
                "reported",
                "engine_versions",
                "environment",
            ],
            when="OLD.ended_at IS NOT NULL",
        ),
        keep("runs_rawfile"),
        freeze("runs_rawfile", ["attempt_id", "name", "sha256", "size_bytes"]),
    ]
