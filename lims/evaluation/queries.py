"""What was measured for a plan, and which attempts stand behind it."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.evaluation.models import Measurement
from lims.plans.guards import living_lines
from lims.plans.models import PlanLine, TestPlan
from lims.runs.models import Attempt


def attempts_behind(line: PlanLine) -> list[Attempt]:
    """The complete attempts of a line, in the order of their repeats."""
    complete = Attempt.objects.filter(run__plan_line=line, state=Attempt.State.COMPLETE)
    return list(complete.select_related("run").order_by("run__repeat_no", "pk"))


def measurements_of(plan: TestPlan) -> QuerySet[Measurement]:
    return Measurement.objects.filter(plan_line__in=living_lines(plan))
