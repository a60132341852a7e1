"""Test modules as the laboratory's tools: proven on reference items, then adopted by a centre."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, User
from lims.records.chain import record
from lims.records.models import Moving, Record
from lims.records.outbox import Leased, LeasedQuerySet


class ModuleProof(Moving, Leased, Record):
    """One trial of a test module on its reference items: does it judge right what is known to be right or wrong?

    Holds for exactly this bundle digest and these engine versions; frozen when it ends.
    Source: ISO/IEC 17025:2017, 7.2.2 and 6.4.13; ISO/IEC 14598-6.
    """

    class State(models.TextChoices):
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")
        PASSED = "passed", _("Judged right")
        FAILED = "failed", _("Judged wrong")
        BROKEN = "broken", _("Tool failed")

    MOVES = {
        State.QUEUED: {State.RUNNING},
        State.RUNNING: {State.QUEUED, State.PASSED, State.FAILED, State.BROKEN},
    }
    ELIGIBLE = (State.QUEUED,)
    HELD = {State.QUEUED: State.RUNNING}
    UNAUDITED = frozenset({"lease_until", "owner", "progress"})
    FROZEN = (
        "module_id",
        "module_version",
        "module_digest",
        "engine_versions",
        "record_sha256",
        "state",
        "ended_at",
    )
    FROZEN_WHEN = "OLD.ended_at IS NOT NULL"

    module_id = models.CharField(_("test module"), max_length=40)
    module_version = models.CharField(_("version"), max_length=20)
    module_digest = models.CharField(_("digest"), max_length=64)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.QUEUED)
    engine_versions = models.JSONField(_("engine versions"), default=dict)
    record_sha256 = models.CharField(_("proof record"), max_length=64, blank=True)  # in the content store
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(_("ended at"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    progress = models.CharField(max_length=200, blank=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("module proof")

    def __str__(self) -> str:
        return f"{self.module_id} {self.module_version} {self.state}"

    def claimed(self) -> None:
        record("proof.started", self)


class ModuleAdoption(Record):
    """A centre's decision to use a proven module. Source: ISO/IEC 17025:2017, 7.2.1.5."""

    FROZEN = ("centre_id", "proof_id", "adopted_by_id", "adopted_at")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="adoptions")
    proof = models.ForeignKey(ModuleProof, models.PROTECT, related_name="adoptions")
    adopted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    adopted_at = models.DateTimeField(_("adopted at"))

    class Meta:
        verbose_name = _("module adoption")
        constraints = [models.UniqueConstraint(fields=["centre", "proof"], name="one_adoption_a_centre")]

    def __str__(self) -> str:
        return f"{self.centre.code} {self.proof}"
