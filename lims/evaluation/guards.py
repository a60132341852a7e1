"""What speaks against computing and judging now. Source: ISO/IEC 17025:2017, 7.5, 7.7, 7.8.6."""

from __future__ import annotations

from lims.errors import Reason
from lims.evaluation.queries import attempts_behind, measurements_of
from lims.organization.guards import against_role
from lims.organization.models import User
from lims.organization.queries import Role
from lims.plans.guards import centre_of
from lims.plans.models import PlanLine, TestPlan
from lims.runs.models import TestRun


def against_deriving(line: PlanLine, by: User) -> list[Reason]:
    """Only complete attempts of every planned repeat feed a measurement, computed by who ran them."""
    reasons = []
    if line.tester_id != by.pk:
        reasons.append(Reason("run.of_another_tester"))
    if line.measurements.exists():
        reasons.append(Reason("line.already_derived"))
    if line.runs.exclude(state=TestRun.State.ENDED).exists():
        reasons.append(Reason("line.runs_going"))
    complete = {attempt.run.repeat_no for attempt in attempts_behind(line)}
    for number in range(1, line.repeats + 1):
        if number not in complete:
            reasons.append(Reason("line.repeat_missing", {"repeat": number}, clause="7.5.1"))
    return reasons


def against_judging(plan: TestPlan, by: User) -> list[Reason]:
    """Every agreed item needs its measurement, by the agreed edition, before anything is judged."""
    reasons = against_role(by, centre_of(plan), Role.TESTER)
    found = measurements_of(plan)
    measured = set(found.values_list("measure_id", "edition"))
    for item in plan.contract.items.all():
        if (item.measure_id, item.edition) not in measured:
            reasons.append(Reason("item.not_measured", {"measure": item.measure_id}, clause="7.8.2.1"))
    if found.filter(verdicts__isnull=False).exists():
        reasons.append(Reason("plan.already_judged"))
    return reasons
