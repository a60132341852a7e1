"""Runs as they go, and what they left behind."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lims.organization.signed_in import SignedInRequest
from lims.plans.models import PlanLine
from lims.plans.panels import settings_of
from lims.plans.permissions import visible_lines
from lims.plans.services import bad_input
from lims.records import store
from lims.records.downloads import attachment
from lims.runs import guards, services
from lims.runs.forms import DecisionForm, WhyForm
from lims.runs.load_series import LoadSeries, load_series
from lims.runs.models import TestRun
from lims.runs.panels import against_each, counts_of, run_panel, run_panels
from lims.runs.permissions import visible_raw_files, visible_runs
from test_modules.contract import ModuleError

MOST_ROWS = 200
SAMPLES = "samples.npz"


@require_safe
def runs(request: SignedInRequest) -> HttpResponse:
    """Runs by state; the state stands in the address."""
    asked = request.GET.get("state", "")
    rows = visible_runs(request.user).select_related("plan_line__plan__item", "plan_line__tester")
    if asked in TestRun.State.values:
        rows = rows.filter(state=asked)
    if request.GET.get("mine"):
        rows = rows.filter(plan_line__tester=request.user)
    shown = rows.prefetch_related("tries", "rerun_by").order_by("-pk")[:MOST_ROWS]
    now = timezone.now()
    context = {
        "panels": [run_panel(run, now) for run in shown],
        "states": TestRun.State.choices,
        "asked": asked,
        "mine": bool(request.GET.get("mine")),
    }
    return render(request, "runs/run_list.html", context)


@require_safe
def line(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "runs/line_detail.html", _line_shown(request, uid))


@require_safe
def line_live(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "runs/_line.html", _line_shown(request, uid))


@require_POST
def start(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = _line(request, uid)
    services.start_line(line=found, by=request.user)
    messages.success(request, _("Every repeat waits for a worker."))
    return redirect("runs:line", uid=uid)


@require_safe
def detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "runs/run_detail.html", _run_shown(request, uid))


@require_safe
def live(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "runs/_run.html", _run_shown(request, uid))


@require_POST
def stop(request: SignedInRequest, uid: UUID) -> HttpResponse:
    services.stop_run(run=_run(request, uid), by=request.user)
    messages.success(request, _("The stop is asked for."))
    return redirect("runs:detail", uid=uid)


@require_POST
def requeue(request: SignedInRequest, uid: UUID) -> HttpResponse:
    services.requeue_run(run=_run(request, uid), by=request.user)
    messages.success(request, _("The run waits for a worker again."))
    return redirect("runs:detail", uid=uid)


@require_POST
def decide(request: SignedInRequest, uid: UUID) -> HttpResponse:
    run, form = _run(request, uid), DecisionForm(request.POST)
    if not form.is_valid():
        shown = {**_run_shown(request, uid), "form": form}
        return render(request, "runs/run_detail.html", shown, status=422)
    again = form.cleaned_data["decision"] == "again"
    services.decide_waiting(run=run, again=again, why=form.cleaned_data["why"], by=request.user)
    messages.success(request, _("The decision is recorded."))
    return redirect("runs:detail", uid=uid)


@require_POST
def rerun(request: SignedInRequest, uid: UUID) -> HttpResponse:
    run, form = _run(request, uid), WhyForm(request.POST)
    if not form.is_valid():
        shown = {**_run_shown(request, uid), "form": form}
        return render(request, "runs/run_detail.html", shown, status=422)
    again = services.rerun(run=run, why=form.cleaned_data["why"], by=request.user)
    messages.success(request, _("The run is queued anew; the one before stays on record."))
    return redirect("runs:detail", uid=again.uid)


@require_safe
def raw_file(request: SignedInRequest, uid: UUID) -> HttpResponse:
    found = get_object_or_404(visible_raw_files(request.user), uid=uid)
    return attachment(found.sha256, found.name)


@require_safe
def load_json(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return JsonResponse(_series(request, uid).as_json())


@require_safe
def load_csv(request: SignedInRequest, uid: UUID) -> HttpResponse:
    response = HttpResponse(_series(request, uid).as_csv(), content_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="load-{uid}.csv"'
    return response


def _series(request: SignedInRequest, uid: UUID) -> LoadSeries:
    found = get_object_or_404(visible_raw_files(request.user).filter(name=SAMPLES), uid=uid)
    try:
        return load_series(store.path_of(found.sha256))
    except ModuleError as trouble:
        raise bad_input(trouble) from trouble


def _line(request: SignedInRequest, uid: UUID) -> PlanLine:
    rows = visible_lines(request.user).select_related(
        "plan__item", "plan__contract__request__centre", "tester"
    )
    return get_object_or_404(rows, uid=uid)


def _run(request: SignedInRequest, uid: UUID) -> TestRun:
    rows = visible_runs(request.user).select_related(
        "plan_line__plan__item", "plan_line__tester", "centre", "queued_by", "reruns"
    )
    return get_object_or_404(rows, uid=uid)


def _line_shown(request: SignedInRequest, uid: UUID) -> dict[str, Any]:
    found = _line(request, uid)
    panels = run_panels(found, timezone.now())
    return {
        "line": found,
        "settings": settings_of(found),
        "panels": panels,
        "counts": counts_of(panels),
        "against_starting": [] if panels else guards.against_starting(found, request.user),
    }


def _run_shown(request: SignedInRequest, uid: UUID) -> dict[str, Any]:
    run = _run(request, uid)
    steps = against_each(run, request.user)
    panel = run_panel(run, timezone.now())
    return {
        "run": run,
        "panel": panel,
        "settings": settings_of(run.plan_line),
        "steps": steps,
        "samples": [
            file for entry in panel.attempts for file in entry.attempt.files.all() if file.name == SAMPLES
        ],
        "form": DecisionForm() if "decide" in steps else WhyForm(),
    }
