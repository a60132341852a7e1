"""What the pages of the module library show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lims.equipment.forms import CentreForm
from lims.equipment.guards import against_asking_proof, against_unproven
from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.equipment.permissions import visible_adoptions, visible_proofs
from lims.errors import Reason
from lims.organization.models import Centre, User
from lims.organization.permissions import centres_of
from test_modules import catalogue
from test_modules.contract import ModuleError
from test_modules.manifest import Manifest


@dataclass(frozen=True)
class Standing:
    """Whether a centre may use a module for accredited work today, or every reason why not."""

    centre: Centre
    reasons: Sequence[Reason]


@dataclass(frozen=True)
class ModuleCard:
    """One module as it lies on this machine, with its proofs."""

    manifest: Manifest
    digest: str
    engines: dict[str, str]  # what it would run with now; empty when the tools are not installed
    proofs: Sequence[ModuleProof]
    standings: Sequence[Standing]
    form: CentreForm
    against_asking: Sequence[Reason]  # empty when one of the person's centres may ask for a proof


def module_cards(person: User) -> list[ModuleCard]:
    """Every module of the library, as this person sees it."""
    return [_card(manifest, person) for manifest in catalogue.all_modules()]


def adoptions_of(proof: ModuleProof, person: User) -> list[ModuleAdoption]:
    rows = visible_adoptions(person).filter(proof=proof)
    return list(rows.select_related("centre", "adopted_by").order_by("adopted_at"))


def _card(manifest: Manifest, person: User) -> ModuleCard:
    digest = catalogue.digest(manifest.id)
    proofs = visible_proofs(person).filter(module_id=manifest.id).order_by("-queued_at", "-pk")
    centres = list(centres_of(person))
    refusals = [against_asking_proof(person, centre, manifest.id) for centre in centres]
    return ModuleCard(
        manifest=manifest,
        digest=digest,
        engines=_engines(manifest.id),
        proofs=list(proofs.select_related("asked_by")[:20]),
        standings=[
            Standing(centre, against_unproven(centre, manifest.id, manifest.version, digest))
            for centre in centres
        ],
        form=CentreForm(by=person, auto_id=f"{manifest.id}-%s"),
        against_asking=[] if [] in refusals else refusals[0],
    )


def _engines(module_id: str) -> dict[str, str]:
    try:
        return catalogue.engine_versions(module_id)
    except ModuleError:
        return {}
