"""From records to the one frozen dictionary a report is made of (`snapshot_shape`)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _

from certificates import snapshot_shape as shape
from certificates.results import result_of
from certificates.rows import attempts_of, mark_of, test_days
from lims.equipment.models import ModuleAdoption
from lims.evaluation.models import Verdict
from lims.intake.models import Contract, DecisionRule
from lims.organization.models import Appointment, Centre, User
from lims.organization.queries import accreditation_on
from lims.plans.guards import centre_of, living_lines
from lims.plans.models import FunctionList, TestPlan
from lims.records.reasons import text_of
from lims.reports.models import TestReport
from lims.reports.queries import testers_of, verdicts_of
from lims.runs.models import Attempt
from measures.catalogue import edition

CHANGING = {"load_average", "clock_offset"}  # measured anew for each run: not part of what the environment is


@dataclass(frozen=True)
class Issue:
    """What the numbering decides about a document, beside what the records say."""

    number: str
    series: str
    authorizer: User
    numbered_at: datetime
    verify_url: str
    verify_code: str
    development: bool  # sealed with a key that says NOT ACCREDITED

    @property
    def issued_on(self) -> date:
        """The printed date of issue (Asia/Seoul): the day the number was given."""
        return timezone.localdate(self.numbered_at)


def snapshot_of(report: TestReport, issue: Issue) -> shape.Snapshot:
    """Everything the document says, read from frozen rows inside the numbering transaction.

    Source: ISO/IEC 17025:2017, 7.8.2.1 a to p, 7.8.3.1, 7.8.6.2
    """
    plan, verdicts = report.plan, verdicts_of(report.plan)
    contract, centre = plan.contract, centre_of(plan)
    attempts = [attempt for verdict in verdicts for attempt in attempts_of(verdict)]
    results = [result_of(verdict, issued_on=issue.issued_on) for verdict in verdicts]
    days = test_days(attempts)
    said = {
        **_identity(issue, centre),
        "customer": _customer(contract),
        "purpose": contract.request.purpose,
        "item": _item(plan),
        "test": _test(contract, days),
        "methods": _methods(plan),
        "modules": _modules(plan),
        "environment": _environment(plan, attempts),
        "results": results,
        "function_list": _function_list(plan.function_list),
        "functions": _functions(verdicts, plan.function_list),
        "decision_rule": _decision_rule(contract.decision_rule),
        "deviations": _stated(report.deviations, _("None")),
        "opinions": _stated(report.opinions, _("None")),
        "sampling": _stated("", _("The whole item was tested; nothing was sampled.")),
        "external_providers": _stated("", _("None")),
        "relates_only_to_items": True,
        "people": _people(report, issue.authorizer),
        "mark": _mark(centre, results, [*days, issue.issued_on]),
        "replaces": None,
        "notes": _notes(plan, verdicts, issue.development),
    }
    return cast(shape.Snapshot, said)


def _identity(issue: Issue, centre: Centre) -> dict[str, Any]:
    return {
        "schema": shape.SCHEMA,
        "number": issue.number,
        "series": issue.series,
        "language": "ko",
        "title": _("Test Report"),
        "centre": _centre(centre, issue.issued_on),
        "issued_on": issue.issued_on.isoformat(),
        "seal": {"development": issue.development, "subject": centre.name_ko},
        "verify_url": issue.verify_url,
        "verify_code": issue.verify_code,
    }


def _mark(centre: Centre, results: Sequence[shape.Result], days: Sequence[date]) -> shape.Mark:
    shown, why_not = mark_of(centre, [row["row_kind"] for row in results], days)
    return {"shown": shown, "reason": text_of(why_not) if why_not else ""}


def _centre(centre: Centre, day: date) -> shape.Centre:
    return {
        "code": centre.code,
        "name_ko": centre.name_ko,
        "name_en": centre.name_en,
        "address": centre.address,
        "contact": "",
        "accreditation_no": centre.accreditation_no,
        "accreditation_state": accreditation_on(centre, day) or "none",  # type: ignore[typeddict-item]
    }


def _customer(contract: Contract) -> shape.Customer:
    customer, request = contract.request.customer, contract.request
    return {
        "name": customer.name,
        "address": customer.address,
        "contact": customer.contact,
        "requested_on": timezone.localdate(request.submitted_at).isoformat(),
        "fictitious": customer.is_fictitious,
    }


def _item(plan: TestPlan) -> shape.Item:
    item, product = plan.item, plan.contract.request.product
    files = item.files.all()
    return {
        "product": product.name,
        "version": item.version,
        "build": item.number,
        "developer": product.developer,
        "description": f"{product.developer} {product.name} {item.version}",
        "files": [{"name": f.name, "sha256": f.sha256, "size": f.size_bytes} for f in files],
        "digest": item.digest,
        "received_on": timezone.localdate(item.received_at).isoformat(),
        "condition": item.condition,
    }


def _test(contract: Contract, days: Sequence[date]) -> shape.Test:
    return {
        "started_on": days[0].isoformat() if days else "",
        "ended_on": days[-1].isoformat() if days else "",
        "place": contract.request.centre.address,
        "place_kind": contract.place,  # type: ignore[typeddict-item]
    }


def _methods(plan: TestPlan) -> list[shape.Method]:
    names = sorted({item.edition for item in plan.contract.items.all()})
    return [_method(name) for name in names]


def _method(name: str) -> shape.Method:
    standard, _colon, year = name.partition(":")
    return {"standard": standard, "edition": year, "title": edition(name).quality_model}


def _modules(plan: TestPlan) -> list[shape.Module]:
    centre = centre_of(plan)
    found: dict[str, shape.Module] = {}
    for line in living_lines(plan):
        adopted = ModuleAdoption.objects.filter(centre=centre, proof__module_digest=line.module_digest)
        proof = adopted.order_by("-adopted_at").values_list("proof__record_sha256", flat=True).first()
        found[line.module_digest] = {
            "id": line.module_id,
            "version": line.module_version,
            "digest": line.module_digest,
            "proof": proof or "",
        }
    return list(found.values())


def _environment(plan: TestPlan, attempts: Sequence[Attempt]) -> shape.Environment:
    facts = _common([attempt.environment for attempt in attempts])
    engines = sorted({pair for attempt in attempts for pair in attempt.engine_versions.items()})
    stable = {name: value for name, value in facts.items() if name not in CHANGING}
    sandboxes = {attempt.sandbox for attempt in attempts}
    return {
        "hardware": "; ".join(f"{name} {facts[name]}" for name in ("architecture", "cpus") if name in facts),
        "software": plan.environment,
        "network": facts.get("network", "loopback"),
        "sandbox": "bubblewrap" if sandboxes == {"bubblewrap"} else "unsandboxed",
        "fingerprint": hashlib.sha256(repr(sorted(stable.items())).encode()).hexdigest(),
        "engines": [{"name": name, "value": version} for name, version in engines],
        "rows": [{"name": name, "value": value} for name, value in sorted(facts.items())],
    }


def _common(environments: Iterable[dict[str, str]]) -> dict[str, str]:
    """What held for all attempts; a value that changed between them is listed with every value seen."""
    seen: dict[str, list[str]] = {}
    for environment in environments:
        for name, value in environment.items():
            values = seen.setdefault(name, [])
            if str(value) not in values:
                values.append(str(value))
    return {name: " / ".join(values[:3]) + (" …" if len(values) > 3 else "") for name, values in seen.items()}


def _function_list(listed: FunctionList | None) -> shape.FunctionList | None:
    if listed is None:
        return None
    return {"title": listed.title_ko, "version": str(listed.number), "digest": listed.sha256}


def _functions(verdicts: Sequence[Verdict], listed: FunctionList | None) -> list[shape.Function]:
    if listed is None:
        return []
    found = _outcomes(verdicts)
    return [
        {
            "code": row.code,
            "title": row.title_ko,
            "reference": row.reference,
            "outcome": found.get(row.code, _NOT_EXECUTED)["outcome"],
            "cases": found.get(row.code, _NOT_EXECUTED)["cases"],
        }
        for row in listed.functions.all()
    ]


_NOT_EXECUTED: shape.Function = {
    "code": "",
    "title": "",
    "reference": "",
    "outcome": "not_executed",
    "cases": {"passed": 0, "failed": 0, "missing": 0, "not_executed": 0},
}


def _outcomes(verdicts: Sequence[Verdict]) -> dict[str, shape.Function]:
    """What each function was found to be, as the functional measurement kept it."""
    for verdict in verdicts:
        rows = verdict.measurement.details.get("functions")
        if rows:
            return {row["code"]: row for row in rows}
    return {}


def _decision_rule(code: str) -> shape.DecisionRule:
    return {"code": code, "text": str(DecisionRule(code).label), "reference": "ILAC-G8:09/2019"}


def _stated(text: str, none_reason: str) -> shape.Stated:
    entries = [line.strip() for line in text.splitlines() if line.strip()]
    return {"entries": entries, "none_reason": "" if entries else none_reason}


def _people(report: TestReport, authorizer: User) -> shape.People:
    centre = centre_of(report.plan)
    assert report.reviewed_by is not None  # the guard saw a reviewed report
    testers = sorted(testers_of(report.plan), key=lambda person: person.pk)
    return {
        "tested": [_person(person, centre) for person in testers],
        "reviewed": _person(report.reviewed_by, centre),
        "authorized": _person(authorizer, centre),
    }


def _person(person: User, centre: Centre) -> shape.Person:
    posts = Appointment.objects.on(timezone.localdate()).filter(person=person, centre=centre)
    roles = ", ".join(str(post.get_role_display()) for post in posts)
    return {"uid": str(person.uid), "name": person.name, "role": roles}


def _notes(plan: TestPlan, verdicts: Sequence[Verdict], development: bool) -> list[str]:
    notes = _without_result(plan)
    for name in sorted({verdict.agreed_item.edition for verdict in verdicts}):
        if not edition(name).is_confirmed:
            notes.append(
                _("The measure catalogue of %(edition)s has not yet been confirmed against the standard.")
                % {"edition": name}
            )
    if development:
        notes.append(_("Sealed with a development key: for trial only, not an accredited report."))
    return notes


def _without_result(plan: TestPlan) -> list[str]:
    """Attempts that gave no result, each with how it ended: a reader sees what was run again. Source: 7.5.1."""
    others = Attempt.objects.filter(run__plan_line__plan__item__request=plan.contract.request_id)
    rows = others.exclude(state=Attempt.State.COMPLETE).select_related("run__plan_line").order_by("pk")
    return [
        _("Attempt without a result: %(module)s, repeat %(repeat)d, %(state)s. %(reason)s")
        % {
            "module": row.run.plan_line.module_id,
            "repeat": row.run.repeat_no,
            "state": row.get_state_display(),
            "reason": text_of(row.reason) if row.reason else "",
        }
        for row in rows
    ]
