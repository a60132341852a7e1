"""Who sees proofs and adoptions: proofs are shared by all laboratory staff, adoptions are a centre's own."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.equipment.models import ModuleAdoption, ModuleProof
from lims.organization.permissions import Viewer, centres_of


def visible_proofs(person: Viewer) -> QuerySet[ModuleProof]:
    return ModuleProof.objects.all() if centres_of(person).exists() else ModuleProof.objects.none()


def visible_adoptions(person: Viewer) -> QuerySet[ModuleAdoption]:
    return ModuleAdoption.objects.filter(centre__in=centres_of(person))
