"""Measure two sides in turn within one run, and say whether their ratio meets a goal.

Neighbours on the machine disturb both sides of a pair alike; the median over the pairs is what is claimed.
The order within a pair alternates, so that a warmed cache favours neither side.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import resource
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

PR_SET_CHILD_SUBREAPER = 36
SETTLE_S = 1.0  # for processes that outlive the one that was waited for

Side = Callable[[], float | None]  # runs once; returns the figure to compare, or None for its wall time


@dataclass(frozen=True)
class Sample:
    """One run of one side. Units: seconds; `cpu_s` is this process and every child that was waited for."""

    figure: float
    wall_s: float
    cpu_s: float


@dataclass(frozen=True)
class Result:
    """All runs, pair by pair: (ours, bare)."""

    pairs: tuple[tuple[Sample, Sample], ...]

    @property
    def ratios(self) -> list[float]:
        """Ours over bare, one per pair."""
        return [ours.figure / bare.figure for ours, bare in self.pairs]

    @property
    def ratio(self) -> float:
        """The median over the pairs."""
        return statistics.median(self.ratios)


def interleave(ours: Side, bare: Side, pairs: int) -> Result:
    """Run both sides in turn, `pairs` times."""
    # bubblewrap does not wait for its own child: whatever a side leaves behind comes to us, and its CPU is counted
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    taken = []
    for number in range(pairs):
        if number % 2:
            second = _measured(bare)
            first = _measured(ours)
        else:
            first = _measured(ours)
            second = _measured(bare)
        taken.append((first, second))
        print(f"pair {number + 1}/{pairs}: ours {_told(first)}; bare {_told(second)}", flush=True)
    return Result(tuple(taken))


def report(bench: str, result: Result, goal: float, *, higher_is_better: bool = False) -> int:
    """Print what was seen, last the one line of JSON; return the exit status: 0 when met, 1 when not."""
    for name, side in (("ours", 0), ("bare", 1)):
        samples = [pair[side] for pair in result.pairs]
        wall, cpu = (statistics.median(getattr(s, field) for s in samples) for field in ("wall_s", "cpu_s"))
        print(f"{name}: median wall {wall:.3f} s, CPU of the whole process tree {cpu:.3f} s")
    print(f"ratio: median {result.ratio:.3f} [{min(result.ratios):.3f} to {max(result.ratios):.3f}]")
    met = result.ratio >= goal if higher_is_better else result.ratio <= goal
    line = {
        "bench": bench,
        "ratio": round(result.ratio, 4),
        "goal": goal,
        "runs": len(result.pairs),
        "met": met,
    }
    print(json.dumps(line), flush=True)
    return 0 if met else 1


def _measured(side: Side) -> Sample:
    cpu_s, begun = _cpu_s(), time.perf_counter()
    figure = side()
    wall_s = time.perf_counter() - begun
    _wait_for_orphans()
    return Sample(wall_s if figure is None else figure, wall_s, _cpu_s() - cpu_s)


def _wait_for_orphans() -> None:
    until = time.monotonic() + SETTLE_S
    with contextlib.suppress(ChildProcessError):  # nobody is left
        while time.monotonic() < until:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                time.sleep(0.01)


def _cpu_s() -> float:
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _told(sample: Sample) -> str:
    return f"{sample.figure:.3f} (wall {sample.wall_s:.3f} s, CPU {sample.cpu_s:.3f} s)"
