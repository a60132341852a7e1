"""Record tables forbid deletion in the database itself; a test that cleans up behind itself needs a way past that."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connections, transaction

SQLITE_TRIGGERS = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
POSTGRESQL_TABLES = "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE NOT tgisinternal"


@contextmanager
def without_triggers(using: str = "default") -> Iterator[None]:
    """What somebody with the database's own password could do: work on record tables as if they had no trigger."""
    put_back = _take_away(using)
    try:
        yield
    finally:
        _execute(using, put_back)


@contextmanager
def emptying_is_possible() -> Iterator[None]:
    """Let Django's clean-up behind a transactional test through; the triggers stand again afterwards."""
    from django.db.backends.base.operations import BaseDatabaseOperations

    refused = BaseDatabaseOperations.execute_sql_flush

    def flush(operations: Any, statements: list[str]) -> None:
        with without_triggers(operations.connection.alias):
            refused(operations, statements)

    BaseDatabaseOperations.execute_sql_flush = flush  # type: ignore[method-assign]
    try:
        yield
    finally:
        BaseDatabaseOperations.execute_sql_flush = refused  # type: ignore[method-assign]


def _take_away(using: str) -> list[str]:
    connection = connections[using]
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute(SQLITE_TRIGGERS)
            made = dict(cursor.fetchall())
            put_back = list(made.values())
            taken = [f"DROP TRIGGER {name}" for name in made]
        else:
            cursor.execute(POSTGRESQL_TABLES)
            tables = [table for (table,) in cursor.fetchall()]
            # checks that wait for the commit would forbid it, before as after
            settled = ["SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL DEFERRED"]
            put_back = [*settled, *(f"ALTER TABLE {table} ENABLE TRIGGER USER" for table in tables)]
            taken = [*settled, *(f"ALTER TABLE {table} DISABLE TRIGGER USER" for table in tables)]
    _execute(using, taken)
    return put_back


def _execute(using: str, statements: list[str]) -> None:
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
