"""The report: drafted from frozen results, reviewed and authorized. Source: ISO/IEC 17025:2017, 7.8.1."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import User
from lims.plans.models import TestPlan
from lims.records.models import Moving, Record


class TestReport(Moving, Record):
    """Reviewed content, before it has a number. A returned draft stays; the next one is a new row."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        REVIEWED = "reviewed", _("Reviewed")
        RETURNED = "returned", _("Returned")
        AUTHORIZED = "authorized", _("Authorized")

    QUESTIONS = {
        "items": _("Every agreed item is reported, with the agreed method and criterion"),
        "evidence": _("Every figure was followed to its raw data"),
        "calculation": _("Units, counts, repeats and uncertainty are right"),
        "wording": _("Statements are clear, without ambiguity, and within the scope"),
    }
    MOVES = {
        State.DRAFT: {State.REVIEWED, State.RETURNED},
        State.REVIEWED: {State.AUTHORIZED, State.RETURNED},
        State.AUTHORIZED: {State.RETURNED},  # only when its number was voided before issue
    }
    FROZEN = ("plan_id", "drafted_by_id", "drafted_at", "deviations", "opinions")

    plan = models.ForeignKey(TestPlan, models.PROTECT, related_name="reports")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    deviations = models.TextField(_("deviations from the method"), blank=True)
    opinions = models.TextField(_("opinions and interpretations"), blank=True)
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("drafted at"))
    answers = models.JSONField(_("review checklist"), default=dict)
    reviewed_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    reviewed_at = models.DateTimeField(_("reviewed at"), null=True)
    authorized_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    authorized_at = models.DateTimeField(_("authorized at"), null=True)
    return_reason = models.TextField(_("why it was returned"), blank=True)

    class Meta:
        verbose_name = _("test report")
        ordering = ["drafted_at"]

    def __str__(self) -> str:
        return f"{self.plan} {self.state}"
