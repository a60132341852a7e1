"""The load module, saturated and without wait time, over the bare `locust` command with the same load file.

`python bench/load_run.py [--pairs 9] [--seconds 6] [--users 10]`. Goal: 0.92 of the bare command's requests a second.
Ours runs in the sandbox, keeps every request and watches the generator's health; a generator at its limit is what
saturation without waiting means here, so that "invalid: generator busy" is the expected end of ours. Both sides count
from the moment when all users stand.
"""

from __future__ import annotations

import argparse
import csv
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from bench import pairs
from test_modules import catalogue, engines
from test_modules.contract import RunOrder, State
from test_modules.manifest import validate_parameters
from test_modules.samples import read_samples
from test_modules.tools import PYTHON, Tools

GOAL = 0.92
MODULE = "load-http"
SERVER = Path(__file__).resolve().parents[1] / "tests/targets/quick.py"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--users", type=int, default=10)
    options = parser.parse_args()
    manifest = catalogue.find(MODULE)
    given = {
        "users": options.users,
        "warm_up_s": 0.0,
        "duration_s": options.seconds,
        "requests": "GET / 1 200",
    }
    parameters = validate_parameters(manifest, given)
    with tempfile.TemporaryDirectory(prefix="bench-load-") as name, served() as target:
        ours = by_module(Path(name), target, parameters)
        bare = by_bare_locust(Path(name), target, parameters)
        ours(), bare()  # both sides warm
        result = pairs.interleave(ours, bare, options.pairs)
    return pairs.report("load-run", result, GOAL, higher_is_better=True)


def by_module(work: Path, target: str, parameters: dict):
    """Requests a second in the measured window, from the samples that were kept."""
    manifest, tools = catalogue.find(MODULE), Tools.of_environment()

    def run() -> float:
        out = work / "ours"
        out.mkdir()
        order = RunOrder(
            run_uid="bench",
            module_id=MODULE,
            module_version=manifest.version,
            parameters=parameters,
            out_dir=out,
            timeout_s=300,
            seed=1,
            target_url=target,
        )
        outcome = engines.engine_of(MODULE, tools).run(order, Silent())
        is_busy = outcome.state is State.INVALID and outcome.reason.startswith("generator.busy")
        assert outcome.state is State.COMPLETE or is_busy, outcome
        samples = read_samples(out / "samples.npz")
        assert not samples.is_failure.any()
        shutil.rmtree(out)
        return int((samples.window == 0).sum()) / samples.windows[0].seconds

    return run


def by_bare_locust(work: Path, target: str, parameters: dict):
    """Requests a second as Locust itself says."""
    out = work / "bare"
    line = bare_line(out, target, parameters)
    site, inputs = Tools.of_environment().engine_site, write_order(work / "in", target, parameters)
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(site),
        "LANG": "C.UTF-8",
        "SIHEOM_IN": str(inputs),
    }
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}

    def run() -> float:
        out.mkdir()
        subprocess.run(line, check=True, env=environment, cwd=out, **quiet)
        with (out / "locust_stats.csv").open(newline="") as file:
            total = next(row for row in csv.DictReader(file) if row["Name"] == "Aggregated")
        assert int(total["Failure Count"]) == 0
        shutil.rmtree(out)
        return float(total["Requests/s"])

    return run


def bare_line(out: Path, target: str, parameters: dict) -> list[str]:
    users, entry = str(parameters["users"]), catalogue.find(MODULE).folder / "locustfile.py"
    line = [PYTHON, "-S", "-P", "-B", "-m", "locust", "-f", str(entry), "--headless", "--host", target]
    line += ["--users", users, "--spawn-rate", users, "--run-time", f"{parameters['duration_s']:g}s"]
    line += ["--reset-stats", "--csv", str(out / "locust"), "--only-summary"]
    return [*line, "--exit-code-on-error", "3", "--loglevel", "INFO"]


def write_order(inputs: Path, target: str, parameters: dict) -> Path:
    """What the load file reads of its order."""
    inputs.mkdir()
    values = {"target_url": target, "accounts": {}, "parameters": parameters, "stages": [], "seed": 1}
    names = {"run_uid": "bench", "module": MODULE, "version": "", "repeat_no": 1}
    (inputs / "order.json").write_text(json.dumps({**values, **names}))
    return inputs


@contextmanager
def served() -> Iterator[str]:
    """A server that is quicker than the generator."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen([PYTHON, SERVER, "--port", str(port)])
    try:
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


class Silent:
    def progress(self, done: int, planned: int, line: str) -> None:
        pass

    def stop_asked(self) -> str:
        return ""


if __name__ == "__main__":
    sys.exit(main())
