"""Locust: the stock command line, headless, every request kept, and the generator's health with it."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from test_modules.contract import Outcome, RunOrder, State, Watcher
from test_modules.engines import sandbox
from test_modules.engines.attempt import Attempt, Judgement, order_values
from test_modules.engines.channels import ByteChannel, Channel, EventChannel
from test_modules.engines.collect import Collected
from test_modules.engines.journal import Journal
from test_modules.engines.process import Child
from test_modules.engines.supervisor import Ending, Watch
from test_modules.events import LoadEvents, stages_of
from test_modules.manifest import Manifest
from test_modules.samples import MOST_SAMPLES, RECORD, Samples, samples_of, write_samples
from test_modules.tools import PYTHON, Tools

FAILED_REQUESTS = 3  # exit status of our choice: else failed requests look like a broken load file


class LocustEngine:
    """Runs modules whose engine is `locust`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, order: RunOrder, watcher: Watcher) -> Outcome:
        """Run one order to the end, the deadline or a stop, and leave no process behind.

        Raises: EngineBroken, ModuleError before anything was started; every later trouble is an Outcome
        """
        return Attempt(
            order, watcher, self._tools, lambda manifest, _listed: LocustTool(manifest, order)
        ).run()


class Health:
    """CPU of the generator's processes over each measured window, by the supervisor's own clock."""

    def __init__(self, journal: Journal, child: Child | None = None) -> None:
        self.child, self._journal = child, journal
        self._begun: dict[int, tuple[float, float]] = {}
        self.cpu_share: dict[int, float] = {}

    def take(self, event: Mapping[str, Any]) -> None:
        """Look at the clock and the CPU when a window begins or ends."""
        number = event.get("no")
        if self.child is None or not isinstance(number, int):
            return
        now, cpu_s = time.monotonic(), self.child.cpu_s()
        if event["ev"] == "window_begin":
            self._begun[number] = (now, cpu_s)
        elif event["ev"] == "window_end" and number in self._begun:
            then, cpu_then_s = self._begun[number]
            self.cpu_share[number] = (cpu_s - cpu_then_s) / max(now - then, 1e-9)
            told = {"no": number, "cpu_share": round(self.cpu_share[number], 4), "users": event.get("users")}
            self._journal.add(ev="health", lost_workers=0, **told)


class LocustTool:
    """Locust in one attempt. One process generates: there are no workers that could be lost."""

    pipes: tuple[str, ...] = ("events", "samples")

    def __init__(self, manifest: Manifest, order: RunOrder) -> None:
        self._manifest = manifest
        self._events = LoadEvents(stages_of(order.parameters))
        self._bytes = ByteChannel(MOST_SAMPLES * RECORD.itemsize)
        self._health: Health | None = None
        self._samples: Samples | None = None
        self._begun_at = time.monotonic()

    def channel(self, pipe: str, journal: Journal) -> Channel:
        """Events go into the journal, samples into memory and a file at the end."""
        if pipe == "samples":
            return self._bytes
        self._health = Health(journal)
        return EventChannel(journal, self._take)

    def _take(self, event: Mapping[str, Any]) -> None:
        self._events.take(event)
        if self._health:
            self._health.take(event)

    def files(self, order: RunOrder, target_url: str) -> Mapping[str, Any]:
        """The order with the load plan."""
        stages = [dataclasses.asdict(stage) for stage in self._events.stages]
        return {"order.json": {**order_values(order, target_url), "stages": stages}}

    def environment(self, room: sandbox.Room, fds: Mapping[str, int]) -> Mapping[str, str]:
        """Where the hooks report to."""
        return {"SIHEOM_EVENTS_FD": str(fds["events"]), "SIHEOM_SAMPLES_FD": str(fds["samples"])}

    def argv(self, room: sandbox.Room, target_url: str, fds: Mapping[str, int]) -> list[str]:
        """The stock command line. The hooks end it; --run-time would count from before the users stand."""
        users = str(self._events.stages[0].users)
        files = f"{room.at(f'/module/{self._manifest.engine.entry}')},{room.at('/engine/siheom_hooks.py')}"
        line = [PYTHON, "-S", "-P", "-B", "-m", "locust", "-f", files, "--headless", "--host", target_url]
        line += ["--users", users, "--spawn-rate", users, "--csv", room.at("/out/locust"), "--only-summary"]
        return [*line, "--exit-code-on-error", str(FAILED_REQUESTS), "--loglevel", "INFO"]

    def attend(self, child: Child) -> None:
        """The generator's processes are known now."""
        self._begun_at = time.monotonic()
        if self._health:
            self._health.child = child

    def each_second(self, watch: Watch) -> None:
        """Tell the seconds that have passed of those planned, and how many users stand."""
        planned = sum(stage.warm_up_s + stage.measure_s for stage in self._events.stages)
        passed = min(planned, time.monotonic() - self._begun_at)
        requests = len(self._bytes.data) // RECORD.itemsize
        watch.progress(int(passed), int(planned), f"{self._events.users} users, {requests} requests")

    def store(self, folder: Path, beat: Callable[[], None]) -> None:
        """Write the samples as columns, the warm-up marked. Raises: ModuleError (samples.torn)."""
        windows = [window for _, window in sorted(self._events.windows.items())]
        self._samples = samples_of(self._bytes.data, windows)
        write_samples(self._samples, folder / "samples.npz", beat)

    def judge(self, ending: Ending, collected: Collected) -> Judgement:
        """Complete only if a healthy generator measured every window in full, and the load file held."""
        state, reason = self._state(ending)
        return Judgement(state, reason, round(self._events.planned_s), round(self._events.covered_s))

    def _state(self, ending: Ending) -> tuple[State, str]:
        events = self._events
        if ending.why is not None:
            return ending.why, ending.reason
        if events.plan is None:
            return State.BROKEN, "plan.missing"
        if events.errors:
            return State.BROKEN, f"script.error {events.errors[0]}"
        if ending.exit_status not in (0, FAILED_REQUESTS):
            return State.BROKEN, f"tool.exit {ending.exit_status}"
        if trouble := events.disagreement() or self._unhealthy():
            return State.INVALID, trouble
        return State.COMPLETE, ""

    def _unhealthy(self) -> str:
        assert self._health is not None
        assert self._samples is not None
        for window in self._samples.windows:
            if not (self._samples.window == window.number).any():
                return f"samples.none window {window.number}"
        limit = self._manifest.engine.max_generator_cpu
        for number, share in sorted(self._health.cpu_share.items()):
            if share > limit:
                return f"generator.busy window {number}: CPU {share:.2f} of one core, limit {limit}"
        return "" if len(self._health.cpu_share) == len(self._events.stages) else "generator.unknown"
