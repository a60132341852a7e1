"""Trying a module on its reference items, in the worker."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from lims.equipment.models import ModuleProof
from lims.errors import LostRace
from lims.records import store
from lims.records.chain import record
from lims.records.patience import patiently
from test_modules.contract import ModuleError, State
from test_modules.proving import ProofRecord, prove

PATIENCE_S = 60


class ProofWatch:
    """Tells people how far the proof is. The lease is held beside it (`records.leases`)."""

    def __init__(self, proof: ModuleProof) -> None:
        self.proof = proof

    def progress(self, done: int, planned: int, line: str) -> None:
        ModuleProof.objects.filter(pk=self.proof.pk).update(progress=f"{done}/{planned} {line}"[-200:])

    def stop_asked(self) -> str:
        return "" if self.proof.held_by_us().exists() else "lease.lost"


def carry_out(proof: ModuleProof) -> None:
    """Run the proof, keep its record by hash, and say whether the module judged right."""
    folder = Path(settings.SCRATCH_DIR) / f"proof-{proof.uid}-{proof.attempts}"
    folder.mkdir(parents=True)
    try:
        told = prove(proof.module_id, folder, ProofWatch(proof))
    except ModuleError as trouble:
        said = str(trouble)
        patiently(lambda: _end(proof, ModuleProof.State.BROKEN, reason=said), for_s=PATIENCE_S)
        return
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    patiently(lambda: _keep(proof, told), for_s=PATIENCE_S)


def _keep(proof: ModuleProof, told: ProofRecord) -> None:
    sha256, _size = store.put_bytes(told.to_json())
    state, reason = _judged(proof, told)
    _end(proof, state, record_sha256=sha256, engine_versions=dict(told.engine_versions), reason=reason)


def _judged(proof: ModuleProof, told: ProofRecord) -> tuple[str, str]:
    """A run that did not end complete says nothing of the module; nor does a bundle changed while it was tried."""
    if told.broken:
        return ModuleProof.State.BROKEN, next(
            trial.seen_reason for trial in told.trials if trial.state != State.COMPLETE
        )
    if told.module_digest != proof.module_digest:
        return ModuleProof.State.FAILED, "module.changed"
    return (ModuleProof.State.PASSED if told.passed else ModuleProof.State.FAILED), ""


def _end(proof: ModuleProof, state: str, **stamps: object) -> None:
    with transaction.atomic():
        held = proof.held_by_us().select_for_update().first()  # fresh: a try may be rolled back and repeated
        if held is None:
            raise LostRace(str(proof))
        held.move(state, ended_at=timezone.now(), owner=None, lease_until=None, **stamps)
        record("proof.ended", held)
