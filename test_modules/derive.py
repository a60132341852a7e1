"""From raw files to measures: the one way, in the LIMS, on the command line and in the proof.

Counts are functions, never cases. Load values are means over the repeats, each of which is one run: the
requests of a run are correlated. The warm-up is left out, and only answers that the load file judged good
are averaged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from measures import functional, time_behaviour
from measures.result import Result
from measures.time_behaviour import Observation
from measures.uncertainty import rectangular
from test_modules.cases import FunctionList, parse_json
from test_modules.catalogue import digest_of
from test_modules.contract import Derived, ModuleError, State, Value
from test_modules.evidence import (
    FunctionOutcome,
    Record,
    case_results,
    function_outcomes,
    read_record,
    samples_in,
)
from test_modules.manifest import Manifest, MeasureSource
from test_modules.samples import Samples

TIMER_HALF_WIDTH_MS = 0.0005  # samples are kept to the microsecond
MODULE_DIGEST = "module_digest"  # in the order as journalled
TOO_MANY_FAILURES = "result.too_many_failures"


@dataclass(frozen=True)
class Plateau:
    """One measured window of one repeat. Units: milliseconds, seconds."""

    repeat: int
    users: int
    seconds: float
    completed: int  # answers judged good
    failed: int
    mean_ms: float | None  # over the good answers

    @property
    def failed_share(self) -> float:
        """Failed of all requests that ended in the window; 1 when there was none."""
        total = self.completed + self.failed
        return self.failed / total if total else 1.0

    def as_row(self) -> dict[str, object]:
        """The row that the measure's details show."""
        return {
            "repeat": self.repeat,
            "users": self.users,
            "observed_s": self.seconds,
            "requests": self.completed + self.failed,
            "completed": self.completed,
            "failed": self.failed,
            "mean_ms": self.mean_ms,
            "rate_per_s": self.completed / self.seconds,
        }


def derive(
    manifest: Manifest,
    repeats: Sequence[Path],
    *,
    parameters: Mapping[str, Value],
    cases: bytes | None = None,
    heads: Sequence[str] | None = None,
) -> list[Derived]:
    """Compute every measure that the module yields with these parameters.

    Shape:  one folder of evidence for each complete repeat, in the order of the repeats; `heads` likewise, the
            last hash of each journal as it was put on record outside the folder
    Raises: ModuleError when a folder is not sound, not complete, ends in another hash than the recorded one, or
            belongs to another order or to other bytes of the module
    """
    if not repeats:
        raise ModuleError("derive.no_repeats", module=manifest.id)
    records = _records(repeats, heads)
    digest = digest_of(manifest.folder) if any(MODULE_DIGEST in record.order for record in records) else ""
    for record in records:
        _require_of_order(record, manifest, digest, parameters)
    sources = manifest.measures_for(parameters)
    if manifest.engine.name == "robot":
        return _functional(sources, records, parse_json(cases) if cases is not None else None)
    plateaus = [_plateaus(number, samples_in(record)) for number, record in enumerate(records, start=1)]
    return [_load(source, plateaus) for source in sources]


def _records(repeats: Sequence[Path], heads: Sequence[str] | None) -> list[Record]:
    if heads is None:
        return [read_record(folder) for folder in repeats]
    if len(heads) != len(repeats) or not all(heads):  # an empty one would compare with nothing
        raise ModuleError("derive.no_head", size=sum(map(bool, heads)), limit=len(repeats))
    return [read_record(folder, head) for folder, head in zip(repeats, heads, strict=True)]


def _require_of_order(
    record: Record, manifest: Manifest, digest: str, parameters: Mapping[str, Value]
) -> None:
    name = record.folder.name
    if record.state is not State.COMPLETE:
        raise ModuleError("derive.not_complete", folder=name, state=str(record.state))
    ordered = (record.order.get("module"), record.order.get("version"), record.order.get("parameters"))
    if ordered != (manifest.id, manifest.version, dict(parameters)):
        raise ModuleError("derive.other_order", folder=name, module=manifest.id)
    if record.order.get(MODULE_DIGEST, digest) != digest:
        raise ModuleError("derive.other_module", folder=name, module=manifest.id)


def _functional(
    sources: Sequence[MeasureSource], records: Sequence[Record], functions: FunctionList | None
) -> list[Derived]:
    if len(records) != 1:
        raise ModuleError("derive.one_repeat_only", size=len(records), limit=1)
    results = case_results(records[0], functions)
    listed = (
        [function.code for function in functions.functions] if functions else [r.function for r in results]
    )
    outcomes = function_outcomes(results, list(dict.fromkeys(listed)))
    for outcome in outcomes:  # it would count as neither correct nor incorrect, and B would be too large
        if outcome.outcome == "not_executed":
            raise ModuleError("derive.not_executed", folder=records[0].folder.name, function=outcome.code)
    return [_ratio(source, outcomes) for source in sources]


def _ratio(source: MeasureSource, outcomes: Sequence[FunctionOutcome]) -> Derived:
    count = {name: sum(o.outcome == name for o in outcomes) for name in ("correct", "incorrect", "missing")}
    formulas: dict[str, Callable[[], Result]] = {
        "FCp-1-G": lambda: functional.fcp(count["missing"], len(outcomes)),
        "FCr-1-G": lambda: functional.fcr(count["incorrect"], count["correct"] + count["incorrect"]),
    }
    rows = [_function_row(outcome) for outcome in outcomes]
    return _derived(source, _chosen(formulas, source)(), {"functions": rows})


def _function_row(found: FunctionOutcome) -> dict[str, object]:
    counts = {name: getattr(found, name) for name in ("passed", "failed", "missing", "not_executed")}
    return {"code": found.code, "outcome": found.outcome, "cases": counts}


def _plateaus(repeat: int, samples: Samples) -> list[Plateau]:
    found = []
    for window in samples.windows:
        is_in = samples.window == window.number
        times = samples.time_us[is_in & ~samples.is_failure]
        completed = len(times)
        found.append(
            Plateau(
                repeat=repeat,
                users=window.users,
                seconds=window.seconds,
                completed=completed,
                failed=int(np.count_nonzero(is_in)) - completed,
                mean_ms=float(times.mean(dtype=np.float64)) / 1000 if completed else None,
            )
        )
    return found


def _load(source: MeasureSource, plateaus: Sequence[Sequence[Plateau]]) -> Derived:
    every = [plateau for repeat in plateaus for plateau in repeat]
    worst = max(plateau.failed_share for plateau in every)
    details: dict[str, object] = {
        "repeats": [plateau.as_row() for plateau in every],
        "requests": sum(plateau.completed + plateau.failed for plateau in every),
        "failed": sum(plateau.failed for plateau in every),
        "worst_failed_share": worst,
        "max_failed_share": source.max_failed_share,
    }
    if worst > source.max_failed_share:
        return _derived(
            source,
            Result(source.formula_version, None, source.unit, n=len(plateaus)),
            details,
            TOO_MANY_FAILURES,
        )
    first = [repeat[0] for repeat in plateaus]
    formulas: dict[str, Callable[[], Result]] = {
        "PTb-1-G": lambda: time_behaviour.mean_response_time(
            [plateau.mean_ms for plateau in first if plateau.mean_ms is not None],
            [rectangular("timer resolution", TIMER_HALF_WIDTH_MS)],
        ),
        "PTb-5-G": lambda: time_behaviour.mean_throughput([_observed(plateau) for plateau in first]),
        "PCa-1-G": lambda: time_behaviour.transaction_capacity(
            [_observed(plateau) for plateau in first], [_observed(repeat[-1]) for repeat in plateaus]
        ),
    }
    return _derived(source, _chosen(formulas, source)(), details)


def _observed(plateau: Plateau) -> Observation:
    return Observation(plateau.completed, plateau.seconds)


def _chosen(formulas: Mapping[str, Callable[[], Result]], source: MeasureSource) -> Callable[[], Result]:
    if source.id not in formulas:
        raise ModuleError("derive.no_formula", measure=source.id)
    return formulas[source.id]


def _derived(
    source: MeasureSource, result: Result, details: Mapping[str, object], reason: str = ""
) -> Derived:
    for given, used in ((source.formula_version, result.formula_version), (source.unit, result.unit)):
        if given != used:  # the manifest promises another formula or unit than the one that would be used
            raise ModuleError("derive.formula_differs", measure=source.id, promised=given, present=used)
    spread = result.uncertainty
    return Derived(
        measure_id=source.id,
        edition=source.edition,
        formula_version=result.formula_version,
        value=result.value,
        unit=result.unit,
        n=result.n,
        a=result.a,
        b=result.b,
        values=result.values,
        standard_uncertainty=spread.standard if spread else None,
        coverage_factor=spread.coverage_factor if spread else None,
        degrees_of_freedom=spread.degrees_of_freedom if spread else None,
        reason=reason or str(result.reason),
        details={**details, **result.details},
    )
