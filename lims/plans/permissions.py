"""Who sees plans and function lists: the centre's people; the customer sees what is agreed and reported."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lims.organization.permissions import Viewer, centres_of, customers_of
from lims.plans.models import FunctionList, PlanLine, TestPlan


def visible_plans(person: Viewer) -> QuerySet[TestPlan]:
    return TestPlan.objects.filter(contract__request__centre__in=centres_of(person))


def visible_lines(person: Viewer) -> QuerySet[PlanLine]:
    return PlanLine.objects.filter(plan__in=visible_plans(person))


def visible_function_lists(person: Viewer) -> QuerySet[FunctionList]:
    """A centre's own lists and the customer's; another centre that serves the same customer does not see them."""
    own = Q(centre__in=centres_of(person)) | Q(product__customer__in=customers_of(person))
    return FunctionList.objects.filter(own)
