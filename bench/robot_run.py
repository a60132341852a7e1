"""A module's run of 1,000 tests without sleeps, over the bare `robot` command with the same output options.

`python bench/robot_run.py [--pairs 7] [--path engine|lims]`. Goal: 1.15. `engine` measures order to outcome: sandbox,
journal, plan against report, evidence collected and hashed, results read back from the journal. `lims` measures from
claim to ended (bench/claim_to_ended.py).
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import pairs
from test_modules import catalogue, engines
from test_modules.contract import RunOrder, State
from test_modules.evidence import case_results, read_record
from test_modules.tools import PYTHON, Tools

GOAL = 1.15
TESTS = 1000
MODULE = "bench-robot"
OPTIONS = ["--nostatusrc", "--runemptysuite", "--console", "none", "--log", "NONE", "--report", "NONE"]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=7)
    parser.add_argument("--path", choices=("engine", "lims"), default="engine")
    options = parser.parse_args()
    tools = Tools.of_environment()
    with tempfile.TemporaryDirectory(prefix="bench-robot-") as name:
        work = Path(name)
        bundle = write_bundle(work / "library")
        catalogue.MODULES = work / "library"
        full = by_engine(work, tools) if options.path == "engine" else by_lims(work, bundle)
        bare = by_bare_robot(work, bundle, tools)
        full(), bare()  # both sides warm
        result = pairs.interleave(full, bare, options.pairs)
    return pairs.report(f"robot-run-{options.path}", result, GOAL)


def by_engine(work: Path, tools: Tools):
    """Order to outcome, with the results read back as whoever ordered the run does."""
    count = iter(range(10**6))

    def run() -> None:
        out = work / f"out-{next(count)}"
        out.mkdir()
        outcome = engines.engine_of(MODULE, tools).run(order(out), Silent())
        assert outcome.state is State.COMPLETE, outcome
        assert outcome.reported == TESTS
        assert len(case_results(read_record(out, outcome.journal_head), None)) == TESTS
        shutil.rmtree(out)

    return run


def by_lims(work: Path, bundle: Path):
    """Claim to ended, on the LIMS's own database."""
    return importlib.import_module("bench.claim_to_ended").prepared(work, bundle, TESTS)


def by_bare_robot(work: Path, bundle: Path, tools: Tools):
    """The stock command with the same interpreter, packages and output options."""
    out = work / "bare"
    line = [
        PYTHON,
        "-S",
        "-P",
        "-B",
        "-m",
        "robot",
        "--outputdir",
        str(out),
        *OPTIONS,
        str(bundle / "suite.robot"),
    ]
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(tools.engine_site), "LANG": "C.UTF-8"}

    def run() -> None:
        subprocess.run(line, check=True, env=environment, stdout=subprocess.DEVNULL)
        assert (out / "output.xml").stat().st_size > 0
        shutil.rmtree(out)

    return run


def order(out: Path) -> RunOrder:
    return RunOrder(
        run_uid="bench",
        module_id=MODULE,
        module_version="1.0.0",
        parameters={},
        out_dir=out,
        timeout_s=600,
        seed=1,
        target_url="http://127.0.0.1:9",
    )


class Silent:
    def progress(self, done: int, planned: int, line: str) -> None:
        pass

    def stop_asked(self) -> str:
        return ""


def write_bundle(library: Path) -> Path:
    """A module of so many tests that do next to nothing."""
    folder = library / MODULE.replace("-", "_")
    folder.mkdir(parents=True)
    about = "\n".join(
        f"[about.{language}]\n" + "\n".join(f'{name} = "bench"' for name in ABOUT)
        for language in ("ko", "en")
    )
    (folder / "module.toml").write_text(MANIFEST.replace("ABOUT", about))
    tests = (
        f"Case {n}\n    [Tags]    function:F{n // 10}    case:F{n // 10}/c{n}\n    Should Be Equal    {n}    {n}"
        for n in range(TESTS)
    )
    (folder / "suite.robot").write_text("*** Test Cases ***\n" + "\n".join(tests) + "\n")
    for name in ("good.py", "faults.toml"):
        (folder / name).write_text("")
    return folder


ABOUT = ("scope", "references", "terms", "inputs", "interpretation", "procedure")
MANIFEST = """
id = "bench-robot"
version = "1.0.0"
title_ko = "측정"
title_en = "bench"
method = "ISO/IEC 25023:2016"
characteristic = "functional-suitability"
ABOUT
[engine]
name = "robot"
entry = "suite.robot"
timeout_s = 600
[[measures]]
id = "FCr-1-G"
edition = "ISO/IEC 25023:2016"
formula_version = "fcr/1"
unit = "1"
from = "journal.log"
direction = "higher"
[proof]
good = ["good.py"]
faulty = "faults.toml"
[[proof.run]]
[proof.run.expect."FCr-1-G"]
value = 1
unit = "1"
"""

if __name__ == "__main__":
    sys.exit(main())
