"""Which kind each result row is, and whether the document may carry the mark.

A row is accredited only when every condition holds on every test date and on the date of issue.
Source: ISO/IEC 17025:2017, 7.8.1.2, 7.8.2.1; KOLAS rules on the use of the mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.utils import timezone

from certificates.snapshot_shape import RowKind
from lims.evaluation.models import Verdict
from lims.organization.models import AccreditationState, Centre
from lims.organization.queries import accreditation_on, in_scope
from lims.runs.models import Attempt, TestRun


def attempts_of(verdict: Verdict) -> list[Attempt]:
    sources = verdict.measurement.sources.select_related("attempt__run").order_by("attempt__run__repeat_no")
    return [source.attempt for source in sources]


def test_days(attempts: Sequence[Attempt]) -> list[date]:
    """Every day (Asia/Seoul) on which an attempt began or ended."""
    moments = [moment for a in attempts for moment in (a.started_at, a.ended_at) if moment]
    return sorted({timezone.localdate(moment) for moment in moments})


def kind_of(verdict: Verdict, *, issued_on: date) -> tuple[RowKind, str]:
    """The kind of a row and, unless it is accredited, the code of the first condition it misses."""
    attempts, item = attempts_of(verdict), verdict.agreed_item
    centre, place = item.contract.request.centre, item.contract.place
    days = [*test_days(attempts), issued_on]
    if not all(in_scope(centre, item.edition, item.measure_id, place, on=day) for day in days):
        return "outside_scope", "row.outside_scope"
    if any(attempt.run.purpose != TestRun.Purpose.ACCREDITED for attempt in attempts):
        return "not_to_criteria", "row.not_ordered_accredited"
    if any(attempt.sandbox != "bubblewrap" for attempt in attempts):
        return "not_to_criteria", "row.unsandboxed"
    if verdict.measurement.value is None:
        return "not_to_criteria", "row.without_value"
    return "accredited", ""


def mark_of(centre: Centre, kinds: Sequence[RowKind], days: Sequence[date]) -> tuple[bool, str]:
    """Whether the mark is shown, else why not. No mark unless every row is accredited."""
    if not centre.accreditation_no:
        return False, "mark.no_accreditation_number"
    if any(accreditation_on(centre, day) != AccreditationState.State.VALID for day in days):
        return False, "mark.accreditation_not_valid"
    if not kinds or any(kind != "accredited" for kind in kinds):
        return False, "mark.rows_not_accredited"
    return True, ""
