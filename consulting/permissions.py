"""Who sees consulting engagements: the centre's people."""

from __future__ import annotations

from django.db.models import QuerySet

from consulting.models import Engagement
from lims.organization.permissions import Viewer, centres_of


def visible_engagements(person: Viewer) -> QuerySet[Engagement]:
    return Engagement.objects.filter(centre__in=centres_of(person))
