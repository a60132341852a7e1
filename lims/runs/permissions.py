"""Who sees runs, attempts and raw files: the centre's people."""

from __future__ import annotations

from django.db.models import QuerySet

from lims.organization.permissions import Viewer, centres_of
from lims.runs.models import Attempt, RawFile, TestRun


def visible_runs(person: Viewer) -> QuerySet[TestRun]:
    return TestRun.objects.filter(centre__in=centres_of(person))


def visible_attempts(person: Viewer) -> QuerySet[Attempt]:
    return Attempt.objects.filter(run__in=visible_runs(person))


def visible_raw_files(person: Viewer) -> QuerySet[RawFile]:
    return RawFile.objects.filter(attempt__in=visible_attempts(person))
