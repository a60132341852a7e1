"""Function lists and plans."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from lims.errors import BadInput
from lims.intake.models import Contract
from lims.items.models import TestItem
from lims.items.permissions import visible_items
from lims.organization.permissions import centres_of, visible_people
from lims.organization.signed_in import SignedInRequest
from lims.plans import guards, services
from lims.plans.forms import FunctionListForm, LineForm, PlanForm, TesterForm, read_upload
from lims.plans.models import PlanLine, TestPlan
from lims.plans.panels import line_panels, title_of
from lims.plans.permissions import visible_function_lists, visible_lines, visible_plans
from lims.records.forms import refused
from test_modules import cases, catalogue, deployment
from test_modules.contract import ModuleError
from test_modules.manifest import Manifest

MOST_ROWS = 200


@require_safe
def function_lists(request: SignedInRequest) -> HttpResponse:
    rows = visible_function_lists(request.user).select_related("product").order_by("-imported_at")
    return render(request, "plans/function_list_list.html", {"lists": rows[:MOST_ROWS]})


def function_list_new(request: SignedInRequest) -> HttpResponse:
    if request.method != "POST":
        form = FunctionListForm(by=request.user, initial={"product": request.GET.get("product")})
        return _asked(request, "plans/function_list_form.html", form)
    form = FunctionListForm(request.POST, request.FILES, by=request.user)
    if not form.is_valid():
        return _asked(request, "plans/function_list_form.html", form, status=422)
    try:
        kept = services.import_function_list(
            product=form.cleaned_data["product"],
            centre=form.cleaned_data["centre"],
            text=read_upload(form.cleaned_data["file"], cases.MOST_BYTES),
            by=request.user,
        )
    except BadInput as trouble:
        refused(form, trouble, field="file")
        return _asked(request, "plans/function_list_form.html", form, status=trouble.status)
    messages.success(request, _("The function list is imported."))
    return redirect("plans:function_list", uid=kept.uid)


@require_safe
def function_list(request: SignedInRequest, uid: UUID) -> HttpResponse:
    rows = visible_function_lists(request.user).select_related("product", "imported_by")
    found = get_object_or_404(rows, uid=uid)
    functions = list(found.functions.prefetch_related("cases"))
    context = {
        "list": found,
        "functions": functions,
        "case_count": sum(len(function.cases.all()) for function in functions),
    }
    return render(request, "plans/function_list_detail.html", context)


@require_safe
def plans(request: SignedInRequest) -> HttpResponse:
    rows = visible_plans(request.user).select_related(
        "item", "contract__request__product", "drafted_by", "approved_by"
    )
    return render(request, "plans/plan_list.html", {"plans": rows.order_by("-drafted_at")[:MOST_ROWS]})


def new(request: SignedInRequest) -> HttpResponse:
    item = _asked_item(request)
    if request.method != "POST":
        return _asked(request, "plans/plan_form.html", PlanForm(by=request.user, item=item), item=item)
    form = PlanForm(request.POST, request.FILES, by=request.user, item=item)
    if not form.is_valid():
        return _asked(request, "plans/plan_form.html", form, item=item, status=422)
    try:
        plan = services.draft_plan(
            contract=_contract_of(form.cleaned_data["item"]),
            item=form.cleaned_data["item"],
            function_list=form.cleaned_data["function_list"],
            deployment_text=read_upload(form.cleaned_data["deployment"], deployment.MOST_BYTES),
            environment=form.cleaned_data["environment"],
            by=request.user,
        )
    except BadInput as trouble:
        refused(form, trouble, field="deployment")
        return _asked(request, "plans/plan_form.html", form, item=item, status=trouble.status)
    messages.success(request, _("The plan is drafted."))
    return redirect("plans:detail", uid=plan.uid)


@require_safe
def detail(request: SignedInRequest, uid: UUID) -> HttpResponse:
    plan = _plan(request, uid)
    is_draft = plan.state == TestPlan.State.DRAFT
    context = {
        "plan": plan,
        "request_row": plan.contract.request,
        "agreed": plan.contract.items.all(),
        "panels": line_panels(plan, request.user),
        "is_draft": is_draft,
        "modules": [(module.id, title_of(module)) for module in catalogue.all_modules()] if is_draft else [],
        "against_changing": guards.against_changing(request.user, plan) if is_draft else [],
        "against_approving": guards.against_approving(request.user, plan) if is_draft else [],
    }
    return render(request, "plans/plan_detail.html", context)


def line_new(request: SignedInRequest, uid: UUID) -> HttpResponse:
    plan = _plan(request, uid)
    module = _module(request.GET.get("module", ""))
    shown: dict[str, Any] = {"plan": plan, "module": module, "title": title_of(module)}
    if request.method != "POST":
        return _asked(request, "plans/line_form.html", LineForm(module=module), **shown)
    form = LineForm(request.POST, module=module)
    if not form.is_valid():
        return _asked(request, "plans/line_form.html", form, status=422, **shown)
    try:
        services.add_line(
            plan=plan,
            module_id=module.id,
            parameters=form.parameters(),
            repeats=form.cleaned_data["repeats"],
            by=request.user,
        )
    except BadInput as trouble:
        refused(form, trouble, field="repeats" if trouble.reason.code == "parameter.repeats" else "")
        return _asked(request, "plans/line_form.html", form, status=trouble.status, **shown)
    messages.success(request, _("The module is planned."))
    return redirect("plans:detail", uid=plan.uid)


@require_POST
def drop(request: SignedInRequest, uid: UUID) -> HttpResponse:
    line = _line(request, uid)
    services.drop_line(line=line, by=request.user)
    messages.success(request, _("The line is dropped."))
    return redirect("plans:detail", uid=line.plan.uid)


@require_POST
def assign(request: SignedInRequest, uid: UUID) -> HttpResponse:
    line = _line(request, uid)
    form = TesterForm(request.POST, people=visible_people(request.user))
    if not form.is_valid():
        raise Http404
    services.assign_tester(line=line, tester=form.cleaned_data["tester"], by=request.user)
    messages.success(request, _("The tester is assigned."))
    return redirect("plans:detail", uid=line.plan.uid)


@require_POST
def approve(request: SignedInRequest, uid: UUID) -> HttpResponse:
    plan = _plan(request, uid)
    services.approve_plan(plan=plan, by=request.user)
    messages.success(request, _("The plan is approved."))
    return redirect("plans:detail", uid=plan.uid)


def _asked(
    request: SignedInRequest, template: str, form: Any, status: int = 200, **shown: Any
) -> HttpResponse:
    if not centres_of(request.user).exists():
        raise Http404  # planning is the laboratory's own
    return render(request, template, {"form": form, **shown}, status=status)


def _plan(request: SignedInRequest, uid: UUID) -> TestPlan:
    rows = visible_plans(request.user).select_related(
        "contract__request__centre",
        "contract__request__product__customer",
        "item",
        "function_list",
        "drafted_by",
        "approved_by",
    )
    return get_object_or_404(rows, uid=uid)


def _line(request: SignedInRequest, uid: UUID) -> PlanLine:
    return get_object_or_404(visible_lines(request.user).select_related("plan"), uid=uid)


def _module(module_id: str) -> Manifest:
    try:
        return catalogue.find(module_id)
    except ModuleError:
        raise Http404 from None


def _asked_item(request: SignedInRequest) -> TestItem | None:
    """The item the draft is begun for, when the page was reached from one."""
    try:
        uid = UUID(request.GET["item"])
    except (KeyError, ValueError):
        return None
    return get_object_or_404(visible_items(request.user).select_related("request__product"), uid=uid)


def _contract_of(item: TestItem) -> Contract:
    return get_object_or_404(item.request.contracts.order_by("-offered_at")[:1])
