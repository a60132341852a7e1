"""What speaks against running a test now. Source: ISO/IEC 17025:2017, 6.2.6, 7.2.2, 7.4.1."""

from __future__ import annotations

from django.db.models import Q

from lims.equipment.guards import against_unproven
from lims.errors import Reason
from lims.items.models import ItemFile, TestItem
from lims.organization.guards import against_role, against_unauthorized
from lims.organization.models import User
from lims.organization.queries import Role, Step
from lims.plans.models import PlanLine, TestPlan
from lims.records import store
from lims.records.guards import reasons_from_table
from lims.runs.models import Attempt, TestRun
from test_modules import catalogue
from test_modules.contract import ModuleError


def against_starting(line: PlanLine, by: User) -> list[Reason]:
    """Every reason the runs of this line may not be queued by this person now."""
    reasons = [] if line.dropped_at is None else [Reason("line.dropped")]
    if line.plan.state != TestPlan.State.APPROVED:
        reasons.append(Reason("plan.not_approved", clause="7.2.1"))
    if line.tester_id != by.pk:
        reasons.append(Reason("run.of_another_tester"))
    if line.runs.exists():
        reasons.append(Reason("run.already_queued"))
    return reasons + _against_other_results(line) + against_executing(line)


def against_executing(line: PlanLine) -> list[Reason]:
    """What is asked again when a worker claims a run: module, person and item as they are at that moment."""
    centre = line.plan.contract.request.centre
    reasons = _against_changed_module(line)
    if line.plan.contract.request.wants_accredited:
        reasons += against_unproven(centre, line.module_id, line.module_version, line.module_digest)
    if line.tester is None:
        reasons.append(Reason("plan.no_tester", {"module": line.module_id}))
    else:
        reasons += against_unauthorized(line.tester, centre, [line.module_id], Step.RUN)
        reasons += reasons_from_table("run", line.tester, line.plan.contract.request.product)
    return reasons + _against_lost_item(line)


def against_stopping(run: TestRun, by: User) -> list[Reason]:
    reasons = against_role(by, run.centre, Role.TESTER, Role.TECHNICAL_MANAGER)
    if run.state not in (TestRun.State.QUEUED, TestRun.State.RUNNING):
        reasons.append(Reason("run.not_going"))
    return reasons


def against_requeueing(run: TestRun, by: User) -> list[Reason]:
    """A run that a person took out of the queue goes back by the hand of its tester."""
    reasons = against_executing(run.plan_line)
    if run.state != TestRun.State.PLANNED:
        reasons.append(Reason("run.already_queued"))
    if run.plan_line.tester_id != by.pk:
        reasons.append(Reason("run.of_another_tester"))
    return reasons


def against_deciding(run: TestRun, by: User) -> list[Reason]:
    """Whether an interrupted run is tried again is a named person's decision."""
    reasons = against_role(by, run.centre, Role.TESTER, Role.TECHNICAL_MANAGER)
    if run.state != TestRun.State.WAITING:
        reasons.append(Reason("run.not_waiting"))
    return reasons


def against_rerunning(run: TestRun, by: User) -> list[Reason]:
    """Only an ended run without a complete attempt may be run again, once: no running until it passes.

    Who saw a run go wrong and stopped it, or whose item went down, does not decide that by himself.
    """
    was_seen = run.tries.filter(
        Q(stop_asked_at__isnull=False) | Q(reason__startswith="product.ended")
    ).exists()
    # the quality manager too: whoever decides here neither reviews nor authorizes afterwards
    roles = (Role.TECHNICAL_MANAGER, Role.QUALITY_MANAGER) if was_seen else (Role.TESTER,)
    reasons = against_role(by, run.centre, *roles)
    if run.state != TestRun.State.ENDED:
        reasons.append(Reason("run.not_ended"))
    if run.tries.filter(state=Attempt.State.COMPLETE).exists():
        reasons.append(Reason("run.has_result", clause="7.5"))
    if run.rerun_by.exists():
        reasons.append(Reason("run.already_rerun"))
    return reasons + against_executing(run.plan_line)


def _against_changed_module(line: PlanLine) -> list[Reason]:
    try:
        here = catalogue.digest(line.module_id)
    except ModuleError as trouble:
        return [Reason(trouble.code, {"module": line.module_id})]
    if here != line.module_digest:
        return [Reason("module.changed", {"module": line.module_id}, clause="7.2.1.5")]
    return []


def _against_other_results(line: PlanLine) -> list[Reason]:
    """Two plans approved beforehand would be two tries to choose from."""
    others = Attempt.objects.filter(run__item=line.plan.item_id, state=Attempt.State.COMPLETE)
    if others.exclude(run__plan_line__plan=line.plan_id).exists():
        return [Reason("item.has_results", {"item": line.plan.item.number}, clause="7.5")]
    return []


def against_damaged_item(line: PlanLine) -> list[Reason]:
    """The received bytes are hashed again before each run. Source: ISO/IEC 17025:2017, 7.4.1."""
    files = line.plan.item.files.all()
    return [_damaged(file) for file in files if not store.is_sound(file.sha256)]


def against_drafting(item: TestItem) -> list[Reason]:
    """What was measured once is not planned anew until it passes; a correction is a new build (STEP_GUARDS)."""
    same = Attempt.objects.filter(
        run__item__request=item.request_id, run__item__digest=item.digest, state=Attempt.State.COMPLETE
    )
    return [Reason("item.has_results", {"item": item.number}, clause="7.5")] if same.exists() else []


def _against_lost_item(line: PlanLine) -> list[Reason]:
    """Cheap enough for a page: whether the bytes are there at all."""
    return [_damaged(file) for file in line.plan.item.files.all() if not store.path_of(file.sha256).exists()]


def _damaged(file: ItemFile) -> Reason:
    return Reason("item.damaged", {"file": file.name}, clause="7.4.1")
