"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("certificates", "0001_initial")]

    operations = [
        keep("certificates_certificate"),
        freeze(
            "certificates_certificate",
            ["number", "report_id", "centre_id", "kind", "snapshot_sha256", "verify_code", "numbered_at"],
        ),
        freeze(
            "certificates_certificate",
            ["state", "sha256", "unsigned_sha256", "issued_at", "authorized_by_id"],
            when="OLD.state IN ('issued', 'void')",
            name="issued",
        ),
        keep("certificates_sealcredential"),
        freeze(
            "certificates_sealcredential",
            ["centre_id", "fingerprint", "certificate", "chain", "is_development", "first_used_at"],
        ),
    ]
