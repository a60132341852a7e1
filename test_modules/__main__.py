"""`python -m test_modules list | run | prove | verify`: test modules without the LIMS.

Exit status: 0 done and sound; 1 the command itself was wrong; 2 not proven, not complete, or not genuine.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from test_modules import cases, catalogue
from test_modules.contract import Derived, ModuleError, Product, RunOrder, State, Value
from test_modules.deployment import Deployment, parse_deployment
from test_modules.derive import derive
from test_modules.engines import engine_of
from test_modules.engines.installation import sha256_of
from test_modules.engines.journal import JOURNAL
from test_modules.evidence import CASES, read_record
from test_modules.manifest import Manifest, Parameter, validate_parameters
from test_modules.proving import as_table, prove

DERIVED = "derived.json"
NOT_SOUND = 2


class Console:
    """A watcher that prints, and never asks for a stop: Ctrl-C does."""

    def progress(self, done: int, planned: int, line: str) -> None:
        print(f"  {done}/{planned} {line}", file=sys.stderr, flush=True)

    def stop_asked(self) -> str:
        return ""


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit status."""
    options = _parser().parse_args(argv)
    try:
        return int(options.command(options))
    except ModuleError as trouble:
        print(f"{trouble.code}: {json.dumps(trouble.params, ensure_ascii=False)}", file=sys.stderr)
        return NOT_SOUND


def _list(_options: argparse.Namespace) -> int:
    for manifest in catalogue.all_modules():
        measures = ", ".join(measure.id for measure in manifest.measures)
        print(f"{manifest.id} {manifest.version}  {manifest.engine.name}  {measures}  {manifest.title_en}")
    return 0


def _run(options: argparse.Namespace) -> int:
    manifest = catalogue.find(options.module)
    parameters = _parameters(manifest, options.set)
    listed = cases.parse_toml(options.cases.read_bytes()).to_json() if options.cases else None
    folders = []
    for repeat in range(1, (options.repeats or manifest.engine.repeats) + 1):
        order = _order(manifest, options, parameters, repeat=repeat, listed=listed)
        outcome = engine_of(manifest.id).run(order, Console())
        count = f"{outcome.reported}/{outcome.planned}"
        print(f"repeat {repeat}: {outcome.state} {outcome.reason} {count} ({outcome.sandbox})")
        if outcome.state is not State.COMPLETE:
            return NOT_SOUND
        folders.append(order.out_dir)
    found = derive(manifest, folders, parameters=parameters, cases=listed)
    (options.out / DERIVED).write_text(json.dumps(_plain(found), ensure_ascii=False, indent=1))
    _print(found)
    return 0


def _order(
    manifest: Manifest,
    options: argparse.Namespace,
    parameters: dict[str, Value],
    *,
    repeat: int,
    listed: bytes | None,
) -> RunOrder:
    recipe = parse_deployment(options.deployment.read_bytes()) if options.deployment else None
    folder = options.out / f"{repeat:03d}"
    folder.mkdir(parents=True)
    return RunOrder(
        run_uid=f"command-line-{repeat}",
        module_id=manifest.id,
        module_version=manifest.version,
        parameters=parameters,
        out_dir=folder,
        timeout_s=manifest.engine.timeout_s,
        seed=manifest.engine.seed + repeat - 1,
        repeat_no=repeat,
        product=_product(recipe, options) if recipe else None,
        target_url=options.target,
        cases=listed,
        accounts=recipe.accounts if recipe else dict(pair.split("=", 1) for pair in options.account),
    )


def _prove(options: argparse.Namespace) -> int:
    wanted = [manifest.id for manifest in catalogue.all_modules()] if options.all else [options.module]
    if wanted == [None]:
        print("prove needs a module or --all", file=sys.stderr)
        return 1
    out = options.out or Path(tempfile.mkdtemp(prefix="proof-"))
    passed = [_proven(module_id, out / module_id) for module_id in wanted]
    print(f"records: {out}")
    return 0 if all(passed) else NOT_SOUND


def _proven(module_id: str, out: Path) -> bool:
    out.mkdir(parents=True)
    record = prove(module_id, out, Console())
    for row in as_table(record):
        print(json.dumps(row, ensure_ascii=False))
    told = "proven" if record.passed else "BROKEN, TO BE TRIED AGAIN" if record.broken else "NOT PROVEN"
    print(f"{module_id} {record.module_version} {record.module_digest[:16]}: {told} {' '.join(record.gaps)}")
    return record.passed


def _verify(options: argparse.Namespace) -> int:
    top = options.folder
    folders = [top] if (top / JOURNAL).exists() else sorted(path.parent for path in top.glob(f"*/{JOURNAL}"))
    records = [read_record(folder) for folder in folders]
    for record in records:
        print(
            f"{record.folder.name}: {record.state}, chain and {len(record.files)} files sound, head {record.head}"
        )
    complete = [record for record in records if record.state is State.COMPLETE]
    if not complete:
        raise ModuleError("verify.nothing_complete", folder=str(top))
    order = complete[0].order
    manifest = catalogue.find(str(order["module"]), str(order["version"]))
    listed = complete[0].folder / CASES
    found = derive(
        manifest,
        [record.folder for record in complete],
        parameters=order["parameters"],
        cases=listed.read_bytes() if listed.exists() else None,
    )
    _print(found)
    return _compared(found, top / DERIVED)


def _compared(found: list[Derived], told: Path) -> int:
    if not told.exists():
        return 0
    same = json.loads(told.read_text()) == json.loads(json.dumps(_plain(found)))
    print(f"{told.name}: {'the same values' if same else 'OTHER VALUES than the raw files give'}")
    return 0 if same else NOT_SOUND


def _parameters(manifest: Manifest, given: Sequence[str]) -> dict[str, Value]:
    known = {parameter.name: parameter for parameter in manifest.parameters}
    values: dict[str, object] = {}
    for pair in given:
        name, _, text = pair.partition("=")
        values[name] = _read(known[name], text) if name in known else text
    return validate_parameters(manifest, values)


def _read(parameter: Parameter, text: str) -> object:
    try:
        if parameter.type == "bool":
            return {"true": True, "false": False}[text]
        return {"int": int, "float": float, "text": str}[parameter.type](text)
    except (ValueError, KeyError):
        return text  # the check names the field and the type


def _product(recipe: Deployment, options: argparse.Namespace) -> Product:
    files = tuple(options.file)
    named = [*files, *([options.requirements] if options.requirements else [])]
    digest = catalogue.digest_of_files({path.name: sha256_of(path) for path in named})
    return recipe.product(files, digest, options.requirements)


def _plain(found: list[Derived]) -> list[dict[str, Any]]:
    return [dataclasses.asdict(derived) for derived in found]


def _print(found: list[Derived]) -> None:
    for derived in found:
        u, k = derived.standard_uncertainty, derived.coverage_factor
        spread = f", U = {u * k:.4g} (k = {k:.3g})" if u is not None and k is not None else ""
        ratio = (
            f", A = {derived.a:g}, B = {derived.b:g}"
            if derived.a is not None and derived.b is not None
            else ""
        )
        value = "no value" if derived.value is None else f"{derived.value:.6g} {derived.unit}"
        print(f"{derived.measure_id}: {value}{ratio}, n = {derived.n}{spread} {derived.reason}".rstrip())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m test_modules", description=__doc__.split("\n", maxsplit=1)[0]
    )
    commands = parser.add_subparsers(required=True)
    commands.add_parser("list", help="the modules of the library").set_defaults(command=_list)
    run = commands.add_parser("run", help="run a module against a product or a target on this machine")
    run.set_defaults(command=_run)
    run.add_argument("module")
    run.add_argument("--out", type=Path, required=True, help="a new folder for the evidence")
    run.add_argument("--target", default="", help="http://127.0.0.1:...")
    run.add_argument("--deployment", type=Path, help="how the received files are brought up (TOML)")
    run.add_argument(
        "--file", type=Path, action="append", default=[], help="a received file; the wheel first"
    )
    run.add_argument("--requirements", type=Path, help="hash-locked list of what the wheel needs")
    run.add_argument("--cases", type=Path, help="function list with cases (TOML)")
    run.add_argument("--account", action="append", default=[], metavar="NAME=LOGIN:PASSWORD")
    run.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a parameter")
    run.add_argument("--repeats", type=int)
    proof = commands.add_parser("prove", help="run a module on its reference items with known answers")
    proof.set_defaults(command=_prove)
    proof.add_argument("module", nargs="?")
    proof.add_argument("--all", action="store_true")
    proof.add_argument("--out", type=Path, help="a new folder for evidence and records")
    verify = commands.add_parser(
        "verify", help="check the evidence in a folder and compute its measures again"
    )
    verify.set_defaults(command=_verify)
    verify.add_argument("folder", type=Path)
    return parser


if __name__ == "__main__":
    sys.exit(main())
