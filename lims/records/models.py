"""The laboratory's memory: what happened, what was refused, which numbers were given out."""

from __future__ import annotations

from copy import deepcopy
from typing import Any, Self
from uuid import uuid4

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.errors import IllegalMove, LostRace


class Record(models.Model):
    """A row the laboratory must be able to show unchanged for years. Source: ISO/IEC 17025:2017, 7.5 and 8.4.

    Never deleted; corrected by a new row. `FROZEN` fields are held by a database trigger (`records.triggers`),
    `PERSONAL` fields enter the audit chain as salted hashes only, `UNAUDITED` ones (heartbeats) not at all.
    """

    FROZEN: tuple[str, ...] = ()
    FROZEN_WHEN: str = ""  # SQL over OLD; empty: frozen from the start
    PERSONAL: frozenset[str] = frozenset()
    UNAUDITED: frozenset[str] = frozenset()

    uid = models.UUIDField(_("identifier"), default=uuid4, unique=True, editable=False)

    class Meta:
        abstract = True

    @classmethod
    def from_db(cls, db: str | None, field_names: Any, values: Any, **more: Any) -> Self:
        row = super().from_db(db, field_names, values, **more)
        row._before = {
            name: deepcopy(value) for name, value in row.__dict__.items() if not name.startswith("_")
        }
        return row

    def refresh_from_db(self, using: Any = None, fields: Any = None, from_queryset: Any = None) -> None:
        """A field that is read only now was the same before; what was known before stays known."""
        deferred = self.get_deferred_fields()
        super().refresh_from_db(using, fields, from_queryset)
        if (before := self.values_before()) is not None:
            before.update((name, deepcopy(self.__dict__[name])) for name in deferred if name in self.__dict__)

    def values_before(self) -> dict[str, Any] | None:
        """Field values as they were when the row was read, or None for a new row."""
        before: dict[str, Any] | None = getattr(self, "_before", None)
        return before

    def values_now(self) -> dict[str, Any]:
        return {field.attname: getattr(self, field.attname) for field in self._meta.concrete_fields}

    def remember(self) -> None:
        """Take the present values as the ones before the next event."""
        self._before = {name: deepcopy(value) for name, value in self.values_now().items()}

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        raise TypeError(f"{self._meta.label} is a record: it is corrected by a new row, never deleted")


class Moving(models.Model):
    """A row with a state that only `move` writes."""

    MOVES: dict[str, set[str]] = {}

    class Meta:
        abstract = True

    def move(self, to: str, **stamps: Any) -> None:
        """Change state once, even when two processes try at the same moment.

        Raises: IllegalMove (not in MOVES), LostRace (someone moved it first).
        """
        state: str = self.state  # type: ignore[attr-defined]
        if to not in self.MOVES.get(state, set()):
            raise IllegalMove(f"{self._meta.label} {self.pk}: {state} to {to}")
        rows: models.Manager[Any] = type(self)._default_manager  # the field `state` is the subclass's
        if not rows.filter(pk=self.pk, state=state).update(state=to, **stamps):
            raise LostRace(f"{self._meta.label} {self.pk}: no longer {state}")
        for name, value in {"state": to, **stamps}.items():
            setattr(self, name, value)


class AuditEvent(models.Model):
    """One thing that happened, in its centre's chain. Written once; a trigger refuses change and deletion.

    `hash` covers every other column and the hash before. Source: ISO/IEC 17025:2017, 7.5.2, 8.4.2.
    """

    chain = models.CharField(_("chain"), max_length=20)  # a centre's code, or "system"
    seq = models.PositiveBigIntegerField(_("number in the chain"))
    at = models.DateTimeField(_("at"))
    by_uid = models.UUIDField(_("by"), null=True)  # null: the program itself
    kind = models.CharField(_("event"), max_length=60)
    rows = models.JSONField(_("rows"))  # [{"model", "uid", "before", "after"}]
    why = models.TextField(_("reason"), blank=True)
    previous_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        verbose_name = _("audit event")
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="one_event_per_place")]
        ordering = ["chain", "seq"]

    def __str__(self) -> str:
        return f"{self.chain} {self.seq} {self.kind}"


class ChainHead(models.Model):
    """The last link of a chain: the row that writers of one centre queue up for."""

    chain = models.CharField(max_length=20, unique=True)
    seq = models.PositiveBigIntegerField(default=0)
    hash = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return f"{self.chain} {self.seq}"


class Refusal(models.Model):
    """A step that was asked for and not allowed, with every reason. Source: ISO/IEC 17025:2017, 7.1.1, 6.2.6."""

    step = models.CharField(_("step"), max_length=60)
    model = models.CharField(max_length=60, blank=True)
    row_uid = models.UUIDField(null=True)
    by_uid = models.UUIDField(null=True)
    at = models.DateTimeField(_("at"), auto_now_add=True)
    reasons = models.JSONField(_("reasons"))

    class Meta:
        verbose_name = _("refusal")
        ordering = ["-at"]

    def __str__(self) -> str:
        return f"{self.step} {self.at:%F %T}"


class Series(models.Model):
    """A row of numbers without gaps: one per centre, kind and year (Asia/Seoul)."""

    centre_code = models.CharField(max_length=20)
    kind = models.CharField(max_length=20)
    year = models.PositiveSmallIntegerField()
    value = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("number series")
        constraints = [models.UniqueConstraint(fields=["centre_code", "kind", "year"], name="one_series")]

    def __str__(self) -> str:
        return f"{self.centre_code}-{self.year}-{self.kind}-{self.value}"
