"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("evaluation", "0002_initial")]

    operations = [
        keep("evaluation_measurement"),
        freeze(
            "evaluation_measurement",
            [
                "plan_line_id",
                "measure_id",
                "edition",
                "formula_version",
                "value",
                "unit",
                "n",
                "a",
                "b",
                "values",
                "standard_uncertainty",
                "coverage_factor",
                "degrees_of_freedom",
                "reason",
                "details",
                "derived_by_id",
            ],
        ),
        keep("evaluation_measurementsource"),
        freeze("evaluation_measurementsource", ["measurement_id", "attempt_id"]),
        keep("evaluation_verdict"),
        freeze(
            "evaluation_verdict",
            ["measurement_id", "agreed_item_id", "outcome", "decision_rule", "reason", "judged_by_id"],
        ),
    ]
