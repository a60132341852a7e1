"""Consulting engagements: who advised on which product, and when."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, Dated, Product, User
from lims.records.models import Record


class Engagement(Dated, Record):
    """A consultant's work on a product. It bars the consultant from testing it. Source: ISO/IEC 17025:2017, 4.1."""

    FROZEN = ("centre_id", "product_id", "consultant_id", "valid_from")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="engagements", verbose_name=_("centre"))
    product = models.ForeignKey(
        Product, models.PROTECT, related_name="engagements", verbose_name=_("product")
    )
    consultant = models.ForeignKey(
        User, models.PROTECT, related_name="engagements", verbose_name=_("consultant")
    )
    subject = models.CharField(_("subject"), max_length=200)

    class Meta:
        verbose_name = _("consulting engagement")
        ordering = ["-valid_from"]

    def __str__(self) -> str:
        return f"{self.product} {self.consultant}"
