"""How far a request has come: derived from the rows after it, never stored.

Works on requests loaded by `queries.requests_with_all`; asks the database nothing more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from certificates.models import Certificate
from lims.intake.models import Contract, TestRequest
from lims.items.models import TestItem
from lims.organization.models import Appointment, Authorization
from lims.plans.models import PlanLine, TestPlan
from lims.reports.models import TestReport

Role = Appointment.Role
CUSTOMER = "customer"
WORKER = "worker"  # the program itself goes on
REVIEWER = Authorization.Step.REVIEW
AUTHORIZER = Authorization.Step.AUTHORIZE

ACTORS: dict[str, Any] = {
    CUSTOMER: _("Customer"),
    WORKER: _("The system"),
    REVIEWER: _("Reviewer"),
    AUTHORIZER: _("Authorizer"),
    **dict(Role.choices),
}

STAGES: dict[str, Any] = {
    "applied": pgettext_lazy("stage", "Request"),
    "under_review": pgettext_lazy("stage", "Contract review"),
    "contracted": pgettext_lazy("stage", "Contract"),
    "received": pgettext_lazy("stage", "Receipt"),
    "planned": pgettext_lazy("stage", "Plan"),
    "testing": pgettext_lazy("stage", "Test"),
    "evaluating": pgettext_lazy("stage", "Evaluation"),
    "report_review": pgettext_lazy("stage", "Report"),
    "issued": pgettext_lazy("stage", "Issue"),
}


@dataclass(frozen=True)
class Step:
    """What happens next, by whom, and on which page."""

    code: str
    label: Any
    actor: str
    url: str
    person_id: int | None = None  # one named person, where only one may
    modules: tuple[str, ...] = ()  # what reviewer and authorizer must be authorized for
    barred: frozenset[int] = frozenset()  # people who measured or drafted

    @property
    def actor_name(self) -> Any:
        return ACTORS[self.actor]


@dataclass(frozen=True)
class Stage:
    """One stop of the tracker."""

    code: str
    label: Any
    at: datetime | None
    is_now: bool

    @property
    def word(self) -> Any:
        return _("done") if self.at else _("now") if self.is_now else _("to come")


@dataclass(frozen=True)
class Journey:
    """A request with where it stands."""

    request: TestRequest
    stages: tuple[Stage, ...]
    next_steps: tuple[Step, ...]

    @property
    def state(self) -> Stage:
        """The stop it stands at; the last one when all is done."""
        return next((stage for stage in self.stages if stage.is_now), self.stages[-1])

    @property
    def is_issued(self) -> bool:
        return self.stages[-1].at is not None


def journey_of(request: TestRequest) -> Journey:
    """Where a request stands and what comes next."""
    reached = _reached(request)
    first_open = next((code for code in STAGES if reached[code] is None), None)
    stages = tuple(Stage(code, label, reached[code], code == first_open) for code, label in STAGES.items())
    return Journey(request, stages, tuple(_next_steps(request)))


def _reached(request: TestRequest) -> dict[str, datetime | None]:
    """When each stage was done; a stage is done only when those before it are."""
    review, contract, plan = _first(request.reviews.all()), _first(request.contracts.all()), _plan(request)
    lines = _lines(plan)
    report = _open_report(plan)
    issued = [c for c in _certificates(plan) if c.state == Certificate.State.ISSUED]
    done = {
        "applied": request.submitted_at,
        "under_review": review.reviewed_at if review and review.passed else None,
        "contracted": contract.agreed_at if contract else None,
        "received": _latest(item.received_at for item in request.items.all()),
        "planned": plan.approved_at if plan else None,
        "testing": _latest(line.last_ended_at for line in lines) if _all_complete(lines) else None,
        "evaluating": _latest(line.judged_at for line in lines) if _all_judged(lines) else None,
        "report_review": report.reviewed_at if report else None,
        "issued": issued[0].issued_at if issued else None,
    }
    open_before = False
    for code, moment in done.items():
        open_before = open_before or moment is None
        done[code] = None if open_before else moment
    return done


def _next_steps(request: TestRequest) -> list[Step]:
    plan = _plan(request)
    for ask in (_before_contract, _before_plan):
        if step := ask(request):
            return [step]
    if plan is None or plan.state == TestPlan.State.DRAFT:
        return _planning(request, plan)
    return _testing(plan) or _reporting(plan)


def _before_contract(request: TestRequest) -> Step | None:
    review, contract = _first(request.reviews.all()), _first(request.contracts.all())
    key = {"uid": request.uid}
    if contract is None and (review is None or not review.passed):
        url = reverse("intake:review", kwargs=key)
        return Step("review_request", _("Review the request"), Role.TECHNICAL_MANAGER, url)
    if contract is None:
        url = reverse("intake:offer", kwargs=key)
        return Step("offer_contract", _("Offer the contract"), Role.TECHNICAL_MANAGER, url)
    if contract.state == Contract.State.OFFERED:
        url = reverse("intake:contract", kwargs={"uid": contract.uid})
        return Step("agree_contract", _("Agree to the contract"), CUSTOMER, url)
    return None


def _before_plan(request: TestRequest) -> Step | None:
    if request.items.all():
        return None
    url = reverse("items:receive", kwargs={"uid": request.uid})
    return Step("receive_item", _("Receive the item"), Role.RECEPTION, url)


def _planning(request: TestRequest, plan: TestPlan | None) -> list[Step]:
    if plan is None:
        url = f"{reverse('plans:new')}?item={_latest_item(request).uid}"
        return [Step("draft_plan", _("Draft the plan"), Role.TESTER, url)]
    url = reverse("plans:detail", kwargs={"uid": plan.uid})
    lines = _lines(plan)
    agreed = {item.measure_id for item in plan.contract.items.all()}
    if agreed - {measure for line in lines for measure in line.measures}:
        return [Step("add_line", _("Complete the plan"), Role.TESTER, url)]
    if any(line.tester_id is None for line in lines):
        return [Step("assign_tester", _("Assign the testing engineers"), Role.TECHNICAL_MANAGER, url)]
    return [Step("approve_plan", _("Approve the plan"), Role.TECHNICAL_MANAGER, url)]


def _testing(plan: TestPlan) -> list[Step]:
    """One step for each line that is not yet measured: several engineers may work at once."""
    url = reverse("plans:detail", kwargs={"uid": plan.uid})
    steps = [step for line in _lines(plan) if (step := _of_line(line, url))]
    if steps:
        return steps
    if not _all_judged(_lines(plan)):
        return [Step("judge_plan", _("Judge the results"), Role.TESTER, url)]
    return []


def _of_line(line: Any, url: str) -> Step | None:
    if not line.all_runs:
        return Step("start_line", _("Start the test runs"), Role.TESTER, url, line.tester_id)
    if line.waiting_runs:
        return Step("decide_waiting", _("Decide about an interrupted run"), Role.TESTER, url)
    if line.ended_runs < line.all_runs:
        return Step("running", _("Test runs are going on"), WORKER, url)
    if (line.complete_repeats or 0) < line.repeats:
        return Step("rerun", _("Run again what has no result"), Role.TESTER, url)
    if not line.measured:
        return Step("derive", _("Compute the measures"), Role.TESTER, url, line.tester_id)
    return None


def _reporting(plan: TestPlan) -> list[Step]:
    report = _open_report(plan)
    if report is None:
        url = reverse("plans:detail", kwargs={"uid": plan.uid})
        return [Step("draft_report", _("Draft the report"), Role.TESTER, url)]
    url = reverse("reports:detail", kwargs={"uid": report.uid})
    lines = _lines(plan)
    modules = tuple(sorted({line.module_id for line in lines}))
    barred = frozenset({report.drafted_by_id, *(line.tester_id for line in lines if line.tester_id)})
    if report.state == TestReport.State.DRAFT:
        step = Step("review_report", _("Review the report"), REVIEWER, url, modules=modules, barred=barred)
        return [step]
    living = [c for c in report.certificates.all() if c.state != Certificate.State.VOID]
    if living:
        return _documents(living[0])
    label = _("Prepare the certificate")
    return [Step("prepare_certificate", label, AUTHORIZER, url, modules=modules, barred=barred)]


def _documents(certificate: Certificate) -> list[Step]:
    url = reverse("certificates:detail", kwargs={"uid": certificate.uid})
    if certificate.state == Certificate.State.ISSUED:
        return []
    if certificate.state == Certificate.State.RENDERED:
        label = _("Authorize the certificate")
        return [Step("authorize_certificate", label, AUTHORIZER, url, certificate.numbered_by_id)]
    return [Step("sealing", _("The document is being made"), WORKER, url)]


def _plan(request: TestRequest) -> TestPlan | None:
    """The latest plan of the agreed contract."""
    plans = [plan for contract in request.contracts.all() for plan in contract.plans.all()]
    return max(plans, key=lambda plan: plan.drafted_at, default=None)


def _latest_item(request: TestRequest) -> TestItem:
    return max(request.items.all(), key=lambda item: item.received_at)


def _lines(plan: TestPlan | None) -> Sequence[Any]:
    return plan.living_lines if plan else []  # type: ignore[attr-defined]


def _certificates(plan: TestPlan | None) -> list[Certificate]:
    reports = plan.reports.all() if plan else []
    return [certificate for report in reports for certificate in report.certificates.all()]


def _open_report(plan: TestPlan | None) -> TestReport | None:
    reports = plan.reports.all() if plan else []
    return next((report for report in reports if report.state != TestReport.State.RETURNED), None)


def _all_complete(lines: Sequence[PlanLine]) -> bool:
    return bool(lines) and all((line.complete_repeats or 0) >= line.repeats for line in lines)  # type: ignore[attr-defined]


def _all_judged(lines: Sequence[PlanLine]) -> bool:
    return bool(lines) and any(line.judged_at for line in lines)  # type: ignore[attr-defined]


def _latest(moments: Any) -> datetime | None:
    return max((moment for moment in moments if moment), default=None)


def _first(rows: Any) -> Any:
    return next(iter(rows), None)
