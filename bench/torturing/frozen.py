"""python -m bench.torturing.frozen: a worker is frozen past its lease; is there a moment with two engines for one run?

The guard has to kill the frozen worker's engine before anybody else may start, and what the worker says when it wakes
up has to be refused. Ends with one line of JSON.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import django

from bench.torturing.house import PROJECT, House

WITHIN_S = 90.0


def main() -> int:
    house = House("sqlite")
    spare = None
    try:
        house.start()
        django.setup()
        floor = importlib.import_module("bench.torturing.floor").Floor()  # it needs the house's settings
        looking = importlib.import_module("bench.torturing.looking")
        watch = Watch(house, looking)
        importlib.import_module("lims.runs.services").start_line(line=floor.lay("long"), by=floor.lab.tester)
        watch.until(lambda: watch.engine_of_attempt(1))
        frozen = house.pids()["worker"]
        os.kill(frozen, signal.SIGSTOP)
        watch.begin()
        spare = second_worker(house)
        watch.until(lambda: not watch.engine_of_attempt(1))
        gone_s = watch.elapsed_s
        watch.until(lambda: watch.engine_of_attempt(2))
        second_s = watch.elapsed_s
        os.kill(frozen, signal.SIGCONT)
        watch.until(lambda: watch.states()[:2] == ["interrupted", "complete"])
        verdict = {
            "engine_gone_after_s": round(gone_s, 2),
            "second_engine_after_s": round(second_s, 2),
            "two_at_once": sorted(watch.looker.two_at_once),
            "attempts": watch.states(),
            "wrong": {k: v for k, v in looking.wrongs(watch.accepted()).items() if v},
        }
    finally:
        if spare:
            spare.kill()
            spare.wait()
        house.stop()
    house.remove()
    print(json.dumps(verdict))
    return 0 if not verdict["two_at_once"] and not verdict["wrong"] and gone_s < second_s else 1


class Watch:
    """Looks twenty times a second, so that a moment with two engines is seen."""

    def __init__(self, house: House, looking: Any) -> None:
        self._home, self._looking = house.home, looking
        self.looker = looking.Looker(house.home)
        self.begin()

    def begin(self) -> None:
        self._begun = time.monotonic()

    @property
    def elapsed_s(self) -> float:
        return time.monotonic() - self._begun

    def until(self, claim: Callable[[], object]) -> None:
        end = time.monotonic() + WITHIN_S
        while not claim():
            self.looker.look(time.monotonic(), all_back=False)
            if time.monotonic() > end:
                raise TimeoutError(f"{self.states()} {self._looking.engines_of(self._home)}")
            time.sleep(0.05)

    def engine_of_attempt(self, number: int) -> list[int]:
        working = self._looking.engines_of(self._home)
        uids = self._looking.Attempt.objects.filter(number=number).values_list("uid", flat=True)
        return [pid for uid in uids for pid in working.get(str(uid), ())]

    def states(self) -> list[str]:
        return list(self._looking.Attempt.objects.order_by("number").values_list("state", flat=True))

    def accepted(self) -> dict[str, int]:
        return {str(run.plan_line.uid): 1 for run in self._looking.TestRun.objects.all()}


def second_worker(house: House) -> subprocess.Popen[bytes]:
    """Another worker beside the frozen one, as on a second machine."""
    programs = importlib.import_module("lims.config.launcher.programs")
    (program,) = [program for program in programs.all_of(house.port) if program.name == "worker"]
    with (house.home / "log/second.log").open("wb") as log:
        return subprocess.Popen(program.command, cwd=PROJECT, stdout=log, stderr=log)


if __name__ == "__main__":
    sys.exit(main())
