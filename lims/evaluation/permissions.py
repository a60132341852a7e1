"""Who sees measurements and verdicts: the centre's people."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.evaluation.models import Measurement
from lims.organization.permissions import Viewer
from lims.plans.permissions import visible_plans


def visible_measurements(person: Viewer) -> QuerySet[Measurement]:
    return Measurement.objects.filter(plan_line__plan__in=visible_plans(person))
