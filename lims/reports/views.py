"""Reports: drafted, reviewed by somebody else, returned."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lims.organization.signed_in import SignedInRequest
from lims.plans.permissions import visible_plans
from lims.reports import guards, services
from lims.reports.forms import DraftForm, ReturnForm, ReviewForm
from lims.reports.models import TestReport
from lims.reports.panels import against_review_so_far, checks_of, result_rows
from lims.reports.permissions import visible_reports

MOST_ROWS = 200


@require_safe
def reports(request: SignedInRequest) -> HttpResponse:
    rows = visible_reports(request.user).select_related(
        "plan__item", "plan__contract__request__product", "drafted_by", "reviewed_by"
    )
    return render(request, "reports/report_list.html", {"reports": rows.order_by("-drafted_at")[:MOST_ROWS]})


def of_plan(request: SignedInRequest, uid: UUID) -> HttpResponse:
    """The reports of a plan; a new draft is begun here."""
    rows = visible_plans(request.user).select_related("item", "contract__request__product")
    plan = get_object_or_404(rows, uid=uid)
    form = DraftForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        report = services.draft_report(plan=plan, by=request.user, **form.cleaned_data)
        messages.success(request, _("The report is drafted."))
        return redirect("reports:detail", uid=report.uid)
    context = {
        "plan": plan,
        "reports": plan.reports.select_related("drafted_by", "reviewed_by"),
        "reasons": guards.against_drafting(plan, request.user),
        "form": form,
    }
    return render(request, "reports/report_form.html", context, status=422 if form.is_bound else 200)


@require_safe
def detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    return render(request, "reports/report_detail.html", _shown(request, _report(request, uid)))


@require_POST
def review(request: SignedInRequest, uid: UUID) -> HttpResponse:
    report, form = _report(request, uid), ReviewForm(request.POST)
    form.is_valid()  # an empty box is left out of the answers: what is missing is the guard's word
    services.review_report(report=report, answers=form.cleaned_data, by=request.user)
    messages.success(request, _("The report is reviewed."))
    return redirect("reports:detail", uid=uid)


@require_POST
def give_back(request: SignedInRequest, uid: UUID) -> HttpResponse:
    report, form = _report(request, uid), ReturnForm(request.POST)
    if not form.is_valid():
        shown = {**_shown(request, report), "return_form": form}
        return render(request, "reports/report_detail.html", shown, status=422)
    services.return_report(report=report, why=form.cleaned_data["why"], by=request.user)
    messages.success(request, _("The report went back to its author."))
    return redirect("reports:detail", uid=uid)


def _report(request: SignedInRequest, uid: UUID) -> TestReport:
    rows = visible_reports(request.user).select_related(
        "plan__item",
        "plan__contract__request__product__customer",
        "plan__contract__request__centre",
        "drafted_by",
        "reviewed_by",
        "authorized_by",
    )
    return get_object_or_404(rows, uid=uid)


def _shown(request: SignedInRequest, report: TestReport) -> dict[str, Any]:
    rows = result_rows(report)
    is_draft = report.state == TestReport.State.DRAFT
    is_open = report.state in (TestReport.State.DRAFT, TestReport.State.REVIEWED)
    return {
        "report": report,
        "plan": report.plan,
        "rows": rows,
        "checks": checks_of(report, request.user) if is_open else [],
        "is_draft": is_draft,
        "is_open": is_open,
        "is_reviewed": report.state == TestReport.State.REVIEWED,
        "answers": [(text, report.answers.get(name)) for name, text in TestReport.QUESTIONS.items()],
        "against_reviewing": against_review_so_far(report, request.user) if is_draft else [],
        "against_returning": guards.against_returning(report, request.user) if is_open else [],
        "review_form": ReviewForm(),
        "return_form": ReturnForm(),
    }
