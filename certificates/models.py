"""Issued documents: numbered, frozen, sealed, stored once. Source: ISO/IEC 17025:2017, 7.8."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, User
from lims.records.chain import record
from lims.records.models import Moving, Record
from lims.records.outbox import Leased, LeasedQuerySet
from lims.reports.models import TestReport


class Certificate(Moving, Leased, Record):
    """One numbered document. The number is given in the transaction that freezes the content, and never freed.

    A worker renders it, the authorizer answers for exactly those bytes, the signer seals them, a worker stores them.
    """

    class State(models.TextChoices):
        NUMBERED = "numbered", _("Numbered, to be rendered")
        RENDERING = "rendering", _("Being rendered")
        RENDERED = "rendered", _("Waiting for the authorizer")
        AUTHORIZED = "authorized", _("Authorized, to be sealed")
        SEALING = "sealing", _("Being sealed")
        ISSUED = "issued", _("Issued")
        VOID = "void", _("Void")

    MOVES = {
        State.NUMBERED: {State.RENDERING, State.VOID},
        State.RENDERING: {State.NUMBERED, State.RENDERED, State.VOID},
        State.RENDERED: {State.AUTHORIZED, State.VOID},
        State.AUTHORIZED: {State.SEALING, State.VOID},
        State.SEALING: {State.AUTHORIZED, State.ISSUED, State.VOID},
    }
    ELIGIBLE = (State.NUMBERED, State.AUTHORIZED)
    HELD = {State.NUMBERED: State.RENDERING, State.AUTHORIZED: State.SEALING}
    UNAUDITED = frozenset({"lease_until", "owner", "token", "trouble"})
    FROZEN = ("number", "report_id", "centre_id", "kind", "snapshot_sha256", "verify_code", "numbered_at")

    class Kind(models.TextChoices):
        ACCREDITED = "K", _("Accredited report")
        PLAIN = "G", _("Plain report")

    number = models.CharField(_("number"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=1, choices=Kind)
    report = models.ForeignKey(TestReport, models.PROTECT, related_name="certificates")
    centre = models.ForeignKey(Centre, models.PROTECT, related_name="certificates")
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.NUMBERED)
    snapshot_sha256 = models.CharField(_("hash of the content"), max_length=64)  # canonical JSON in the store
    verify_code = models.CharField(_("verification code"), max_length=20)
    numbered_at = models.DateTimeField(_("numbered at"))
    numbered_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    unsigned_sha256 = models.CharField(_("hash before the seal"), max_length=64, blank=True)
    unsigned_size_bytes = models.PositiveIntegerField(_("size before the seal"), default=0)
    token = models.CharField(
        max_length=64, blank=True, editable=False
    )  # good for one seal of these very bytes
    authorized_by = models.ForeignKey(User, models.PROTECT, related_name="+", null=True)
    authorized_at = models.DateTimeField(_("authorized at"), null=True)
    sha256 = models.CharField("SHA-256", max_length=64, blank=True)
    issued_at = models.DateTimeField(_("issued at"), null=True)
    trouble = models.TextField(_("why it waits"), blank=True)  # the last one; empty once the step is done
    void_reason = models.TextField(_("why it is void"), blank=True)

    objects = LeasedQuerySet.as_manager()

    class Meta:
        verbose_name = _("certificate")
        ordering = ["-numbered_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["report"], condition=~models.Q(state="void"), name="one_living_certificate_a_report"
            )
        ]

    def __str__(self) -> str:
        return self.number

    def claimed(self) -> None:
        record(f"certificate.{self.state}", self, chain=self.centre.code)


class SealCredential(Record):
    """A certificate a centre has sealed with: what verification pins, for as long as documents are shown."""

    FROZEN = ("centre_id", "fingerprint", "certificate", "chain", "is_development", "first_used_at")

    centre = models.ForeignKey(Centre, models.PROTECT, related_name="seal_credentials")
    fingerprint = models.CharField("SHA-256", max_length=64, unique=True)
    certificate = models.TextField(_("certificate"))  # DER, base64
    chain = models.JSONField(_("chain"))  # DER, base64, ending with the root
    is_development = models.BooleanField(_("development key"))
    first_used_at = models.DateTimeField(_("first used at"))

    class Meta:
        verbose_name = _("seal certificate")

    def __str__(self) -> str:
        return f"{self.centre.code} {self.fingerprint[:12]}"
