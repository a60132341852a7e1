"""Which module proofs wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Count
from django.utils import timezone

from lims.equipment.models import ModuleProof
from lims.records.chain import record
from lims.records.outbox import MOST_ATTEMPTS

TASK = "lims.answer_proof_bell"


def eligible() -> dict[str, int]:
    """Queue -> number of proofs that wait in it."""
    rows = ModuleProof.objects.eligible().order_by().values_list("queue").annotate(count=Count("pk"))
    return dict(rows)


def reap() -> int:
    """Queue a proof again whose worker is lost, or end it as broken after the last attempt."""
    if not ModuleProof.objects.lost().exists():
        return 0
    with transaction.atomic():
        lost = list(ModuleProof.objects.lost().select_for_update(skip_locked=True))
        for proof in lost:
            now = timezone.now()
            if proof.attempts < MOST_ATTEMPTS:
                proof.move(ModuleProof.State.QUEUED, owner=None, lease_until=None, queued_at=now)
            else:
                proof.move(
                    ModuleProof.State.BROKEN, owner=None, lease_until=None, ended_at=now, reason="worker.lost"
                )
            record("proof.worker_lost", proof)
        return len(lost)
