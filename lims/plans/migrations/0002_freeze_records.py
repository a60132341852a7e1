"""Hold frozen fields and forbid deletion in the database itself."""

from django.db import migrations

from lims.records.triggers import freeze, keep


class Migration(migrations.Migration):
    dependencies = [("plans", "0001_initial")]

    operations = [
        keep("plans_functionlist"),
        freeze(
            "plans_functionlist",
            ["centre_id", "product_id", "number", "source", "document", "sha256", "imported_by_id"],
        ),
        keep("plans_function"),
        freeze(
            "plans_function", ["function_list_id", "code", "title_ko", "title_en", "reference", "statement"]
        ),
        keep("plans_testcase"),
        freeze("plans_testcase", ["function_id", "code", "title_ko", "title_en", "steps"]),
        keep("plans_testplan"),
        freeze(
            "plans_testplan",
            [
                "contract_id",
                "item_id",
                "function_list_id",
                "deployment",
                "environment",
                "approved_by_id",
                "state",
            ],
            when="OLD.state <> 'draft'",
        ),
        keep("plans_planline"),
        freeze(
            "plans_planline",
            ["plan_id", "module_id", "module_version", "module_digest", "parameters", "repeats", "measures"],
        ),
        freeze(
            "plans_planline",
            ["tester_id", "dropped_at", "fixed_at"],
            when="OLD.fixed_at IS NOT NULL",
            name="fixed",
        ),
    ]
