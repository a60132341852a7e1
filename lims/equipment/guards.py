"""Whether a test module may be used by a centre, and by whom it is looked after."""

from __future__ import annotations

from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.errors import Reason
from lims.organization.guards import against_role
from lims.organization.models import Centre, User
from lims.organization.queries import Role
from test_modules import catalogue
from test_modules.contract import ModuleError


def against_unproven(centre: Centre, module_id: str, version: str, digest: str) -> list[Reason]:
    """The bundle on this machine is not the one that was proven with these engines, or the centre has not adopted it.

    Source: ISO/IEC 17025:2017, 7.2.2 and 6.4.13; a change of module, engine or interpreter drops the proof.
    """
    adopted = ModuleAdoption.objects.filter(
        centre=centre,
        proof__module_id=module_id,
        proof__module_version=version,
        proof__module_digest=digest,
        proof__state=ModuleProof.State.PASSED,
    )
    module = {"module": module_id, "version": version}
    if not adopted.exists():
        return [Reason("module.not_adopted", {**module, "centre": centre.code}, clause="7.2.2")]
    try:
        engines = catalogue.engine_versions(module_id)
    except ModuleError as trouble:  # no tools here: a reason, not a broken page
        return [Reason(trouble.code, dict(trouble.params), clause="6.4.13")]
    if not any(row.proof.engine_versions == engines for row in adopted.select_related("proof")):
        return [Reason("module.engines_changed", module, clause="6.4.13")]
    return []


def against_unknown(module_id: str) -> list[Reason]:
    try:
        catalogue.find(module_id)
    except ModuleError as trouble:
        return [Reason(trouble.code, {"module": module_id})]
    return []


def against_asking_proof(by: User, centre: Centre, module_id: str) -> list[Reason]:
    reasons = against_role(by, centre, Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER)
    return reasons + against_unknown(module_id)


def against_adopting(by: User, centre: Centre, proof: ModuleProof) -> list[Reason]:
    """Only a proof that judged right can be adopted, once, by those who answer for methods."""
    reasons = against_role(by, centre, Role.TECHNICAL_MANAGER)
    if proof.state != ModuleProof.State.PASSED:
        reasons.append(Reason("proof.not_passed", {"module": proof.module_id}, clause="7.2.2"))
    if ModuleAdoption.objects.filter(centre=centre, proof=proof).exists():
        reasons.append(Reason("proof.already_adopted", {"module": proof.module_id}))
    return reasons
