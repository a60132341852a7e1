"""An engine at the edge: takes an order, leaves the files it was told to leave, and ends as it was told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from test_modules.contract import EngineBroken, Outcome, RunOrder, State


class FakeEngine:
    """Remembers its orders. `meanwhile` is called in the middle of the run, as other people's doings."""

    def __init__(self) -> None:
        self.orders: list[RunOrder] = []
        self.heard: list[str] = []  # what the watcher answered when asked whether to stop
        self.files: dict[str, bytes] = {"journal.log": b"a line\n"}
        self.state = State.COMPLETE
        self.broken: EngineBroken | None = None
        self.meanwhile: Callable[[], object] = lambda: None

    def run(self, order: RunOrder, watcher: Any) -> Outcome:
        self.orders.append(order)
        for name, content in self.files.items():
            (order.out_dir / name).write_bytes(content)
        watcher.progress(1, 2, "half way")
        self.meanwhile()
        watcher.next_beat = 0.0  # as if two seconds had passed
        self.heard.append(watcher.stop_asked())
        if self.broken:
            raise self.broken
        return self._outcome(self.files)

    def _outcome(self, files: Mapping[str, bytes]) -> Outcome:
        return Outcome(
            state=self.state,
            planned=2,
            reported=2,
            files=tuple(files),
            journal_head="0" * 64,
            engine_versions={"robotframework": "7.5"},
            environment={"cpus": "2"},
            sandbox="bubblewrap",
        )
