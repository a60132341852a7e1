"""The worker's side: render what was frozen, seal what was authorized, store it once.

Both steps may happen twice: the same content gives the same bytes, and the same question to the signer the same
signature. Nothing here reads what a report is about from the database.
"""

from __future__ import annotations

import contextlib
import json
from uuid import UUID

import structlog
from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from certificates.models import Certificate
from certificates.register import remember_credential, trouble_with
from certificates.rendering import report_html
from certificates.services import void
from certificates.verification import Registered
from lims.documents import checking, rendering, sealing, signer_client
from lims.documents.signer_client import Credential
from lims.errors import LimsError, LostRace
from lims.records import store
from lims.records.chain import record
from lims.records.outbox import LEASE
from lims.records.patience import patiently

log = structlog.get_logger(__name__)

PATIENCE_S = 60
OF_THE_MACHINE = ("render.broken", "render.parts_missing")
MOST_LEASES, MOST_SAID = 30, 2000  # leases to wait for after trouble; characters of it


class NotIssued(LimsError):
    """A gate did not open, because of what the document says; nothing was stored."""


class SealNotHeld(LimsError):
    """The seal just made does not hold: the key, its certificate or the machine is at fault, never the content."""


def work_on(certificate: Certificate) -> None:
    """Do the step that the claimed row waits for.

    A fault of the content voids the number with the reason. Any other trouble (signer, helper, disk, database) burns
    nothing: it is written on the row for people to see, and the step is tried again when the lease runs out.
    """
    steps = {Certificate.State.RENDERING: _render, Certificate.State.SEALING: _seal}
    try:
        steps[Certificate.State(certificate.state)](certificate)
    except LostRace:
        return  # somebody else went on with it
    except Exception as trouble:
        log.exception("certificate.trouble", number=certificate.number, attempt=certificate.attempts)
        end, said = _void if _is_of_content(trouble) else _wait, _said(trouble)
        with contextlib.suppress(LostRace):
            patiently(lambda: end(certificate, said), for_s=PATIENCE_S)


def _is_of_content(trouble: Exception) -> bool:
    """Whether trying again would end the same way, because of what the document says."""
    if isinstance(trouble, rendering.RenderRefused):
        return trouble.code not in OF_THE_MACHINE
    return isinstance(trouble, NotIssued)


def _said(trouble: Exception) -> str:
    if isinstance(trouble, signer_client.SignerUnreachable):
        return "signer.unreachable"
    return (str(trouble) if isinstance(trouble, LimsError) else repr(trouble))[:MOST_SAID]


def _void(certificate: Certificate, said: str) -> None:
    with transaction.atomic():
        void(_held(certificate), said)


def _wait(certificate: Certificate, said: str) -> None:
    """Keep the lease a little longer after each trouble, so that a long one does not fill the audit chain."""
    pause = LEASE * min(certificate.attempts, MOST_LEASES)
    certificate.held_by_us().update(trouble=said, lease_until=Now() + pause)


def _render(certificate: Certificate) -> None:
    content = store.read(certificate.snapshot_sha256)
    snapshot = json.loads(content)
    unsigned = rendering.render(
        report_html(snapshot),
        content,
        number=certificate.number,
        title=f"{snapshot['title']} {certificate.number}",
        language=snapshot["language"],
        created=certificate.numbered_at,
        author=snapshot["centre"]["name_ko"],
    )
    if findings := checking.check(unsigned):
        raise NotIssued(f"PDF/A: {findings}")
    sha256, size = store.put_bytes(unsigned)
    patiently(lambda: _keep_rendered(certificate, sha256, size), for_s=PATIENCE_S)


def _keep_rendered(certificate: Certificate, sha256: str, size: int) -> None:
    with transaction.atomic():
        held = _held(certificate)
        held.move(
            Certificate.State.RENDERED, unsigned_sha256=sha256, unsigned_size_bytes=size, attempts=0, **_FREE
        )
        record("certificate.rendered", held, chain=certificate.centre.code)


def _seal(certificate: Certificate) -> None:
    unsigned = store.read(certificate.unsigned_sha256)
    if certificate.authorized_at is None:
        raise NotIssued("not authorized")
    credential = signer_client.credential(settings.SIGNER_SOCKET, certificate.centre.code)
    sealed = sealing.seal(
        unsigned,
        socket=settings.SIGNER_SOCKET,
        centre=certificate.centre.code,
        token=certificate.token,
        credential=credential,
        sealed_at=certificate.authorized_at,
    )
    entry = Registered(
        certificate.number, "issued", certificate.authorized_at, len(unsigned), certificate.unsigned_sha256
    )
    if reason := trouble_with(sealed, entry, credential):
        raise SealNotHeld(reason)
    sha256, _size = store.put_bytes(sealed)
    patiently(lambda: _keep_issued(certificate, sha256, credential), for_s=PATIENCE_S)


def _keep_issued(certificate: Certificate, sha256: str, credential: Credential) -> None:
    now = timezone.now()
    with transaction.atomic():
        held = _held(certificate)
        pinned = remember_credential(certificate.centre, credential, now)
        held.move(Certificate.State.ISSUED, sha256=sha256, issued_at=now, **_FREE)
        rows = [row for row in (held, pinned) if row is not None]
        record("certificate.issued", *rows, chain=certificate.centre.code)


_FREE: dict[str, UUID | str | None] = {"owner": None, "lease_until": None, "trouble": ""}


def _held(certificate: Certificate) -> Certificate:
    """The row as it is now, locked, while its lease is ours; a try that is rolled back leaves nothing in our copy."""
    row: Certificate | None = certificate.held_by_us().select_for_update().first()
    if row is None:
        raise LostRace(certificate.number)
    return row
