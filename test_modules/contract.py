"""What the laboratory asks of an engine, and what an engine may answer.

This is the only language between the LIMS and the tools that run tests. It knows no database, no broker and
no web: an order comes in as a value, an outcome goes out as a value, and everything else lies as files in
`RunOrder.out_dir`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

Value = int | float | str | bool


class ModuleError(Exception):
    """Something in this package refuses, for a reason a person can act on.

    `code` is stable and translated by whoever shows it; `params` name the field, the limit and its unit.
    """

    def __init__(self, code: str, **params: Value) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params: dict[str, Value] = params


class EngineBroken(ModuleError):
    """A tool or its environment failed. Never a verdict about the item."""


class State(StrEnum):
    """How one attempt ended. Only COMPLETE may feed a measurement. Source: ISO/IEC 17025:2017, 7.5.1."""

    COMPLETE = "complete"
    STOPPED = "stopped"  # a person asked for it
    TIMED_OUT = "timed_out"
    INTERRUPTED = "interrupted"  # worker or machine lost; only the LIMS can say this
    BROKEN = "broken"  # a tool failed
    INVALID = "invalid"  # generator unhealthy, or planned and reported disagree


class CaseState(StrEnum):
    """What one test case found. MISSING: no way to call the function exists."""

    PASS = "pass"  # noqa: S105 - a verdict
    FAIL = "fail"
    MISSING = "missing"
    NOT_EXECUTED = "not_executed"


@dataclass(frozen=True)
class Product:
    """A test item as received, and how it is brought up for a run.

    The environment is installed from `files` themselves, never from a name; `kind` is "python-wheel" (the
    first file is the wheel, `requirements` a hash-locked list of what it depends on) or "python-file" (one
    script, used by reference items). In `command` and `configuration` the words {host}, {port}, {python},
    {files} and {state} are filled in; {state} is a folder that is empty at each start.
    """

    kind: str
    files: tuple[Path, ...]
    digest: str  # SHA-256 over sorted name and SHA-256 of the files: the item's own identity
    command: tuple[str, ...]
    ready_path: str = "/"  # answers anything but 5xx when the product is up
    requirements: Path | None = None
    configuration: Mapping[str, str] = field(default_factory=dict)  # file name below {state} -> text


@dataclass(frozen=True)
class RunOrder:
    """One run of one module against one product. Immutable; carries every setting the engine needs."""

    run_uid: str
    module_id: str
    module_version: str
    parameters: Mapping[str, Value]  # validated against the manifest, complete with defaults
    out_dir: Path  # empty; everything in it afterwards is evidence
    timeout_s: float
    seed: int
    repeat_no: int = 1
    product: Product | None = None
    target_url: str = ""  # a loopback address, when no product is to be brought up
    cases: bytes | None = None  # canonical JSON of the function list (cases.py)
    accounts: Mapping[str, str] = field(default_factory=dict)  # name in the cases -> "login:password" there


@dataclass(frozen=True)
class Outcome:
    """What an attempt left behind.

    `files` are names below out_dir, each a regular file. `planned` and `reported` count test cases
    (functional) or are seconds planned and covered (load). `journal_head` is the last hash of the journal.
    """

    state: State
    reason: str = ""
    planned: int = 0
    reported: int = 0
    files: tuple[str, ...] = ()
    journal_head: str = ""
    engine_versions: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    sandbox: str = "unsandboxed"  # or "bubblewrap"


class Watcher(Protocol):
    """The engine's way to whoever ordered the run. Called from the supervising process only."""

    def progress(self, done: int, planned: int, line: str) -> None:
        """Tell how far the run is; `line` is one line of log for people. At most once a second."""

    def stop_asked(self) -> str:
        """Why the run should stop now ("" = go on): a person's stop, or a lease that was lost."""


class Engine(Protocol):
    """One adapter per tool. Raises ModuleError before anything was started; every later end is an Outcome."""

    def run(self, order: RunOrder, watcher: Watcher) -> Outcome:
        """Run to the end, the deadline or a stop, and leave no process behind."""


@dataclass(frozen=True)
class Derived:
    """One measure as computed from raw data: the same code in the LIMS, offline and in the proof.

    Shape: `a`, `b` where the formula is a ratio; `values` one number per repeat where it is a mean.
    Units: `unit` holds for value, values and uncertainty; nothing is rounded.
    """

    measure_id: str
    edition: str
    formula_version: str
    value: float | None  # None: not applicable or not measured, with the reason
    unit: str
    n: int
    a: float | None = None
    b: float | None = None
    values: tuple[float, ...] = ()
    standard_uncertainty: float | None = None
    coverage_factor: float | None = None
    degrees_of_freedom: float | None = None
    reason: str = ""  # code: why there is no value, or why there is no uncertainty
    details: Mapping[str, object] = field(default_factory=dict)  # rows behind A and B, requests, plateaus
