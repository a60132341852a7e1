"""Database triggers that hold frozen fields where `update()` and `bulk_update()` pass `save` by.

Each app's migration calls `freeze` with literal names, so that a released migration never changes with the code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db.migrations.operations.base import Operation


def keep(table: str, identity: str = "uid") -> Triggers:
    """Refuse any deletion in `table`, and any change of the name under which the audit chain knows its rows."""
    names = ["kept", "whole", *(["same"] if identity else [])]
    return Triggers(table, names, lambda vendor: _keeping(vendor, table, identity))


def freeze(table: str, columns: Sequence[str], when: str = "", name: str = "frozen") -> Triggers:
    """Refuse any change of `columns`.

    `when` is SQL over OLD and NEW (for example "OLD.state <> 'draft'"): until it holds, the columns may change. What
    it reads is frozen too, else the way back is open. A table that freezes in two steps has two calls with two names.
    """
    return Triggers(table, [name], lambda vendor: [_freezing(vendor, table, columns, when, name)])


class Triggers(Operation):
    """Make and drop the triggers of a table. Needs no models, unlike RunPython, which would draw them up each time."""

    reversible = True

    def __init__(self, table: str, names: Sequence[str], made: Callable[[str], list[str]]) -> None:
        self.table, self.names, self.made = table, names, made

    def state_forwards(self, app_label: str, state: Any) -> None:
        """The models stay as they are."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        vendor = schema_editor.connection.vendor
        if vendor == "postgresql":
            schema_editor.execute(_FUNCTION, params=None)
        for statement in self.made(vendor):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        on_table = "" if schema_editor.connection.vendor == "sqlite" else f" ON {self.table}"
        for name in self.names:
            schema_editor.execute(f"DROP TRIGGER IF EXISTS {self.table}_{name}{on_table}", params=None)

    def describe(self) -> str:
        return f"Hold the records of {self.table}"


def _keeping(vendor: str, table: str, identity: str) -> list[str]:
    said = f"{table}: a record is never deleted"
    same = [_freezing(vendor, table, [identity], "", "same")] if identity else []
    if vendor == "sqlite":
        return [
            f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table} BEGIN SELECT RAISE(ABORT, '{said}'); END",
            *same,
        ]
    return [
        f"CREATE TRIGGER {table}_kept BEFORE DELETE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION siheom_refuse('{said}')",
        f"CREATE TRIGGER {table}_whole BEFORE TRUNCATE ON {table}"
        f" FOR EACH STATEMENT EXECUTE FUNCTION siheom_refuse('{said}')",
        *same,
    ]


def _freezing(vendor: str, table: str, columns: Sequence[str], when: str, name: str) -> str:
    differ = "IS NOT" if vendor == "sqlite" else "IS DISTINCT FROM"
    quoted = [f'"{column}"' for column in columns]  # "limit" and "values" are words of SQL
    changed = " OR ".join(f"OLD.{column} {differ} NEW.{column}" for column in quoted)
    condition = f"({changed}) AND ({when})" if when else f"({changed})"
    said = f"{table}: a frozen field of a record"
    begun = f"CREATE TRIGGER {table}_{name} BEFORE UPDATE ON {table}"
    if vendor == "sqlite":
        return f"{begun} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{said}'); END"
    return f"{begun} FOR EACH ROW WHEN ({condition}) EXECUTE FUNCTION siheom_refuse('{said}')"


_FUNCTION = """
CREATE OR REPLACE FUNCTION siheom_refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0] USING ERRCODE = 'integrity_constraint_violation'; END $$
"""
