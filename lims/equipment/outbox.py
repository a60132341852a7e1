"""Which module proofs wait for a worker, and what becomes of those whose worker is lost."""

from __future__ import annotations

from django.utils import timezone

from lims.equipment.models import ModuleProof
from lims.records.chain import record
from lims.records.outbox import MOST_ATTEMPTS

TASK = "lims.answer_proof_bell"


def eligible() -> dict[str, int]:
    """Queue -> number of proofs that wait in it."""
    return ModuleProof.objects.waiting()


def reap() -> int:
    """Queue a proof again whose worker is lost, or end it as broken after the last attempt."""
    return ModuleProof.objects.reap(_give_up)


def _give_up(proof: ModuleProof) -> None:
    now = timezone.now()
    if proof.attempts < MOST_ATTEMPTS:
        proof.move(ModuleProof.State.QUEUED, owner=None, lease_until=None, queued_at=now)
    else:
        proof.move(ModuleProof.State.BROKEN, owner=None, lease_until=None, ended_at=now, reason="worker.lost")
    record("proof.worker_lost", proof)
