"""From raw data to measures, from measures to verdicts. Source: ISO/IEC 17025:2017, 7.6, 7.8.6, 7.11.6."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from lims.errors import Reason
from lims.evaluation import guards
from lims.evaluation.models import Measurement, MeasurementSource, Verdict
from lims.evaluation.queries import attempts_behind, measurements_of
from lims.intake.models import AgreedItem, Contract
from lims.organization.models import User
from lims.plans.guards import centre_of
from lims.plans.models import PlanLine, TestPlan
from lims.records import store
from lims.records.chain import record
from lims.records.services import require, step_of
from lims.runs.models import Attempt
from measures import decision
from measures.catalogue import edition
from test_modules import catalogue
from test_modules.contract import Derived, ModuleError
from test_modules.derive import derive


def derive_measurements(*, line: PlanLine, by: User) -> list[Measurement]:
    """Compute a line's measures from its raw files, by the same code that recomputes them outside the LIMS.

    Shape:   one measurement for each of the line's measures; n counts repeats or functions, never requests
    Raises:  Blocked, also when a raw file no longer has its hash or does not say what its order was
    """
    require(guards.against_deriving(line, by), step="derive_measurements", row=line, by=by)  # before the work
    attempts = attempts_behind(line)
    try:
        found = _derived(line, attempts)
    except (ModuleError, store.StoreDamaged) as trouble:
        require([_unsound(trouble)], step="derive_measurements", row=line, by=by)
        raise
    with step_of("derive_measurements", row=line, by=by) as ask:
        ask(guards.against_deriving(line, by))
        rows = [_kept(line, derived, by) for derived in found]
        sources = [
            MeasurementSource.objects.create(measurement=row, attempt=attempt)
            for row in rows
            for attempt in attempts
        ]
        record("measurements.derived", *rows, *sources, chain=centre_of(line.plan).code, by=by)
    return rows


def judge_plan(*, plan: TestPlan, by: User) -> list[Verdict]:
    """Judge every agreed item by the agreed decision rule; without a criterion the value is reported, not judged.

    Raises:  Blocked
    Source:  ISO/IEC 17025:2017, 7.8.6
    """
    with step_of("judge_plan", row=plan, by=by) as ask:
        ask(guards.against_judging(plan, by))
        found = {(row.measure_id, row.edition): row for row in measurements_of(plan)}
        rows = [
            _judged(found[item.measure_id, item.edition], item, plan.contract, by)
            for item in plan.contract.items.all()
        ]
        record("plan.judged", *rows, chain=centre_of(plan).code, by=by)
    return rows


def _unsound(trouble: ModuleError | store.StoreDamaged) -> Reason:
    if isinstance(trouble, ModuleError):
        return Reason(trouble.code, dict(trouble.params), clause="7.5.1")
    return Reason("file.damaged", {"file": str(trouble)}, clause="7.5.2")


def _derived(line: PlanLine, attempts: Sequence[Attempt]) -> list[Derived]:
    listed = line.plan.function_list
    with tempfile.TemporaryDirectory(dir=settings.SCRATCH_DIR) as folder:
        repeats = []
        for attempt in attempts:
            repeat = Path(folder) / f"{attempt.run.repeat_no:03d}"
            for file in attempt.files.all():
                store.copy_to(file.sha256, repeat / file.name)
            repeats.append(repeat)
        cases = listed.document.encode() if listed else None
        heads = [attempt.journal_head for attempt in attempts]
        module = catalogue.find(line.module_id)
        return derive(module, repeats, parameters=line.parameters, cases=cases, heads=heads)


def _kept(line: PlanLine, derived: Derived, by: User) -> Measurement:
    return Measurement.objects.create(
        plan_line=line,
        measure_id=derived.measure_id,
        edition=derived.edition,
        formula_version=derived.formula_version,
        value=derived.value,
        unit=derived.unit,
        n=derived.n,
        a=derived.a,
        b=derived.b,
        values=list(derived.values),
        standard_uncertainty=derived.standard_uncertainty,
        coverage_factor=derived.coverage_factor,
        degrees_of_freedom=derived.degrees_of_freedom,
        reason=derived.reason,
        details=dict(derived.details),
        derived_by=by,
        derived_at=timezone.now(),
    )


def _judged(measurement: Measurement, item: AgreedItem, contract: Contract, by: User) -> Verdict:
    outcome, reason = _verdict(measurement, item, contract.decision_rule)
    return Verdict.objects.create(
        measurement=measurement,
        agreed_item=item,
        outcome=outcome,
        decision_rule=contract.decision_rule,
        reason=reason,
        judged_by=by,
        judged_at=timezone.now(),
    )


def _verdict(measurement: Measurement, item: AgreedItem, rule: str) -> tuple[str, str]:
    if not item.comparator or item.limit is None:
        return Verdict.Outcome.NOT_JUDGED, "verdict.no_criterion"
    judgement = decision.judge(
        value=measurement.value,
        unit=measurement.unit,
        criterion=decision.Criterion(decision.Comparator(item.comparator), Decimal(item.limit), item.unit),
        rule=decision.DecisionRule(rule),
        direction=edition(item.edition).measure(item.measure_id).direction,
        expanded_uncertainty=expanded(measurement),
        reason=measurement.reason,
    )
    return judgement.verdict.value, judgement.reasons[0].code.value


def expanded(measurement: Measurement) -> float | None:
    """U = k u, where there is an uncertainty."""
    if measurement.standard_uncertainty is None or measurement.coverage_factor is None:
        return None
    return measurement.coverage_factor * measurement.standard_uncertainty
