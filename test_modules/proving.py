"""Prove a module: run it on reference items with known answers and seeded faults, and write down what it saw.

Source: ISO/IEC 17025:2017, 7.2.1.5 and 7.11.2. A module is validated by such a record, for exactly the
bundle, tool and interpreter named in it; the record lies outside the bundle, whose digest it holds.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from test_modules import cases, catalogue
from test_modules.contract import Derived, ModuleError, Outcome, Product, RunOrder, State, Value, Watcher
from test_modules.derive import derive
from test_modules.engines import engine_of
from test_modules.engines.installation import sha256_of
from test_modules.manifest import Expected, Manifest, ProofRun, read_faults, validate_parameters
from test_modules.tools import Tools, machine

LEAST_GOOD, LEAST_FAULTY = 2, 8
RECORD = "proof.json"


@dataclass(frozen=True)
class Trial:
    """One measure of one reference item: what had to be found, and what was."""

    item: str
    fault: str  # "" for a good item
    is_hidden: bool
    run: int
    parameters: Mapping[str, Value]
    measure_id: str
    expected: Expected
    seen: float | None
    seen_reason: str
    n: int
    state: str  # how the last of its runs ended; only "complete" was judged
    passed: bool


@dataclass(frozen=True)
class ProofRecord:
    """Whether a module judged every reference item right. `gaps` are codes of what the proof itself lacks."""

    module_id: str
    module_version: str
    module_digest: str
    engine_versions: Mapping[str, str]
    environment: Mapping[str, str]
    sandbox: str
    made_at: str  # UTC
    trials: tuple[Trial, ...]
    gaps: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether the module may be used: every trial right, and enough of them."""
        return not self.gaps and bool(self.trials) and all(trial.passed for trial in self.trials)

    @property
    def broken(self) -> bool:
        """Whether a run did not end complete: then nothing is known of the module's judgement."""
        return any(trial.state != State.COMPLETE for trial in self.trials)

    def to_json(self) -> bytes:
        """The record as canonical JSON."""
        values = {**dataclasses.asdict(self), "passed": self.passed, "broken": self.broken}
        return json.dumps(values, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()


@dataclass(frozen=True)
class _Reference:
    """One item with one setting."""

    item: str
    arguments: tuple[str, ...]
    fault: str
    is_hidden: bool
    number: int
    run: ProofRun

    @property
    def name(self) -> str:
        return f"{self.fault or Path(self.item).stem}-{self.number}"


@dataclass
class _Told:
    """Passes stops on, and tells the progress of the whole proof instead of one run's."""

    watcher: Watcher
    planned: int
    done: int = 0
    name: str = ""
    outcome: Outcome | None = field(default=None)

    def progress(self, done: int, planned: int, line: str) -> None:
        self.watcher.progress(self.done, self.planned, f"{self.name}: {line}")

    def stop_asked(self) -> str:
        return self.watcher.stop_asked()


def prove(module_id: str, out_dir: Path, watcher: Watcher, tools: Tools | None = None) -> ProofRecord:
    """Run a module on its reference items; leave the evidence of every run and the record in a folder.

    Raises: ModuleError (proof.stopped) when the watcher asked for a stop, and whatever is wrong with the
    bundle. A run that does not end complete makes the proof a broken one: no word about the module
    """
    tools = tools or Tools.of_environment()
    manifest = catalogue.find(module_id)
    references = list(_references(manifest))
    told = _Told(watcher, sum(reference.run.repeats for reference in references))
    trials: list[Trial] = []
    for reference in references:
        trials += _tried(manifest, reference, out_dir, told, tools)
    record = ProofRecord(
        module_id=manifest.id,
        module_version=manifest.version,
        module_digest=catalogue.digest_of(manifest.folder),
        engine_versions=tools.versions(manifest.engine.name),
        environment=dict(machine()),
        sandbox=told.outcome.sandbox if told.outcome else "unsandboxed",
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        trials=tuple(trials),
        gaps=tuple(_gaps(manifest)),
    )
    (out_dir / RECORD).write_bytes(record.to_json())
    return record


def _references(manifest: Manifest) -> Iterator[_Reference]:
    for item in manifest.proof.good:
        for number, run in enumerate(manifest.proof.runs, start=1):
            yield _Reference(item, (), "", False, number, run)
    for fault in read_faults(manifest):
        for number, run in enumerate(fault.runs, start=1):
            yield _Reference(fault.item, fault.arguments, fault.code, fault.is_hidden, number, run)


def _gaps(manifest: Manifest) -> Iterator[str]:
    """What makes a proof worth little: too few items, or a fault whose expected values a good item has too."""
    faults = read_faults(manifest)
    if len(set(manifest.proof.good)) < LEAST_GOOD:
        yield "proof.too_few_good"
    if len(faults) < LEAST_FAULTY:
        yield "proof.too_few_faulty"
    if 2 * sum(fault.is_hidden for fault in faults) < len(faults):
        yield "proof.too_few_hidden"
    good = {name: expected for run in manifest.proof.runs for name, expected in run.expect.items()}
    for fault in faults:
        pairs = [(e, good[name]) for run in fault.runs for name, e in run.expect.items() if name in good]
        if not any(_differ(one, other) for one, other in pairs):
            yield f"proof.fault_looks_good {fault.code}"


def _differ(one: Expected, other: Expected) -> bool:
    if one.value is None or other.value is None:
        return one.value is not other.value
    return abs(one.value - other.value) > one.tolerance + other.tolerance


def _tried(
    manifest: Manifest, reference: _Reference, out_dir: Path, told: _Told, tools: Tools
) -> list[Trial]:
    parameters = validate_parameters(manifest, reference.run.parameters)
    listed = _cases_of(manifest)
    folders: list[Path] = []
    trouble: Outcome | None = None
    for repeat in range(1, reference.run.repeats + 1):
        folder = out_dir / f"{reference.name}-{repeat}"
        folder.mkdir(parents=True)
        told.name = reference.name
        order = _order(manifest, reference, folder, parameters, repeat=repeat, listed=listed)
        told.outcome = engine_of(manifest.id, tools).run(order, told)
        told.done += 1
        if told.outcome.state is State.STOPPED:
            raise ModuleError("proof.stopped", reason=told.outcome.reason)
        if told.outcome.state is not State.COMPLETE:
            trouble = told.outcome
            break
        folders.append(folder)
    found = [] if trouble else derive(manifest, folders, parameters=parameters, cases=listed)
    return [_trial(reference, parameters, name, found, trouble) for name in reference.run.expect]


def _trial(
    reference: _Reference,
    parameters: Mapping[str, Value],
    name: str,
    found: list[Derived],
    trouble: Outcome | None,
) -> Trial:
    expected = reference.run.expect[name]
    seen = next((derived for derived in found if derived.measure_id == name), None)
    return Trial(
        item=reference.item,
        fault=reference.fault,
        is_hidden=reference.is_hidden,
        run=reference.number,
        parameters=parameters,
        measure_id=name,
        expected=expected,
        seen=seen.value if seen else None,
        seen_reason=seen.reason if seen else trouble.reason if trouble else "measure.not_yielded",
        n=seen.n if seen else 0,
        state=str(trouble.state if trouble else State.COMPLETE),
        passed=seen is not None and _is_as_expected(expected, seen),
    )


def _is_as_expected(expected: Expected, seen: Derived) -> bool:
    if expected.unit != seen.unit:
        return False
    if expected.value is None or seen.value is None:
        return expected.value is seen.value and expected.reason in ("", seen.reason)
    return abs(seen.value - expected.value) <= expected.tolerance + 1e-9


def _order(
    manifest: Manifest,
    reference: _Reference,
    folder: Path,
    parameters: dict[str, Value],
    *,
    repeat: int,
    listed: bytes | None,
) -> RunOrder:
    return RunOrder(
        run_uid=f"proof-{folder.name}",
        module_id=manifest.id,
        module_version=manifest.version,
        parameters=parameters,
        out_dir=folder,
        timeout_s=manifest.engine.timeout_s,
        seed=manifest.engine.seed + repeat - 1,
        repeat_no=repeat,
        product=_product(manifest.folder / reference.item, reference.arguments),
        cases=listed,
        accounts=manifest.proof.accounts,
    )


def _product(item: Path, arguments: tuple[str, ...]) -> Product:
    others = sorted(path for path in item.parent.glob("*.py") if path.name != item.name)
    files = (item, *others)
    start = ("{python}", "{files}/" + item.name, "--host", "{host}", "--port", "{port}", *arguments)
    digest = catalogue.digest_of_files({path.name: sha256_of(path) for path in files})
    return Product(kind="python-file", files=files, digest=digest, command=start)


def _cases_of(manifest: Manifest) -> bytes | None:
    if not manifest.proof.cases:
        return None
    return cases.parse_toml((manifest.folder / manifest.proof.cases).read_bytes()).to_json()


def as_table(record: ProofRecord) -> list[dict[str, Any]]:
    """The trials as plain rows, for people."""
    return [
        {
            "item": trial.fault or trial.item,
            "measure": trial.measure_id,
            "expected": trial.expected.value,
            "tolerance": trial.expected.tolerance,
            "seen": trial.seen,
            "reason": trial.seen_reason,
            "state": trial.state,
            "passed": trial.passed,
        }
        for trial in record.trials
    ]
