"""Which attempts stand behind a line's measurements."""

from __future__ import annotations

from lims.plans.models import PlanLine
from lims.runs.models import Attempt


def attempts_behind(line: PlanLine) -> list[Attempt]:
    """The complete attempts of a line, in the order of their repeats."""
    complete = Attempt.objects.filter(run__plan_line=line, state=Attempt.State.COMPLETE)
    return list(complete.select_related("run").order_by("run__repeat_no", "pk"))
