"""Which certificates wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.utils import timezone

from certificates.models import Certificate
from lims.records.chain import record

TASK = "lims.answer_document_bell"
BACK = {held: waiting for waiting, held in Certificate.HELD.items()}


def eligible() -> dict[str, int]:
    """Queue -> number of certificates that wait in it."""
    return Certificate.objects.waiting()


def reap() -> int:
    """Give every certificate back to the queue whose worker is lost or ran into trouble: its work is safe to repeat.

    However often that was: a number is never burnt by a machine. Its page says how often, and why it waits.
    """
    return Certificate.objects.reap(_give_back)


def _give_back(certificate: Certificate) -> None:
    why = certificate.trouble or "worker.lost"
    certificate.move(
        BACK[certificate.state], owner=None, lease_until=None, queued_at=timezone.now(), trouble=why
    )
    record("certificate.put_back", certificate, chain=certificate.centre.code, why=why)
