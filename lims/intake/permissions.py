"""Who sees requests and contracts."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from lims.intake.models import Contract, TestRequest
from lims.organization.permissions import Viewer, centres_of, customers_of


def visible_requests(person: Viewer) -> QuerySet[TestRequest]:
    """Requests to the centres one works in, and of the companies one acts for."""
    return TestRequest.objects.filter(Q(centre__in=centres_of(person)) | Q(customer__in=customers_of(person)))


def visible_contracts(person: Viewer) -> QuerySet[Contract]:
    return Contract.objects.filter(request__in=visible_requests(person))
