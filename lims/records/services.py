"""Asking whether a step may happen, and keeping the answer."""

from __future__ import annotations

from collections.abc import Sequence

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
    if not reasons:
        return
    Refusal.objects.create(
        step=step,
        model=row._meta.label if row else "",
        row_uid=row.uid if row else None,
        by_uid=by.uid if by else None,
        reasons=[reason.as_json() for reason in reasons],
    )
    raise Blocked(step, reasons)
