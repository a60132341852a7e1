"""Every pair of states tried against a model's table of moves."""

from __future__ import annotations

from itertools import product
from typing import Any

from django.db import transaction

from lims.errors import IllegalMove


def pairs_against_the_table(row: Any) -> list[tuple[str, str]]:
    """The pairs where `move` and the model's MOVES disagree; each pair is tried on its own and taken back."""
    states = type(row).State.values
    return [pair for pair in product(states, states) if not _agrees(row, *pair)]


def _agrees(row: Any, before: str, after: str) -> bool:
    model = type(row)
    mark = transaction.savepoint()
    try:
        model.objects.filter(pk=row.pk).update(state=before)
        return _moves_as_told(model.objects.get(pk=row.pk), before, after)
    finally:
        transaction.savepoint_rollback(mark)


def _moves_as_told(row: Any, before: str, after: str) -> bool:
    model = type(row)
    is_allowed = after in model.MOVES.get(model.State(before), set())
    try:
        row.move(after)
    except IllegalMove:
        return not is_allowed and model.objects.get(pk=row.pk).state == before
    return is_allowed and model.objects.get(pk=row.pk).state == after
