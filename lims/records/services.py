"""Asking whether a step may happen, and keeping the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.db import transaction

from lims.errors import Blocked, Reason
from lims.records.chain import Person
from lims.records.models import Record, Refusal


def require(
    reasons: Sequence[Reason], *, step: str, row: Record | None = None, by: Person | None = None
) -> None:
    """Let a step go on only when nothing speaks against it; a refusal is stored with every reason.

    Called before the step's own transaction, so that the refusal stays when nothing else happens.
    Raises: Blocked with every unmet condition.
    """
    if reasons:
        _keep_refusal(reasons, step, row, by)
        raise Blocked(step, reasons)


@contextmanager
def step_of(
    name: str, *, row: Record, by: Person | None = None
) -> Iterator[Callable[[Sequence[Reason]], None]]:
    """One step in one transaction: its row is locked and read anew, for it may have changed since it was shown.

    Hands out the question to ask: `ask(reasons)` ends the step when there is any. What the step did is undone then,
    and the refusal is stored after it, where no rollback takes it along.
    Raises: Blocked with every unmet condition.
    """

    def ask(reasons: Sequence[Reason]) -> None:
        if reasons:
            raise Blocked(name, reasons)

    try:
        with transaction.atomic():
            hold(row)
            yield ask
    except Blocked as refusal:
        _keep_refusal(refusal.reasons, name, row, by)
        raise


def hold(row: Record) -> None:
    """Lock a row until the transaction ends, and take its present values over into the given one."""
    row.refresh_from_db(from_queryset=type(row)._default_manager.select_for_update())
    row.remember()


def _keep_refusal(reasons: Sequence[Reason], step: str, row: Record | None, by: Person | None) -> None:
    Refusal.objects.create(
        step=step,
        model=row._meta.label if row else "",
        row_uid=row.uid if row else None,
        by_uid=by.uid if by else None,
        reasons=[reason.as_json() for reason in reasons],
    )
