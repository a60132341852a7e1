"""The library of test modules, their proofs and who adopted them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from lims.equipment import guards, services
from lims.equipment.forms import CentreForm
from lims.equipment.models import ModuleProof
from lims.equipment.panels import adoptions_of, module_cards
from lims.equipment.permissions import visible_proofs
from lims.organization.models import Centre
from lims.organization.permissions import centres_of
from lims.organization.signed_in import SignedInRequest
from lims.records.downloads import attachment


@require_GET
def modules(request: SignedInRequest) -> HttpResponse:
    if not centres_of(request.user).exists():
        raise Http404  # the library is the laboratories' own
    return render(request, "equipment/module_list.html", {"cards": module_cards(request.user)})


@require_POST
def ask(request: SignedInRequest, module_id: str) -> HttpResponse:
    proof = services.ask_for_proof(centre=_centre(request), module_id=module_id, by=request.user)
    messages.success(request, _("The proof waits for a worker."))
    return redirect("equipment:proof", uid=proof.uid)


@require_GET
def proof(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "equipment/proof_detail.html", _shown(request, uid))


@require_GET
def live(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "equipment/_proof.html", _shown(request, uid))


@require_POST
def adopt(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = get_object_or_404(visible_proofs(request.user), uid=uid)
    services.adopt_module(centre=_centre(request), proof=found, by=request.user)
    messages.success(request, _("The module is adopted."))
    return redirect("equipment:proof", uid=uid)


@require_GET
def record_file(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = get_object_or_404(visible_proofs(request.user).exclude(record_sha256=""), uid=uid)
    name = f"proof-{found.module_id}-{found.module_version}-{found.uid}.json"
    return attachment(found.record_sha256, name, "application/json")


def _centre(request: SignedInRequest) -> Centre:
    """The centre that was chosen, as long as the person works there."""
    form = CentreForm(request.POST, by=request.user)
    if not form.is_valid():
        raise Http404
    chosen: Centre = form.cleaned_data["centre"]
    return chosen


def _shown(request: SignedInRequest, uid: UUID) -> dict[str, Any]:
    found = get_object_or_404(visible_proofs(request.user).select_related("asked_by"), uid=uid)
    is_going = found.state in (ModuleProof.State.QUEUED, ModuleProof.State.RUNNING)
    choices = [
        {"centre": centre, "reasons": guards.against_adopting(request.user, centre, found)}
        for centre in centres_of(request.user)
    ]
    return {
        "proof": found,
        "is_going": is_going,
        "choices": [] if is_going else choices,
        "adoptions": adoptions_of(found, request.user),
    }
