"""What happened to a record: its events in the audit chain, and what was refused. Source: ISO/IEC 17025:2017, 7.5.2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext_lazy as _

from certificates.models import Certificate
from certificates.permissions import visible_certificates
from lims.equipment.permissions import visible_proofs
from lims.home.words import event_text, step_text
from lims.intake.models import TestRequest
from lims.intake.permissions import visible_contracts, visible_requests
from lims.items.permissions import visible_items
from lims.organization.models import User
from lims.organization.permissions import visible_centres, visible_customers, visible_people
from lims.plans.models import TestPlan
from lims.plans.permissions import visible_plans
from lims.records.chain import SYSTEM
from lims.records.models import AuditEvent, Record, Refusal
from lims.reports.models import TestReport
from lims.reports.permissions import visible_reports
from lims.runs.permissions import visible_runs

MOST_EVENTS = 200
SHOWN: dict[str, tuple[Any, Callable[[Any], QuerySet[Any]]]] = {
    "request": (_("test request"), visible_requests),
    "contract": (_("contract"), visible_contracts),
    "item": (_("test item"), visible_items),
    "plan": (_("test plan"), visible_plans),
    "run": (_("test run"), visible_runs),
    "report": (_("test report"), visible_reports),
    "certificate": (_("certificate"), visible_certificates),
    "proof": (_("module proof"), visible_proofs),
    "centre": (_("centre"), visible_centres),
    "customer": (_("customer"), visible_customers),
}


@dataclass(frozen=True)
class Change:
    """One field, before and after; personal data stand in the chain as a hash only."""

    name: Any
    before: Any
    after: Any


@dataclass(frozen=True)
class Happening:
    """One entry of the timeline."""

    at: datetime
    who: str
    what: Any
    why: str = ""
    changes: tuple[Change, ...] = ()
    reasons: tuple[dict[str, Any], ...] = ()
    place: str = ""  # chain and number, by which it is found in an export


def record_shown(kind: str, uid: UUID, person: Any) -> tuple[Any, Record]:
    """The row and the word for it; 404 when there is none or it is not this person's to see."""
    if kind not in SHOWN or not visible_centres(person).exists():
        raise Http404  # what the laboratory did is shown to the laboratory
    word, visible = SHOWN[kind]
    row: Record = get_object_or_404(visible(person), uid=uid)
    return word, row


def timeline_of(row: Record, person: User) -> list[Happening]:
    """Events of the own centres' chains that cover this row, and colleagues' refused steps, the latest first.

    A request's own history is that of every row after it.
    """
    rows = {str(one.uid): type(one) for one in [row, *_after(row)]}
    events = list(_events_of(list(rows), person).order_by("-at", "-seq")[:MOST_EVENTS])
    colleagues = visible_people(person).values("uid")
    refused = Refusal.objects.filter(Q(by_uid__in=colleagues) | Q(by_uid=person.uid), row_uid__in=rows)
    refusals = list(refused[:MOST_EVENTS])
    uids = [*(event.by_uid for event in events), *(refusal.by_uid for refusal in refusals)]
    names = _names({uid for uid in uids if uid})
    found = [_event(event, rows, names) for event in events]
    found += [_refusal(refusal, names) for refusal in refusals]
    return sorted(found, key=lambda happening: happening.at, reverse=True)


def _after(row: Record) -> Iterable[Record]:
    if not isinstance(row, TestRequest):
        return []
    plans = TestPlan.objects.filter(contract__request=row)
    reports = TestReport.objects.filter(plan__in=plans)
    documents = Certificate.objects.filter(report__in=reports)
    return [*row.reviews.all(), *row.contracts.all(), *row.items.all(), *plans, *reports, *documents]


def _events_of(uids: Iterable[str], person: User) -> QuerySet[AuditEvent]:
    chains = [*visible_centres(person).values_list("code", flat=True), SYSTEM]
    written = AuditEvent.objects.filter(chain__in=chains).annotate(text=Cast("rows", TextField()))
    return written.filter(reduce(or_, (Q(text__contains=uid) for uid in uids)))


def _event(event: AuditEvent, rows: dict[str, type[Record]], names: dict[UUID, str]) -> Happening:
    covered = [entry for entry in event.rows if entry["uid"] in rows]
    return Happening(
        at=event.at,
        who=_who(event.by_uid, names),
        what=event_text(event.kind),
        why=event.why,
        changes=tuple(change for entry in covered for change in _changes(entry, rows[entry["uid"]])),
        place=f"{event.chain} {event.seq}",
    )


def _refusal(refusal: Refusal, names: dict[UUID, str]) -> Happening:
    what = step_text(refusal.step)
    return Happening(refusal.at, _who(refusal.by_uid, names), what, reasons=tuple(refusal.reasons))


def _changes(covered: dict[str, Any], model: type[Record]) -> Iterable[Change]:
    before = covered["before"] or {}
    for name, value in covered["after"].items():
        if name not in ("id", "uid") and value not in ("", None, [], {}):
            yield Change(_field(model, name), _plain(before.get(name)), _plain(value))


def _field(model: type[Record], name: str) -> Any:
    try:
        field = model._meta.get_field(name.removesuffix("_id"))
    except FieldDoesNotExist:
        return name
    return getattr(field, "verbose_name", name)


def _plain(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"hash"}:
        return _("kept as a hash: %(start)s…") % {"start": value["hash"][:8]}
    return value


def _names(uids: set[UUID]) -> dict[UUID, str]:
    return dict(User.objects.filter(uid__in=uids).values_list("uid", "name"))


def _who(uid: UUID | None, names: dict[UUID, str]) -> str:
    return names.get(uid, "") if uid else ""
