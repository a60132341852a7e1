"""One row of any record model, laid without its services: only the table's own rules are asked."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.db import connection, models
from django.utils import timezone

# the state from which on everything the triggers name is frozen
FINAL = {
    "runs.TestRun": "ended",
    "runs.Attempt": "complete",
    "plans.TestPlan": "approved",
    "certificates.Certificate": "issued",
    "intake.Contract": "agreed",
    "reports.TestReport": "authorized",
    "equipment.ModuleProof": "passed",
}
FROZEN_COLUMN = re.compile(r'old\."?(\w+)"?\)?(?:::\w+)? IS (?:NOT(?! NULL)|DISTINCT FROM) ', re.IGNORECASE)
VALUES: tuple[tuple[type, Any], ...] = (
    (models.UUIDField, uuid4),
    (models.DateTimeField, timezone.now),
    (models.DateField, lambda: date(2026, 1, 1)),
    (models.BooleanField, lambda: False),
    (models.DecimalField, lambda: Decimal(1)),
    (models.FloatField, lambda: 1.5),
    (models.JSONField, lambda: {"a": 1}),
    (models.ForeignKey, lambda: 1),
    (models.IntegerField, lambda: 1),
)


def lay_row(model: Any) -> int:
    """Insert one row in its final state; whatever it points to need not be there before the transaction ends."""
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    row = model(**{field.attname: _value(model, field) for field in fields})
    row.save_base(raw=True, force_insert=True)
    return row.pk


def trigger_texts(table: str) -> dict[str, str]:
    """Name -> definition of the triggers that stand on a table."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s", [table]
            )
        else:
            cursor.execute(
                "SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger"
                " WHERE NOT tgisinternal AND tgrelid = %s::regclass",
                [table],
            )
        return dict(cursor.fetchall())


def frozen_columns(model: Any, *, onward: bool = False) -> set[str]:
    """The columns that a trigger of the table watches; `onward` ones refuse only the way back to a draft."""
    texts = trigger_texts(model._meta.db_table).items()
    watched = [text for name, text in texts if onward or not name.endswith("_onward")]
    return {name for text in watched for name in FROZEN_COLUMN.findall(text)}


def another(field: Any, value: Any) -> Any:
    """A different value that the column would take."""
    if isinstance(field, models.JSONField):
        return {"another": "value"}
    if isinstance(field, models.UUIDField):
        return uuid4()
    if isinstance(field, models.BooleanField):
        return not value
    if isinstance(field, models.DateField):
        return value.replace(year=2031)
    if isinstance(field, (models.IntegerField, models.DecimalField, models.FloatField, models.ForeignKey)):
        return value + 1
    return "y"


def _value(model: Any, field: Any) -> Any:
    if field.name == "state" and model._meta.label in FINAL:
        return FINAL[model._meta.label]
    return next((make() for kind, make in VALUES if isinstance(field, kind)), "x")
