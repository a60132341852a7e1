"""Which certificates wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from certificates.models import Certificate
from lims.records.chain import record

TASK = "lims.answer_document_bell"
BACK = {held: waiting for waiting, held in Certificate.HELD.items()}


def eligible() -> dict[str, int]:
    """Queue -> number of certificates that wait in it."""
    rows = Certificate.objects.eligible().order_by().values_list("queue").annotate(count=Count("pk"))
    return dict(rows)


def reap() -> int:
    """Give every certificate whose worker is lost back to the queue; its work is safe to repeat."""
    if not Certificate.objects.lost().exists():
        return 0
    with transaction.atomic():
        lost = list(Certificate.objects.lost().select_for_update(skip_locked=True))
        for certificate in lost:
            certificate.move(BACK[certificate.state], owner=None, lease_until=None, queued_at=timezone.now())
            record("certificate.worker_lost", certificate, chain=certificate.centre.code)
        return len(lost)
