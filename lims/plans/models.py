"""What will be tested, how, and by whom. Source: ISO/IEC 17025:2017, 7.2.1; ISO/IEC/IEEE 29119-3."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.intake.models import Contract
from lims.items.models import TestItem
from lims.organization.models import Centre, Product, User
from lims.records.models import Moving, Record


class FunctionList(Record):
    """One version of the functions a product promises (기능목록), with the cases that try each of them; a centre's own.

    `document` is the canonical JSON that a run is ordered with; the rows beside it are the same content to read.
    """

    FROZEN = ("centre_id", "product_id", "number", "source", "document", "sha256", "imported_by_id")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="function_lists")
    product = models.ForeignKey(Product, models.PROTECT, related_name="function_lists")
    number = models.PositiveSmallIntegerField(_("version of the list"))
    title_ko = models.CharField(_("Korean title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    source = models.CharField(_("source document"), max_length=300)
    document = models.TextField(_("document"))
    sha256 = models.CharField("SHA-256", max_length=64)
    imported_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    imported_at = models.DateTimeField(_("imported at"))

    class Meta:
        verbose_name = _("function list")
        ordering = ["product", "number"]
        constraints = [
            models.UniqueConstraint(fields=["centre", "product", "number"], name="one_list_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.product} {self.number}"


class Function(Record):
    """One function of the list: what FCp and FCr count."""

    FROZEN = ("function_list_id", "code", "title_ko", "title_en", "reference", "statement")

    function_list = models.ForeignKey(FunctionList, models.PROTECT, related_name="functions")
    code = models.CharField(_("function"), max_length=20)
    title_ko = models.CharField(_("Korean title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    reference = models.CharField(_("reference"), max_length=300)
    statement = models.TextField(_("what the document promises"), blank=True)

    class Meta:
        verbose_name = _("function")
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["function_list", "code"], name="a_function_once_a_list")
        ]

    def __str__(self) -> str:
        return self.code


class TestCase(Record):
    """One case of a function; its steps stand in the list's document."""

    FROZEN = ("function_id", "code", "title_ko", "title_en", "steps")

    function = models.ForeignKey(Function, models.PROTECT, related_name="cases")
    code = models.CharField(_("test case"), max_length=20)
    title_ko = models.CharField(_("Korean title"), max_length=200)
    title_en = models.CharField(_("English title"), max_length=200)
    steps = models.JSONField(_("steps"))

    class Meta:
        verbose_name = _("test case")
        ordering = ["pk"]
        constraints = [models.UniqueConstraint(fields=["function", "code"], name="a_case_once_a_function")]

    def __str__(self) -> str:
        return self.code


class TestPlan(Moving, Record):
    """The plan for one item: how it is brought up, which modules run with which parameters. Frozen when approved."""

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        APPROVED = "approved", _("Approved")

    MOVES = {State.DRAFT: {State.APPROVED}}
    FROZEN = (
        "contract_id",
        "item_id",
        "function_list_id",
        "deployment",
        "environment",
        "approved_by_id",
        "state",
    )
    FROZEN_WHEN = "OLD.state <> 'draft'"

    contract = models.ForeignKey(Contract, models.PROTECT, related_name="plans")
    item = models.ForeignKey(TestItem, models.PROTECT, related_name="plans")
    function_list = models.ForeignKey(FunctionList, models.PROTECT, related_name="plans", null=True)
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DRAFT)
    deployment = models.JSONField(_("how the item is brought up"))
    environment = models.TextField(_("environment of the system under test"))
    drafted_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    drafted_at = models.DateTimeField(_("drafted at"))
    approved_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    approved_at = models.DateTimeField(_("approved at"), null=True)

    class Meta:
        verbose_name = _("test plan")
        ordering = ["drafted_at"]

    def __str__(self) -> str:
        return f"{self.item} {self.state}"


class PlanLine(Record):
    """One module with its parameters and repeats. Frozen from the start; a draft's line is dropped, not edited."""

    FROZEN = ("plan_id", "module_id", "module_version", "module_digest", "parameters", "repeats", "measures")

    plan = models.ForeignKey(TestPlan, models.PROTECT, related_name="lines")
    module_id = models.CharField(_("test module"), max_length=40)
    module_version = models.CharField(_("version"), max_length=20)
    module_digest = models.CharField(_("digest"), max_length=64)
    parameters = models.JSONField(_("parameters"))
    repeats = models.PositiveSmallIntegerField(_("repeats"))
    measures = models.JSONField(_("measures"))  # ids that this line feeds
    tester = models.ForeignKey(User, models.PROTECT, related_name="assigned_lines", null=True)
    dropped_at = models.DateTimeField(_("dropped at"), null=True)
    fixed_at = models.DateTimeField(
        _("fixed at"), null=True
    )  # with the plan's approval: from then on, the tester too

    class Meta:
        verbose_name = _("plan line")
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.module_id} {self.module_version}"
