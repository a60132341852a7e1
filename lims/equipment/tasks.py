"""The bell of the proof queue."""

from __future__ import annotations

from uuid import uuid4

from celery import shared_task

from lims.equipment.execution import carry_out
from lims.equipment.models import ModuleProof
from lims.records.leases import holding
from lims.records.patience import patiently, renew_connections


@shared_task(name="lims.answer_proof_bell", ignore_result=True)  # type: ignore[untyped-decorator]
def answer_proof_bell(queue: str) -> None:
    """Claim the oldest proof that waits and carry it out."""
    renew_connections()
    owner = uuid4()
    if proof := patiently(lambda: ModuleProof.objects.claim_oldest(queue, owner), for_s=10):
        with holding(proof):
            carry_out(proof)
