"""Who sees reports before they are issued: the centre's people."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.organization.permissions import Viewer
from lims.plans.permissions import visible_plans
from lims.reports.models import TestReport


def visible_reports(person: Viewer) -> QuerySet[TestReport]:
    return TestReport.objects.filter(plan__in=visible_plans(person))
