"""Proving test modules and adopting them. Source: ISO/IEC 17025:2017, 7.2.2, 6.4.13."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone

from lims.equipment import guards
from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.organization.models import Centre, User
from lims.records.chain import record
from lims.records.services import require, step_of
from test_modules import catalogue

QUEUE = "proofs"


def ask_for_proof(*, centre: Centre, module_id: str, by: User) -> ModuleProof:
    """Queue a trial of the module on its reference items; a worker runs it.

    Raises: Blocked.
    """
    require(guards.against_asking_proof(by, centre, module_id), step="ask_for_proof", row=centre, by=by)
    module = catalogue.find(module_id)
    with transaction.atomic():
        proof = ModuleProof.objects.create(
            module_id=module.id,
            module_version=module.version,
            module_digest=catalogue.digest(module_id),
            asked_by=by,
            queue=QUEUE,
            queued_at=timezone.now(),
        )
        record("proof.asked", proof, chain=centre.code, by=by)
    return proof


def adopt_module(*, centre: Centre, proof: ModuleProof, by: User) -> ModuleAdoption:
    """Take a proven module into use at a centre.

    Raises: Blocked.
    """
    with step_of("adopt_module", row=proof, by=by) as ask:
        ask(guards.against_adopting(by, centre, proof))
        adoption = ModuleAdoption.objects.create(
            centre=centre, proof=proof, adopted_by=by, adopted_at=timezone.now()
        )
        record("module.adopted", adoption, chain=centre.code, by=by)
    return adoption
