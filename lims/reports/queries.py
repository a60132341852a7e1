"""Who measured, and with which modules: what four eyes are checked against."""

from __future__ import annotations

from lims.evaluation.models import Measurement, Verdict
from lims.organization.models import User
from lims.plans.guards import living_lines
from lims.plans.models import TestPlan


def testers_of(plan: TestPlan) -> set[User]:
    """Everybody who ran, computed or judged anything of this plan."""
    lines = living_lines(plan)
    people = {line.tester for line in lines if line.tester}
    people |= {
        m.derived_by for m in Measurement.objects.filter(plan_line__in=lines).select_related("derived_by")
    }
    verdicts = Verdict.objects.filter(measurement__plan_line__in=lines).select_related("judged_by")
    return people | {verdict.judged_by for verdict in verdicts}


def modules_of(plan: TestPlan) -> set[str]:
    return {line.module_id for line in living_lines(plan)}


def verdicts_of(plan: TestPlan) -> list[Verdict]:
    """The verdict of every agreed item, in the order of the agreement."""
    rows = Verdict.objects.filter(measurement__plan_line__in=living_lines(plan))
    return list(rows.select_related("measurement", "agreed_item").order_by("agreed_item__pk"))
