"""From a request to an agreed contract. Source: ISO/IEC 17025:2017, 7.1."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, Customer, Product, ScopeRow, User
from lims.records.models import Moving, Record


class Comparator(models.TextChoices):
    AT_LEAST = ">=", _("at least")
    AT_MOST = "<=", _("at most")


class DecisionRule(models.TextChoices):
    SIMPLE = "simple", _("Simple acceptance")
    GUARDED = "guarded", _("Guarded acceptance (guard band U)")


class TestRequest(Record):
    """What a customer asks for. Frozen when submitted; its state is derived from the rows after it, never stored."""

    FROZEN = (
        "centre_id",
        "customer_id",
        "product_id",
        "product_version",
        "purpose",
        "wants_accredited",
        "number",
    )

    number = models.CharField(_("receipt number"), max_length=40, unique=True)
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="requests", verbose_name=_("centre"))
    customer = models.ForeignKey(
        Customer, models.PROTECT, related_name="requests", verbose_name=_("customer")
    )
    product = models.ForeignKey(Product, models.PROTECT, related_name="requests", verbose_name=_("product"))
    product_version = models.CharField(_("product version"), max_length=60)
    purpose = models.CharField(_("what the report is for"), max_length=200)
    wants_accredited = models.BooleanField(_("accredited report wanted"), default=True)
    submitted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(_("submitted at"))

    class Meta:
        verbose_name = _("test request")
        ordering = ["-submitted_at"]

    def __str__(self) -> str:
        return self.number


class RequestedItem(Record):
    """One measure the customer wants, with the customer's own criterion if there is one."""

    FROZEN = ("request_id", "measure_id", "edition", "comparator", "limit", "unit")

    request = models.ForeignKey(TestRequest, models.PROTECT, related_name="wanted")
    measure_id = models.CharField(_("measure"), max_length=20)
    edition = models.CharField(_("standard and edition"), max_length=60)
    comparator = models.CharField(_("comparison"), max_length=2, choices=Comparator, blank=True)
    limit = models.DecimalField(_("limit"), max_digits=16, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("requested item")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["request", "measure_id"], name="a_measure_once_a_request")
        ]

    def __str__(self) -> str:
        return self.measure_id


class ContractReview(Record):
    """The laboratory's answer to seven questions before it promises anything. Source: ISO/IEC 17025:2017, 7.1.1."""

    QUESTIONS = {
        "method": _("Are the methods suitable for the need and in a valid edition?"),
        "capability": _("Does the centre have the people, tools and proven modules?"),
        "capacity": _("Can it be done in the time wanted?"),
        "scope": _("Is what goes under the mark within the scope of accreditation?"),
        "decision_rule": _("Are criteria and decision rule clear and agreed?"),
        "external_provider": _("Is no external provider needed, or has the customer agreed to it?"),
        "impartiality": _("Is the centre impartial towards this customer and product?"),
    }
    FROZEN = ("request_id", "answers", "passed", "reviewed_by_id", "reviewed_at")

    request = models.ForeignKey(TestRequest, models.PROTECT, related_name="reviews")
    answers = models.JSONField(_("answers"))  # {question: {"yes": bool, "note": str}}
    passed = models.BooleanField(_("accepted"))
    reviewed_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    reviewed_at = models.DateTimeField(_("reviewed at"))

    class Meta:
        verbose_name = _("contract review")
        ordering = ["-reviewed_at"]

    def __str__(self) -> str:
        return f"{self.request} {self.passed}"


class Contract(Moving, Record):
    """What laboratory and customer agreed: items, criteria and decision rule. Frozen when offered."""

    class State(models.TextChoices):
        OFFERED = "offered", _("Offered")
        AGREED = "agreed", _("Agreed")

    MOVES = {State.OFFERED: {State.AGREED}}
    FROZEN = ("request_id", "review_id", "decision_rule", "place", "offered_by_id", "offered_at")

    request = models.ForeignKey(TestRequest, models.PROTECT, related_name="contracts")
    review = models.ForeignKey(ContractReview, models.PROTECT, related_name="contracts")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.OFFERED)
    decision_rule = models.CharField(_("decision rule"), max_length=10, choices=DecisionRule)
    place = models.CharField(
        _("place of work"), max_length=10, choices=ScopeRow.Place, default=ScopeRow.Place.FIXED
    )
    offered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    offered_at = models.DateTimeField(_("offered at"))
    agreed_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    agreed_at = models.DateTimeField(_("agreed at"), null=True)

    class Meta:
        verbose_name = _("contract")
        ordering = ["-offered_at"]
        constraints = [models.UniqueConstraint(fields=["request"], name="one_contract_a_request")]

    def __str__(self) -> str:
        return f"{self.request} {self.state}"


class AgreedItem(Record):
    """One measure as agreed, with the criterion it will be judged by. Source: ISO/IEC 17025:2017, 7.1.3, 7.8.6."""

    FROZEN = ("contract_id", "measure_id", "edition", "comparator", "limit", "unit")

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="items")
    measure_id = models.CharField(_("measure"), max_length=20)
    edition = models.CharField(_("standard and edition"), max_length=60)
    comparator = models.CharField(_("comparison"), max_length=2, choices=Comparator, blank=True)
    limit = models.DecimalField(_("limit"), max_digits=16, decimal_places=6, null=True, blank=True)
    unit = models.CharField(_("unit"), max_length=20, blank=True)

    class Meta:
        verbose_name = _("agreed item")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["contract", "measure_id"], name="a_measure_once_a_contract")
        ]

    def __str__(self) -> str:
        return self.measure_id
