"""Read a finished attempt's folder again: nothing is taken from it that the journal does not vouch for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from test_modules.cases import FunctionList
from test_modules.contract import CaseState, ModuleError, State
from test_modules.engines.collect import hashes_of
from test_modules.engines.journal import JOURNAL, verify_journal
from test_modules.events import CaseResult, FunctionalEvents
from test_modules.samples import Samples, read_samples

CASES = "cases.json"
SAMPLES = "samples.npz"
SHOWN = 60  # characters of a tag


@dataclass(frozen=True)
class Record:
    """A complete attempt whose chain and files are sound."""

    folder: Path
    head: str
    order: Mapping[str, Any]
    events: Sequence[Mapping[str, Any]]
    state: State
    files: Mapping[str, str]  # name -> SHA-256, as chained


@dataclass(frozen=True)
class FunctionOutcome:
    """What a function was found to be: correct, incorrect, missing, or not executed."""

    code: str
    outcome: str
    passed: int = 0
    failed: int = 0
    missing: int = 0
    not_executed: int = 0


def read_record(folder: Path, expected_head: str = "") -> Record:
    """Check the chain of an attempt and every file it names.

    Raises: ModuleError (journal.*; evidence.no_order, evidence.no_end; evidence.file_changed,
    evidence.file_missing)
    """
    path = folder / JOURNAL
    if path.is_symlink() or not path.is_file():
        raise ModuleError("evidence.no_journal", folder=folder.name)
    head, events = verify_journal(path, expected_head)
    own = [event for event in events if event["from"] == "lab"]
    if not own or own[0]["ev"] != "order":
        raise ModuleError("evidence.no_order", folder=folder.name)
    if own[-1]["ev"] != "ended" or own[-1].get("state") not in list(State):
        raise ModuleError("evidence.no_end", folder=folder.name)
    files: Mapping[str, str] = next((event["files"] for event in own if event["ev"] == "collected"), {})
    _require_same_files(folder, files)
    return Record(folder, head, own[0], events, State(own[-1]["state"]), files)


def _require_same_files(folder: Path, files: Mapping[str, str]) -> None:
    found = hashes_of(folder)
    for name, sha256 in files.items():
        if name not in found:
            raise ModuleError("evidence.file_missing", folder=folder.name, file=name)
        if found[name] != sha256:
            raise ModuleError("evidence.file_changed", folder=folder.name, file=name)


def case_results(record: Record, functions: FunctionList | None) -> tuple[CaseResult, ...]:
    """One result for each planned case, from the events as they were chained."""
    told = FunctionalEvents(functions.case_ids() if functions else None)
    for event in record.events:
        if event["from"] == "tool":
            told.take(event)
    if told.errors or told.disagreement():
        raise ModuleError("evidence.not_complete", folder=record.folder.name, reason=told.disagreement())
    results = told.results()
    for result in results if functions else ():  # the tag decides what a case counts for, the id what it is
        if result.case_id.partition("/")[0] != result.function:
            raise ModuleError(
                "evidence.other_function",
                folder=record.folder.name,
                case=result.case_id,
                function=result.function[:SHOWN],
            )
    return results


def function_outcomes(results: Sequence[CaseResult], codes: Sequence[str]) -> tuple[FunctionOutcome, ...]:
    """Judge functions by their cases: missing when all say so, incorrect when it exists and any case does not pass.

    Shape: one outcome for each code, in that order
    """
    return tuple(_outcome(code, [r.state for r in results if r.function == code]) for code in codes)


def _outcome(code: str, states: Sequence[CaseState]) -> FunctionOutcome:
    count = {state: states.count(state) for state in CaseState}
    if not states or count[CaseState.NOT_EXECUTED]:
        outcome = "not_executed"
    elif count[CaseState.MISSING] == len(states):
        outcome = "missing"
    elif count[CaseState.PASS] == len(states):
        outcome = "correct"
    else:  # it exists: where one case found no way to call it, another one did
        outcome = "incorrect"
    return FunctionOutcome(
        code=code,
        outcome=outcome,
        passed=count[CaseState.PASS],
        failed=count[CaseState.FAIL],
        missing=count[CaseState.MISSING],
        not_executed=count[CaseState.NOT_EXECUTED],
    )


def samples_in(record: Record) -> Samples:
    """The samples of an attempt, as vouched for. Raises: ModuleError (evidence.file_missing, samples.unreadable)."""
    if SAMPLES not in record.files:
        raise ModuleError("evidence.file_missing", folder=record.folder.name, file=SAMPLES)
    return read_samples(record.folder / SAMPLES)
