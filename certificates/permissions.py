"""Who sees certificates: the centre's people, and the customer once a document is issued."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from certificates.models import Certificate
from lims.organization.permissions import Viewer, centres_of, customers_of


def visible_certificates(person: Viewer) -> QuerySet[Certificate]:
    staff = Q(centre__in=centres_of(person))
    own = Q(
        report__plan__contract__request__customer__in=customers_of(person), state=Certificate.State.ISSUED
    )
    return Certificate.objects.filter(staff | own)
