"""Database triggers that hold frozen fields where `update()` and `bulk_update()` pass `save` by.

Each app's migration calls `freeze` with literal names, so that a released migration never changes with the code.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import migrations


def keep(table: str, identity: str = "uid") -> migrations.RunPython:
    """Refuse any deletion in `table`, and any change of the name under which the audit chain knows its rows."""
    names = ["kept", "whole", *(["same"] if identity else [])]
    return _operation(table, names, lambda vendor: _keeping(vendor, table, identity))


def freeze(table: str, columns: Sequence[str], when: str = "", name: str = "frozen") -> migrations.RunPython:
    """Refuse any change of `columns`.

    `when` is SQL over OLD and NEW (for example "OLD.state <> 'draft'"): until it holds, the columns may change. What
    it reads is frozen too, else the way back is open. A table that freezes in two steps has two calls with two names.
    """
    return _operation(table, [name], lambda vendor: [_freezing(vendor, table, columns, when, name)])


def _operation(table: str, names: Sequence[str], made: Callable[[str], list[str]]) -> migrations.RunPython:
    def make(apps: Any, editor: Any) -> None:
        if editor.connection.vendor == "postgresql":
            editor.execute(_FUNCTION, params=None)
        for statement in made(editor.connection.vendor):
            editor.execute(statement, params=None)

    def drop(apps: Any, editor: Any) -> None:
        on_table = "" if editor.connection.vendor == "sqlite" else f" ON {table}"
        for name in names:
            editor.execute(f"DROP TRIGGER IF EXISTS {table}_{name}{on_table}", params=None)

    return migrations.RunPython(make, drop)


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
