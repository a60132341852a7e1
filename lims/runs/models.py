"""Runs, their attempts and what each attempt left behind. Source: ISO/IEC 17025:2017, 7.5."""

from __future__ import annotations

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.items.models import TestItem
from lims.organization.models import Centre, User
from lims.plans.models import PlanLine
from lims.records.chain import record
from lims.records.models import Moving, Record
from lims.records.outbox import Leased, LeasedQuerySet


class TestRun(Moving, Leased, Record):
    """One execution of one test module version against one test item: one repeat of a plan line.

    A technical record: never edited once ended, never deleted; a rerun is a new row pointing here.
    """

    class State(models.TextChoices):
        PLANNED = "planned", _("Planned")
        QUEUED = "queued", _("Queued")
        RUNNING = "running", _("Running")  # an attempt holds the lease
        WAITING = "waiting", _("Waiting for a decision")  # interrupted, and the module says: ask
        ENDED = "ended", _("Ended")  # how it ended stands on its last attempt

    class Purpose(models.TextChoices):
        ACCREDITED = "accredited", _("Accredited")
        PLAIN = "plain", _("Plain")
        PRE_TEST = "pre_test", _("Pre-test")
        PRACTICE = "practice", _("Practice")

    MOVES = {
        State.PLANNED: {State.QUEUED},
        State.QUEUED: {State.RUNNING, State.PLANNED},
        State.RUNNING: {State.QUEUED, State.WAITING, State.ENDED},
        State.WAITING: {State.QUEUED, State.ENDED},
    }
    ELIGIBLE = (State.QUEUED,)
    HELD = {State.QUEUED: State.RUNNING}
    UNAUDITED = frozenset({"lease_until", "owner"})
    FROZEN = ("plan_line_id", "item_id", "centre_id", "repeat_no", "purpose", "reruns_id")

    plan_line = models.ForeignKey(PlanLine, models.PROTECT, related_name="runs")
    item = models.ForeignKey(TestItem, models.PROTECT, related_name="runs")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="runs")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.PLANNED)
    purpose = models.CharField(_("purpose"), max_length=10, choices=Purpose)
    repeat_no = models.PositiveSmallIntegerField(
        _("repeat"), default=1
    )  # of the planned ones a mean is taken over
    reruns = models.ForeignKey("self", models.PROTECT, null=True, related_name="rerun_by")
    queued_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    decided_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)  # of an interrupted one
    ended_at = models.DateTimeField(_("ended at"), null=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("test run")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.plan_line} {self.repeat_no}"

    def claimed(self) -> None:
        """The attempt is born in the claim's own transaction, so that a number of attempts is never lost."""
        assert self.owner is not None  # the claim has just written it
        attempt = Attempt.objects.create(
            run=self,
            number=self.attempts,
            owner=self.owner,
            state=Attempt.State.RUNNING,
            started_at=timezone.now(),
        )
        record("attempt.started", self, attempt, chain=self.centre.code)


class Attempt(Record):
    """One try of a run by one worker. Only a complete one may feed a measurement."""

    class State(models.TextChoices):
        RUNNING = "running", _("Running")
        COLLECTING = "collecting", _("Collecting")
        COMPLETE = "complete", _("Complete")
        STOPPED = "stopped", _("Stopped")
        TIMED_OUT = "timed_out", _("Timed out")
        INTERRUPTED = "interrupted", _("Interrupted")
        BROKEN = "broken", _("Tool failed")
        INVALID = "invalid", _("Invalid")

    OPEN = (State.RUNNING, State.COLLECTING)
    UNAUDITED = frozenset({"done", "planned", "log_tail"})
    FROZEN = (
        "run_id",
        "number",
        "owner",
        "state",
        "started_at",
        "ended_at",
        "reason",
        "journal_head",
        "sandbox",
        "planned",
        "reported",
        "engine_versions",
        "environment",
    )
    FROZEN_WHEN = "OLD.ended_at IS NOT NULL"

    run = models.ForeignKey(TestRun, models.PROTECT, related_name="tries")
    number = models.PositiveSmallIntegerField(_("attempt"))
    owner = models.UUIDField(editable=False)
    state = models.CharField(_("state"), max_length=12, choices=State, default=State.RUNNING)
    started_at = models.DateTimeField(_("started at"))
    ended_at = models.DateTimeField(_("ended at"), null=True)
    reason = models.TextField(_("reason"), blank=True)
    planned = models.PositiveIntegerField(_("planned"), default=0)
    done = models.PositiveIntegerField(_("done"), default=0)
    reported = models.PositiveIntegerField(_("reported"), default=0)
    log_tail = models.TextField(_("log"), blank=True)
    stop_asked_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    stop_asked_at = models.DateTimeField(_("stop asked at"), null=True)
    engine_versions = models.JSONField(_("engine versions"), default=dict)
    environment = models.JSONField(_("environment"), default=dict)
    sandbox = models.CharField(_("sandbox"), max_length=20, blank=True)
    journal_head = models.CharField(_("head of the journal"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("attempt")
        ordering = ["run", "number"]
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="one_attempt_a_number")]

    def __str__(self) -> str:
        return f"{self.run} / {self.number}"


class RawFile(Record):
    """One file an attempt left behind, as it came; its bytes lie in the content store."""

    FROZEN = ("attempt_id", "name", "sha256", "size_bytes")

    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="files")
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("size in bytes"))

    class Meta:
        verbose_name = _("raw file")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["attempt", "name"], name="a_raw_name_once")]

    def __str__(self) -> str:
        return self.name
