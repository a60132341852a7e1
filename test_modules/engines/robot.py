"""Robot Framework: the stock command line, its results over a pipe."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from test_modules.cases import FunctionList
from test_modules.contract import Outcome, RunOrder, State, Watcher
from test_modules.engines import sandbox
from test_modules.engines.attempt import Attempt, Judgement, order_values
from test_modules.engines.channels import EventChannel
from test_modules.engines.collect import Collected
from test_modules.engines.journal import Journal
from test_modules.engines.process import Child
from test_modules.engines.supervisor import Ending, Watch
from test_modules.events import FunctionalEvents
from test_modules.manifest import Manifest
from test_modules.tools import PYTHON, Tools

# --nostatusrc: any exit status but 0 is a broken tool; else 137 would be 137 failed tests, or a kill
OPTIONS = ["--nostatusrc", "--runemptysuite", "--console", "none", "--log", "NONE", "--report", "NONE"]


class RobotEngine:
    """Runs modules whose engine is `robot`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def run(self, order: RunOrder, watcher: Watcher) -> Outcome:
        """Run one order to the end, the deadline or a stop, and leave no process behind.

        Raises: EngineBroken, ModuleError before anything was started; every later trouble is an Outcome
        """
        return Attempt(order, watcher, self._tools, RobotTool).run()


class RobotTool:
    """Robot in one attempt."""

    pipes: tuple[str, ...] = ("events",)

    def __init__(self, manifest: Manifest, listed: FunctionList | None) -> None:
        self._manifest = manifest
        self._events = FunctionalEvents(listed.case_ids() if listed is not None else None)

    def channel(self, pipe: str, journal: Journal) -> EventChannel:
        """The event pipe."""
        return EventChannel(journal, self._events.take)

    def files(self, order: RunOrder, target_url: str) -> Mapping[str, Any]:
        """The order, also in the shape of Robot's variables."""
        values = order_values(order, target_url)
        names = ("target_url", "accounts", "parameters", "seed", "repeat_no", "run_uid")
        return {"order.json": values, "variables.json": {name.upper(): values[name] for name in names}}

    def environment(self, room: sandbox.Room, fds: Mapping[str, int]) -> Mapping[str, str]:
        """Nothing beside the common ones."""
        return {}

    def argv(self, room: sandbox.Room, target_url: str, fds: Mapping[str, int]) -> list[str]:
        """The stock command line."""
        line = [PYTHON, "-S", "-P", "-B", "-m", "robot", "--outputdir", room.at("/out"), *OPTIONS]
        line += [
            "--variablefile",
            room.at("/in/variables.json"),
            "--variable",
            f"CASES:{room.at('/in/cases.json')}",
        ]
        if (self._manifest.folder / "CaseBuilder.py").is_file():
            line += ["--prerunmodifier", f"{room.at('/module/CaseBuilder.py')}:{room.at('/in/cases.json')}"]
        line += ["--listener", f"siheom_listener:{fds['events']}"]
        return [*line, room.at(f"/module/{self._manifest.engine.entry}")]

    def attend(self, child: Child) -> None:
        """Nothing to watch beside the events."""

    def each_second(self, watch: Watch) -> None:
        """Tell how many tests have ended, and which was the last."""
        watch.progress(len(self._events.ends), len(self._events.planned), self._events.last_line)

    def store(self, folder: Path, beat: Callable[[], None]) -> None:
        """Everything is in the journal."""

    def judge(self, ending: Ending, collected: Collected) -> Judgement:
        """Complete only if every planned case has an end of its own, and Robot ended by itself and well."""
        planned, reported = len(self._events.planned), len(self._events.executed)
        state, reason = self._state(ending, collected)
        return Judgement(state, reason, planned, reported)

    def _state(self, ending: Ending, collected: Collected) -> tuple[State, str]:
        events = self._events
        if ending.why is not None:
            return ending.why, ending.reason
        for is_so, code in (
            (events.plan is None, "plan.missing"),
            (events.plan == (), "plan.empty"),
            (bool(events.errors), f"tool.error {next(iter(events.errors), '')}"),
            (ending.exit_status != 0, f"tool.exit {ending.exit_status}"),
            ("output.xml" not in collected.taken, "output.missing"),
        ):
            if is_so:
                return State.BROKEN, code
        if trouble := events.disagreement():
            return State.INVALID, trouble
        return State.COMPLETE, ""
