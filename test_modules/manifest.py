"""Read and check module.toml: what a test module is, needs, measures and is proven on.

Contents after ISO/IEC 14598-6:2001 (scope, references, terms, inputs, interpretation, procedure). Whether a
module is draft or validated is not in here: that is the word of its proof record.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from test_modules.contract import ModuleError, Value
from test_modules.reading import LINE, TEXT, Table, read_toml

MOST_BYTES = 262_144
ENGINES = ("robot", "locust")
VERSION = re.compile(r"\d{1,4}\.\d{1,4}\.\d{1,4}")
ABOUT = ("scope", "references", "terms", "inputs", "interpretation", "procedure")
TYPES: dict[str, type] = {"int": int, "float": float, "text": str, "bool": bool}


@dataclass(frozen=True)
class Parameter:
    """A setting of the module, with its unit, default and ceiling."""

    name: str
    type: str  # int, float, text, bool
    unit: str
    default: Value
    title_ko: str
    title_en: str
    minimum: float | None = None
    maximum: float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class MeasureSource:
    """A quality measure that the module yields, and the raw file it is computed from."""

    id: str  # of the catalogue, as PTb-1-G
    edition: str
    formula_version: str
    unit: str
    source: str  # raw file: journal.log or samples.npz
    direction: str  # higher or lower is better
    when: Mapping[str, str] = field(default_factory=dict)  # parameters under which it is yielded
    max_failed_share: float = 0.01  # of requests; above it there is no value


@dataclass(frozen=True)
class EngineSettings:
    """How the tool is run. Units: seconds."""

    name: str
    entry: str  # file in the bundle
    timeout_s: float  # hard stop; the attempt ends timed out, never failed
    warm_up_s: float
    repeats: int  # independent runs that a mean is taken over
    seed: int
    on_interruption: str  # retry or ask
    max_generator_cpu: float  # share of one core, above it the generator is unhealthy


@dataclass(frozen=True)
class Expected:
    """What the module must find on a reference item: a value within a tolerance, or the reason for none."""

    value: float | None
    tolerance: float
    unit: str
    reason: str = ""


@dataclass(frozen=True)
class ProofRun:
    """How reference items are run, and what must come out."""

    parameters: Mapping[str, Value]
    repeats: int
    expect: Mapping[str, Expected]


@dataclass(frozen=True)
class Fault:
    """A reference item with a seeded fault that the module must see."""

    code: str
    title_ko: str
    title_en: str
    item: str  # file in the bundle
    arguments: tuple[str, ...]  # for the item, after host and port
    is_hidden: bool  # no status code shows it
    runs: tuple[ProofRun, ...]


@dataclass(frozen=True)
class Proof:
    """What the module must judge right before an accredited run may use it."""

    good: tuple[str, ...]  # reference items, files in the bundle
    faulty: str  # faults.toml in the bundle
    runs: tuple[ProofRun, ...]  # each good item is judged by every one of these
    cases: str = ""  # function list that the reference items are tested with
    accounts: Mapping[str, str] = field(
        default_factory=dict
    )  # account name -> "login:password" at the references


@dataclass(frozen=True)
class Manifest:
    """A test module, exactly as its module.toml says."""

    id: str
    version: str
    title_ko: str
    title_en: str
    method: str
    characteristic: str  # ISO/IEC 25010
    about: Mapping[str, Mapping[str, str]]  # language -> section of ABOUT -> text
    engine: EngineSettings
    parameters: tuple[Parameter, ...]
    measures: tuple[MeasureSource, ...]
    proof: Proof
    folder: Path = Path()

    def measures_for(self, parameters: Mapping[str, Value]) -> tuple[MeasureSource, ...]:
        """The measures that a run with these parameters yields."""
        return tuple(m for m in self.measures if all(parameters.get(k) == v for k, v in m.when.items()))


def read_manifest(folder: Path) -> Manifest:
    """Read the module.toml of a bundle. Raises: ModuleError naming the place, the field and the limit."""
    path = folder / "module.toml"
    if path.is_symlink() or not path.is_file():
        raise ModuleError("module.no_manifest", module=folder.name)
    manifest = parse_manifest(path.read_bytes(), folder)
    for name in (manifest.engine.entry, *manifest.proof.good, manifest.proof.faulty, manifest.proof.cases):
        if name and not _lies_within(folder, name):
            raise ModuleError("module.file_missing", module=manifest.id, file=name)
    return manifest


def parse_manifest(data: bytes, folder: Path = Path()) -> Manifest:
    """Parse the text of a module.toml. Raises: ModuleError naming the place, the field and the limit."""
    top = read_toml(data, MOST_BYTES)
    manifest = Manifest(
        id=top.code("id"),
        version=_version(top),
        title_ko=top.text("title_ko"),
        title_en=top.text("title_en"),
        method=top.text("method"),
        characteristic=top.text("characteristic"),
        about=_about(top.table("about")),
        engine=_engine(top.table("engine")),
        parameters=tuple(_parameter(table) for table in top.tables("parameters", 40)),
        measures=tuple(_measure(table) for table in top.tables("measures", 40, least=1)),
        proof=_proof(top.table("proof")),
        folder=folder,
    )
    top.done()
    _refuse_twins(top, "parameters", [parameter.name for parameter in manifest.parameters])
    _refuse_twins(top, "measures", [measure.id for measure in manifest.measures])
    for parameter in manifest.parameters:
        _checked(parameter, parameter.default)  # a default beyond its own ceiling
    return manifest


def validate_parameters(manifest: Manifest, given: Mapping[str, object]) -> dict[str, Value]:
    """Check settings against the manifest and complete them with its defaults.

    Raises: ModuleError (parameter.unknown, wrong_type, too_small, too_large, too_long, not_a_choice)
            naming field, limit and unit
    """
    known = {parameter.name: parameter for parameter in manifest.parameters}
    for name in given:
        if name not in known:
            raise ModuleError("parameter.unknown", field=str(name)[:LINE], module=manifest.id)
    return {name: _checked(known[name], given.get(name, known[name].default)) for name in known}


def _checked(parameter: Parameter, value: object) -> Value:
    name, unit = parameter.name, parameter.unit
    value = _typed(parameter, value)
    if isinstance(value, str):
        if len(value) > TEXT:
            raise ModuleError("parameter.too_long", field=name, limit=TEXT, unit="character")
        if parameter.choices and value not in parameter.choices:
            raise ModuleError(
                "parameter.not_a_choice", field=name, choices=", ".join(parameter.choices), unit=unit
            )
        return value
    if parameter.minimum is not None and value < parameter.minimum:
        raise ModuleError("parameter.too_small", field=name, limit=parameter.minimum, unit=unit)
    if parameter.maximum is not None and value > parameter.maximum:
        raise ModuleError("parameter.too_large", field=name, limit=parameter.maximum, unit=unit)
    return value


def _typed(parameter: Parameter, value: object) -> Value:
    wanted = TYPES[parameter.type]
    if wanted is float and isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**53:
        value = float(value)
    is_right = isinstance(value, wanted) and isinstance(value, bool) == (wanted is bool)
    if not is_right or (isinstance(value, float) and not math.isfinite(value)):
        raise ModuleError(
            "parameter.wrong_type", field=parameter.name, type=parameter.type, unit=parameter.unit
        )
    assert isinstance(value, int | float | str)
    return value


def _version(top: Table) -> str:
    version = top.text("version")
    if not VERSION.fullmatch(version):
        top.refuse("bad_version", "version")
    return version


def _about(table: Table) -> dict[str, dict[str, str]]:
    texts: dict[str, dict[str, str]] = {}
    for language in ("ko", "en"):
        inner = table.table(language)
        texts[language] = {section: inner.text(section, most=TEXT) for section in ABOUT}
        inner.done()
    table.done()
    return texts


def _engine(table: Table) -> EngineSettings:
    settings = EngineSettings(
        name=table.choice("name", ENGINES),
        entry=table.text("entry"),
        timeout_s=table.number("timeout_s", 1, 86_400),
        warm_up_s=table.number("warm_up_s", 0, 3_600, default=0.0),
        repeats=table.whole("repeats", 1, 1_000, default=1),
        seed=table.whole("seed", 0, 2**31, default=1),
        on_interruption=table.choice("on_interruption", ("retry", "ask"), default="ask"),
        max_generator_cpu=table.number("max_generator_cpu", 0.05, 1.5, default=0.9),
    )
    table.done()
    return settings


def _parameter(table: Table) -> Parameter:
    kind = table.choice("type", tuple(TYPES))
    bounds = [table.number(n, -1e15, 1e15) if table.has(n) else None for n in ("min", "max")]
    name = table.code("name")
    parameter = Parameter(
        name=name,
        type=kind,
        unit=table.text("unit"),
        default=table.take("default"),
        title_ko=table.text("title_ko", default=name),
        title_en=table.text("title_en", default=name),
        minimum=bounds[0],
        maximum=bounds[1],
        choices=table.texts("choices", 40),
    )
    if kind in ("int", "float") and parameter.maximum is None:
        table.refuse("missing_field", "max")  # a setting without a ceiling cannot be agreed with a customer
    table.done()
    return parameter


def _measure(table: Table) -> MeasureSource:
    measure = MeasureSource(
        id=table.code("id"),
        edition=table.text("edition"),
        formula_version=table.text("formula_version"),
        unit=table.text("unit"),
        source=table.choice("from", ("journal.log", "samples.npz")),
        direction=table.choice("direction", ("higher", "lower")),
        when=table.pairs("when", 5),
        max_failed_share=table.number("max_failed_share", 0, 1, default=0.01),
    )
    table.done()
    return measure


def _proof(table: Table) -> Proof:
    proof = Proof(
        good=table.texts("good", 20),
        faulty=table.text("faulty"),
        runs=tuple(_proof_run(inner) for inner in table.tables("run", 10, least=1)),
        cases=table.text("cases", default=""),
        accounts=table.pairs("accounts", 20),
    )
    table.done()
    return proof


def read_faults(manifest: Manifest) -> tuple[Fault, ...]:
    """Read the seeded faults of a module. Raises: ModuleError naming the place, the field and the limit."""
    top = read_toml((manifest.folder / manifest.proof.faulty).read_bytes(), MOST_BYTES)
    faults = tuple(_fault(table) for table in top.tables("fault", 100))
    top.done()
    _refuse_twins(top, "fault", [fault.code for fault in faults])
    for fault in faults:
        if not _lies_within(manifest.folder, fault.item):
            raise ModuleError("module.file_missing", module=manifest.id, file=fault.item)
    return faults


def _fault(table: Table) -> Fault:
    fault = Fault(
        code=table.code("code"),
        title_ko=table.text("title_ko"),
        title_en=table.text("title_en"),
        item=table.text("item"),
        arguments=table.texts("arguments", 20),
        is_hidden=table.flag("is_hidden", default=False),
        runs=tuple(_proof_run(inner) for inner in table.tables("run", 10, least=1)),
    )
    table.done()
    return fault


def _proof_run(table: Table) -> ProofRun:
    run = ProofRun(
        parameters=table.take("parameters", {}),
        repeats=table.whole("repeats", 1, 20, default=1),
        expect=_expected(table.table("expect")),
    )
    if not isinstance(run.parameters, dict):
        table.refuse("wrong_type", "parameters", type="table")
    table.done()
    return run


def _expected(table: Table) -> dict[str, Expected]:
    expected = {}
    for measure_id in table.names():
        inner = table.table(measure_id)
        expected[measure_id] = Expected(
            value=inner.number("value", -1e12, 1e12) if inner.has("value") else None,
            tolerance=inner.number("tolerance", 0, 1e12, default=0.0),
            unit=inner.text("unit"),
            reason=inner.text("reason", default=""),
        )
        inner.done()
    return expected


def _refuse_twins(top: Table, field_name: str, names: list[str]) -> None:
    for name in names:
        if names.count(name) > 1:
            top.refuse("twice", field_name, name=name)


def _lies_within(folder: Path, name: str) -> bool:
    path = (folder / name).resolve()
    return path.is_relative_to(folder.resolve()) and path.is_file()
