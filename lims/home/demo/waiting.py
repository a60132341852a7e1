"""Waits for what workers do, and says how far they are."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from lims.equipment.models import ModuleProof
from lims.errors import LimsError
from lims.runs import services
from lims.runs.models import Attempt, TestRun

PAUSE_S = 0.5
Tell = Callable[[str], None]
MOST_RERUNS = 5  # of one line, before a person has to look


class DemoStuck(LimsError):
    """Something did not come to its end in the time it may take."""


def until(row: Any, states: set[str], *, within_s: float, tell: Tell) -> None:
    """Wait until a row has one of these states; repeat what it says of its progress when that changes."""
    end, said = time.monotonic() + within_s, ""
    while row.state not in states:
        if time.monotonic() > end:
            raise DemoStuck(f"{row._meta.label} {row.uid}: {row.state}")
        time.sleep(PAUSE_S)
        row.refresh_from_db()
        told = getattr(row, "progress", "")
        if (
            told.split(" ")[0] != said.split(" ", maxsplit=1)[0]
        ):  # one line for each step, not for each second
            tell(f"    {told}")
            said = told


def proof_end(proof: ModuleProof, tell: Tell) -> None:
    ends = {ModuleProof.State.PASSED, ModuleProof.State.FAILED, ModuleProof.State.BROKEN}
    until(proof, set(ends), within_s=900, tell=tell)
    if proof.state != ModuleProof.State.PASSED:
        raise DemoStuck(f"{proof.module_id}: {proof.state} {proof.reason}")


def runs_end(runs: list[TestRun], tell: Tell, *, within_s: float = 900) -> None:
    """Wait for all runs of a line; an interrupted or invalid repeat is decided or run again by its tester, by name."""
    open_runs, reruns, end = list(runs), 0, time.monotonic() + within_s
    while open_runs:
        if time.monotonic() > end:
            raise DemoStuck(f"{len(open_runs)} runs did not end")
        time.sleep(PAUSE_S)
        for run in list(open_runs):
            run.refresh_from_db()
            tester = run.plan_line.tester
            assert tester is not None
            if run.state == TestRun.State.WAITING:
                services.decide_waiting(run=run, again=True, why="시연: 중단된 시도를 다시 실행", by=tester)
            elif run.state == TestRun.State.ENDED:
                open_runs.remove(run)
                attempt = run.tries.latest("number")
                tell(
                    f"    {run.repeat_no}/{len(runs)} {attempt.get_state_display()} {attempt.reason}".rstrip()
                )
                if attempt.state != Attempt.State.COMPLETE:
                    if (reruns := reruns + 1) > MOST_RERUNS:
                        raise DemoStuck(f"{attempt.state}: {attempt.reason}")
                    open_runs.append(
                        services.rerun(run=run, why="시연: 결과가 없는 반복을 다시 실행", by=tester)
                    )
