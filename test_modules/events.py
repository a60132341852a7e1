"""What the events of a run add up to: by the same code while it runs and when its journal is read again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from test_modules.contract import CaseState

MOST_KEPT = 20  # errors of the tool that are remembered


@dataclass(frozen=True)
class CaseResult:
    """What one planned test case came to. Units: seconds."""

    case_id: str  # <function>/<case>, or the test's full name
    function: str
    state: CaseState
    elapsed_s: float | None = None
    message: str = ""


@dataclass
class FunctionalEvents:
    """Plan and ends of a functional run. `wanted` are the case ids of the order, when it has any."""

    wanted: Sequence[str] | None
    plan: tuple[Mapping[str, Any], ...] | None = None
    ends: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    is_closed: bool = False
    last_line: str = ""
    _trouble: str = ""

    def take(self, event: Mapping[str, Any]) -> None:
        """Add one event of the tool."""
        kind = event["ev"]
        if kind == "plan":
            self._take_plan(event)
        elif kind == "end":
            self._take_end(event)
        elif kind == "error" and len(self.errors) < MOST_KEPT:
            self.errors.append(str(event.get("msg", "")))
        elif kind == "close":
            self.is_closed = True
        elif kind == "unreadable":
            self._trouble = "events.unreadable"

    def _take_plan(self, event: Mapping[str, Any]) -> None:
        tests = event.get("tests")
        if self.plan is not None or not isinstance(tests, list):
            self._trouble = "events.twice"
            return
        self.plan = tuple(test if isinstance(test, dict) else {} for test in tests)

    def _take_end(self, event: Mapping[str, Any]) -> None:
        number = event.get("n")
        if self.plan is None or not isinstance(number, int) or not 0 <= number < len(self.plan):
            self._trouble = "events.unknown_test"
        elif number in self.ends:
            self._trouble = "events.twice"
        else:
            self.ends[number] = event
            self.last_line = f"{self._id(number)} {event.get('status', '')}"

    @property
    def planned(self) -> tuple[str, ...]:
        """Ids of the planned cases: the order's word, or else the suite's."""
        if self.wanted is not None:
            return tuple(self.wanted)
        return tuple(self._id(number) for number in range(len(self.plan or ())))

    @property
    def executed(self) -> dict[int, Mapping[str, Any]]:
        """End events of the tests that really ran: neither skipped nor reported as failed without a start."""
        return {number: end for number, end in self.ends.items() if _has_run(end)}

    def disagreement(self) -> str:
        """Code of what keeps plan and report from matching ("" = they match)."""
        if self._trouble:
            return self._trouble
        if self.planned != tuple(self._id(number) for number in range(len(self.plan or ()))):
            return "plan.differs"
        if len(self.executed) != len(self.planned):
            return "plan.incomplete"
        return "" if self.is_closed else "events.no_close"

    def results(self) -> tuple[CaseResult, ...]:
        """One result for each test of the plan, in its order."""
        return tuple(self._result(number) for number in range(len(self.plan or ())))

    def _result(self, number: int) -> CaseResult:
        function = str((self.plan or ())[number].get("function", ""))
        end = self.ends.get(number)
        if end is None or not _has_run(end):
            return CaseResult(self._id(number), function, CaseState.NOT_EXECUTED)
        state = CaseState.PASS if end["status"] == "PASS" else CaseState.FAIL
        tags = end.get("tags")
        if state is CaseState.FAIL and isinstance(tags, list) and "missing" in tags:
            state = CaseState.MISSING
        seconds = end.get("s")
        elapsed_s = float(seconds) if isinstance(seconds, int | float) else None
        return CaseResult(self._id(number), function, state, elapsed_s, str(end.get("msg", "")))

    def _id(self, number: int) -> str:
        return str((self.plan or ())[number].get("id", number))


def _has_run(end: Mapping[str, Any]) -> bool:
    return not end.get("exit") and end.get("status") in ("PASS", "FAIL")


@dataclass(frozen=True)
class Stage:
    """So many users at once: first a warm-up, then the measured window. Units: seconds."""

    users: int
    warm_up_s: float
    measure_s: float


@dataclass(frozen=True)
class Window:
    """A measured window as it was. Units: epoch seconds; CPU of the generator as a share of one core."""

    number: int
    users: int
    from_s: float
    to_s: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return self.to_s - self.from_s


def stages_of(parameters: Mapping[str, Any]) -> tuple[Stage, ...]:
    """The load plan that parameters stand for: `users`, `warm_up_s`, `duration_s` and `profile`."""
    users, warm_up_s = int(parameters["users"]), float(parameters["warm_up_s"])
    first = Stage(users, warm_up_s, float(parameters["duration_s"]))
    if parameters.get("profile") == "saturation":  # twice the users must add next to nothing
        return (first, Stage(2 * users, warm_up_s, first.measure_s))
    return (first,)


@dataclass
class LoadEvents:
    """Plan and windows of a load run."""

    stages: tuple[Stage, ...]
    plan: Mapping[str, Any] | None = None
    windows: dict[int, Window] = field(default_factory=dict)
    begun: set[int] = field(default_factory=set)
    errors: list[str] = field(default_factory=list)
    users: int = 0
    is_closed: bool = False
    _trouble: str = ""

    def take(self, event: Mapping[str, Any]) -> None:
        """Add one event of the tool."""
        kind = event["ev"]
        if kind == "plan":
            self._trouble = "events.twice" if self.plan else self._trouble
            self.plan = event
        elif kind in ("window_begin", "window_end"):
            self._take_window(event)
        elif kind == "script_error" and len(self.errors) < MOST_KEPT:
            self.errors.append(str(event.get("what", "")))
        elif kind == "close":
            self.is_closed = True
        elif kind == "unreadable":
            self._trouble = "events.unreadable"
        if isinstance(event.get("users"), int):
            self.users = event["users"]

    def _take_window(self, event: Mapping[str, Any]) -> None:
        number, users = event.get("no"), event.get("users")
        if not isinstance(number, int) or not isinstance(users, int) or not 0 <= number < len(self.stages):
            self._trouble = "events.unreadable"
        elif event["ev"] == "window_begin":
            self.begun.add(number)
            self._require_users(number, users)
        elif number not in self.begun or number in self.windows:
            self._trouble = "events.twice"
        else:
            self._require_users(number, users)
            times = [event.get(name) for name in ("from_s", "to_s")]
            if all(isinstance(time, float) for time in times):
                self.windows[number] = Window(number, users, *(float(time) for time in times if time))

    def _require_users(self, number: int, users: int) -> None:
        if users != self.stages[number].users:
            self._trouble = f"generator.users {users} of {self.stages[number].users}"

    @property
    def planned_s(self) -> float:
        """Seconds that were to be measured."""
        return sum(stage.measure_s for stage in self.stages)

    @property
    def covered_s(self) -> float:
        """Seconds that were measured."""
        return sum(window.seconds for window in self.windows.values())

    def disagreement(self) -> str:
        """Code of what keeps plan and report from matching ("" = they match)."""
        if self._trouble:
            return self._trouble
        for number, stage in enumerate(self.stages):
            window = self.windows.get(number)
            if window is None:
                return "plan.incomplete"
            # a little longer is a busy generator, much longer or shorter a clock that was set
            if not stage.measure_s - 0.01 <= window.seconds <= 1.1 * stage.measure_s + 0.5:
                return "window.length"
        return "" if self.is_closed else "events.no_close"
