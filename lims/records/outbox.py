"""Work that waits in rows: the row is the outbox, a broker message only rings a bell.

A free worker claims the oldest eligible row by a conditional update. A lost, doubled or late bell is harmless.
Times are the database's, because the clocks of two machines differ.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any, Self
from uuid import UUID

import structlog
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

log = structlog.get_logger(__name__)

LEASE = timedelta(seconds=10)
BEAT_S = 2.0
MOST_ATTEMPTS = 3


class LeasedQuerySet(models.QuerySet[Any]):
    """Rows that workers may hold. `waiting` and `held` are the model's words for the two states."""

    def eligible(self) -> Self:
        return self.filter(state__in=self.model.ELIGIBLE)

    def lost(self) -> Self:
        """Rows whose holder has not been heard of within the lease."""
        return self.filter(state__in=self.model.HELD.values(), lease_until__lt=Now())

    def waiting(self) -> dict[str, int]:
        """Queue -> number of rows that wait in it."""
        return dict(self.eligible().order_by().values_list("queue").annotate(count=models.Count("pk")))

    def reap(self, give_up: Callable[[Any], None]) -> int:
        """Give up every row whose holder is lost, each in a transaction of its own; the common case costs one query.

        One that cannot be given up keeps no other waiting.
        """
        return sum(self._reap_one(pk, give_up) for pk in list(self.lost().values_list("pk", flat=True)))

    def _reap_one(self, pk: int, give_up: Callable[[Any], None]) -> int:
        try:
            with transaction.atomic():
                row = self.lost().select_for_update(skip_locked=True).filter(pk=pk).first()
                if row is None:
                    return 0  # somebody else was quicker, or its holder is back
                give_up(row)
                return 1
        except Exception as trouble:
            log.error("row.not_reaped", model=self.model._meta.label, row=pk, trouble=repr(trouble))
            return 0

    def claim_oldest(self, queue: str, owner: UUID) -> Any | None:
        """Take the oldest eligible row of a queue, once, or the row this owner already holds.

        The owner token makes a repeated call after a lost commit answer find its own claim again.
        """
        with transaction.atomic():
            if mine := self.filter(owner=owner, state__in=self.model.HELD.values()).first():
                return mine
            row = (
                self.eligible()
                .filter(queue=queue)
                .order_by("queued_at", "pk")
                .select_for_update(skip_locked=True)
            )
            if not (found := row.first()):
                return None
            taken = self.filter(pk=found.pk, state=found.state).update(
                state=self.model.HELD[found.state],
                owner=owner,
                lease_until=Now() + LEASE,
                attempts=models.F("attempts") + 1,
            )
            if not taken:
                return None
            found.refresh_from_db()  # it still knows what it was before, for the event
            found.claimed()
            return found


class Leased(models.Model):
    """A row that a worker holds by a lease while it works on it.

    `ELIGIBLE` are the states that wait for a worker, `HELD` maps each of them to the state while one works.
    """

    ELIGIBLE: tuple[str, ...] = ()
    HELD: dict[str, str] = {}

    queue = models.CharField(_("queue"), max_length=60, blank=True)
    queued_at = models.DateTimeField(_("queued at"), null=True, blank=True)
    owner = models.UUIDField(null=True, blank=True, editable=False)
    lease_until = models.DateTimeField(null=True, blank=True, editable=False)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)

    class Meta:
        abstract = True

    def claimed(self) -> None:
        """What else is written in the claim's transaction."""

    def beat(self) -> bool:
        """Hold the lease for another while; False when it is no longer ours."""
        return bool(self.held_by_us().update(lease_until=Now() + LEASE))

    def held_by_us(self) -> models.QuerySet[Any]:
        """The fence: this row, still this owner, and the lease has not run out."""
        rows: models.Manager[Any] = type(self)._default_manager  # the field `state` is the subclass's
        held = rows.filter(pk=self.pk, owner=self.owner, attempts=self.attempts)
        return held.filter(state__in=self.HELD.values(), lease_until__gt=Now())
