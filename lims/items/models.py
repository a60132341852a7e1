"""What was received for testing, byte by byte. Source: ISO/IEC 17025:2017, 7.4."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.intake.models import TestRequest
from lims.organization.models import User
from lims.records.models import Record


class TestItem(Record):
    """One build of a product as it came in. Every other build is another item; a result belongs to exactly one."""

    FROZEN = ("request_id", "number", "version", "digest", "condition", "received_by_id", "received_at")

    request = models.ForeignKey(TestRequest, models.PROTECT, related_name="items")
    number = models.CharField(_("item number"), max_length=40, unique=True)
    version = models.CharField(_("version"), max_length=60)
    digest = models.CharField(
        _("digest of the manifest"), max_length=64
    )  # SHA-256 over sorted name and SHA-256
    condition = models.CharField(_("condition on receipt"), max_length=200)
    received_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    received_at = models.DateTimeField(_("received at"))

    class Meta:
        verbose_name = _("test item")
        ordering = ["received_at"]

    def __str__(self) -> str:
        return self.number


class ItemFile(Record):
    """One received file; its bytes lie in the content store under their SHA-256."""

    class Kind(models.TextChoices):
        PRODUCT = "product", _("Product")
        DEPENDENCIES = "dependencies", _("List of dependencies")

    FROZEN = ("item_id", "name", "sha256", "size_bytes", "kind")

    item = models.ForeignKey(TestItem, models.PROTECT, related_name="files")
    name = models.CharField(_("file"), max_length=200)
    sha256 = models.CharField("SHA-256", max_length=64)
    size_bytes = models.PositiveBigIntegerField(_("size in bytes"))
    kind = models.CharField(_("kind"), max_length=12, choices=Kind, default=Kind.PRODUCT)

    class Meta:
        verbose_name = _("received file")
        ordering = ["name"]
        constraints = [models.UniqueConstraint(fields=["item", "name"], name="a_name_once_an_item")]

    def __str__(self) -> str:
        return self.name
