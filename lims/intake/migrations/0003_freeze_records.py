"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("intake", "0002_initial")]

    operations = [
        keep("intake_testrequest"),
        freeze(
            "intake_testrequest",
            [
                "centre_id",
                "customer_id",
                "product_id",
                "product_version",
                "purpose",
                "wants_accredited",
                "number",
            ],
        ),
        keep("intake_requesteditem"),
        freeze(
            "intake_requesteditem", ["request_id", "measure_id", "edition", "comparator", "limit", "unit"]
        ),
        keep("intake_contractreview"),
        freeze("intake_contractreview", ["request_id", "answers", "passed", "reviewed_by_id", "reviewed_at"]),
        keep("intake_contract"),
        freeze(
            "intake_contract",
            ["request_id", "review_id", "decision_rule", "place", "offered_by_id", "offered_at"],
        ),
        freeze(
            "intake_contract",
            ["state", "agreed_by_id", "agreed_at"],
            when="OLD.state = 'agreed'",
            name="agreed",
        ),
        keep("intake_agreeditem"),
        freeze("intake_agreeditem", ["contract_id", "measure_id", "edition", "comparator", "limit", "unit"]),
    ]
