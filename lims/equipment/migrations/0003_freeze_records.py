"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("equipment", "0002_initial")]

    operations = [
        keep("equipment_moduleproof"),
        freeze(
            "equipment_moduleproof",
            [
                "module_id",
                "module_version",
                "module_digest",
                "engine_versions",
                "record_sha256",
                "state",
                "ended_at",
            ],
            when="OLD.ended_at IS NOT NULL",
        ),
        keep("equipment_moduleadoption"),
        freeze("equipment_moduleadoption", ["centre_id", "proof_id", "adopted_by_id", "adopted_at"]),
    ]
