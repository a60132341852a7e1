"""Values, what they were computed from, and their judgement."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lims.evaluation import guards, services
from lims.evaluation.panels import (
    counts_by_outcome,
    function_rows,
    line_panels,
    measurement_panel,
    repeat_rows,
    window_rows,
)
from lims.evaluation.permissions import visible_measurements
from lims.organization.signed_in import SignedInRequest
from lims.plans.panels import settings_of
from lims.plans.permissions import visible_lines, visible_plans


@require_safe
def results(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_plans(request.user).select_related("item", "contract__request__product")
    plan = get_object_or_404(rows, uid=uid)
    panels = line_panels(plan, request.user)
    judged = any(found.verdicts for panel in panels for found in panel.measurements)
    context = {
        "plan": plan,
        "panels": panels,
        "is_judged": judged,
        "against_judging": [] if judged else guards.against_judging(plan, request.user),
    }
    return render(request, "evaluation/result_list.html", context)


@require_POST
def derive(request: SignedInRequest, uid: UUID) -> HttpResponse:
    line = get_object_or_404(visible_lines(request.user).select_related("plan"), uid=uid)
    services.derive_measurements(line=line, by=request.user)
    messages.success(request, _("The measures are computed from the raw files."))
    return redirect("evaluation:plan", uid=line.plan.uid)


@require_POST
def judge(request: SignedInRequest, uid: UUID) -> HttpResponse:
    plan = get_object_or_404(visible_plans(request.user), uid=uid)
    services.judge_plan(plan=plan, by=request.user)
    messages.success(request, _("The results are judged."))
    return redirect("evaluation:plan", uid=uid)


@require_safe
def measurement(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_measurements(request.user).select_related(
        "plan_line__plan__item", "plan_line__plan__function_list", "derived_by"
    )
    found = get_object_or_404(rows, uid=uid)
    functions = function_rows(found)
    context = {
        "panel": measurement_panel(found),
        "row": found,
        "settings": settings_of(found.plan_line),
        "functions": functions,
        "counts": counts_by_outcome(functions),
        "windows": window_rows(found),
        "repeats": repeat_rows(found),
    }
    return render(request, "evaluation/measurement_detail.html", context)
