"""Measures computed from raw data, and their judgement. Source: ISO/IEC 17025:2017, 7.6, 7.8.6, 7.11.6."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.intake.models import AgreedItem, DecisionRule
from lims.organization.models import User
from lims.plans.models import PlanLine
from lims.records.models import Record
from lims.runs.models import Attempt


class Measurement(Record):
    """One value with unit, n and uncertainty, with all it was computed from. Frozen when derived."""

    FROZEN = (
        "plan_line_id", "measure_id", "edition", "formula_version", "value", "unit", "n", "a", "b", "values",
        "standard_uncertainty", "coverage_factor", "degrees_of_freedom", "reason", "details", "derived_by_id",
    )  # fmt: skip

    plan_line = models.ForeignKey(PlanLine, models.PROTECT, related_name="measurements")
    measure_id = models.CharField(_("measure"), max_length=20)
    edition = models.CharField(_("standard and edition"), max_length=60)
    formula_version = models.CharField(_("formula version"), max_length=20)
    value = models.FloatField(_("value"), null=True)  # full precision; rounded once, in the report
    unit = models.CharField(_("unit"), max_length=20)
    n = models.PositiveIntegerField("n")
    a = models.FloatField("A", null=True)
    b = models.FloatField("B", null=True)
    values = models.JSONField(_("values"), default=list)
    standard_uncertainty = models.FloatField(_("standard uncertainty"), null=True)
    coverage_factor = models.FloatField("k", null=True)
    degrees_of_freedom = models.FloatField(_("degrees of freedom"), null=True)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    details = models.JSONField(_("details"), default=dict)
    derived_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    derived_at = models.DateTimeField(_("derived at"))

    class Meta:
        verbose_name = _("measurement")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["plan_line", "measure_id"], name="one_measurement_a_line_and_measure"
            )
        ]

    def __str__(self) -> str:
        return f"{self.measure_id} {self.value}"


class MeasurementSource(Record):
    """Which attempt's raw files a measurement was computed from."""

    FROZEN = ("measurement_id", "attempt_id")

    measurement = models.ForeignKey(Measurement, models.PROTECT, related_name="sources")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="measurements")

    class Meta:
        verbose_name = _("source of a measurement")

    def __str__(self) -> str:
        return f"{self.measurement} < {self.attempt}"


class Verdict(Record):
    """A measurement against its agreed criterion, by the agreed decision rule."""

    class Outcome(models.TextChoices):
        PASS = "pass", _("Pass")
        FAIL = "fail", _("Fail")
        INCONCLUSIVE = "inconclusive", _("Inconclusive")
        NOT_JUDGED = "not_judged", _("Not judged")  # no criterion was agreed, or there is no value

    FROZEN = ("measurement_id", "agreed_item_id", "outcome", "decision_rule", "reason", "judged_by_id")

    measurement = models.ForeignKey(Measurement, models.PROTECT, related_name="verdicts")
    agreed_item = models.ForeignKey(AgreedItem, models.PROTECT, related_name="verdicts")
    outcome = models.CharField(_("verdict"), max_length=12, choices=Outcome)
    decision_rule = models.CharField(_("decision rule"), max_length=10, choices=DecisionRule)
    reason = models.CharField(_("reason"), max_length=60, blank=True)
    judged_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    judged_at = models.DateTimeField(_("judged at"))

    class Meta:
        verbose_name = _("verdict")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["measurement", "agreed_item"], name="judged_once")]

    def __str__(self) -> str:
        return f"{self.measurement}: {self.outcome}"
