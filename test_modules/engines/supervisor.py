"""The supervisor's loop: read what the tool reports, and own the reason why it stopped.

No exit code and no elapsed time is trusted here; what the run was worth is decided by the adapter, from the
journal.
"""

from __future__ import annotations

import os
import select
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from test_modules.contract import State, Watcher
from test_modules.engines.channels import Channel
from test_modules.engines.journal import Journal
from test_modules.engines.process import Child

PAUSE_S = 0.02  # events are chained in batches, 50 a second
GRACE_S = 3.0  # from TERM to KILL: the last packet leaves within 5 s of a stop
DRAIN_S = 2.0  # what a dead tool's pipes may still hold


@dataclass(frozen=True)
class Ending:
    """Why the tool ended. `why` is None when it ended by itself."""

    exit_status: int
    why: State | None = None
    reason: str = ""


class Halted(Exception):
    """The run has to end before its tool was started."""

    def __init__(self, state: State, reason: str) -> None:
        super().__init__(reason)
        self.state, self.reason = state, reason


class Watch:
    """Asks the watcher, and passes each answer on as a beat to the guards of all children.

    Units: `deadline_at` in seconds of the monotonic clock
    """

    def __init__(self, watcher: Watcher, journal: Journal, deadline_at: float) -> None:
        self._watcher, self._journal = watcher, journal
        self.deadline_at = deadline_at
        self._asked_at = float("-inf")
        self.children: list[Child] = []

    def stop_asked(self) -> str:
        """The watcher's answer, once a second. A watcher that fails gives no beat, and the guard decides."""
        now = time.monotonic()
        if now - self._asked_at < 1:
            return ""
        self._asked_at = now
        try:
            answer = self._watcher.stop_asked()
        except Exception as trouble:  # whatever it is, the run is safe with the guard
            self._journal.add(ev="watcher_failed", error=type(trouble).__name__)
            return ""
        for child in self.children:
            child.beat()
        return answer

    def beat(self) -> None:
        """For work that a stop no longer ends: whoever ordered the run still hears from us."""
        self.stop_asked()

    def require_going_on(self) -> None:
        """Raises: Halted when a stop is asked or the deadline has come."""
        if reason := self.stop_asked():
            raise Halted(State.STOPPED, reason)
        if time.monotonic() >= self.deadline_at:
            raise Halted(State.TIMED_OUT, "run.deadline")

    def progress(self, done: int, planned: int, line: str) -> None:
        """Tell how far the run is; a watcher that cannot hear it loses only the display."""
        try:
            self._watcher.progress(done, planned, line)
        except Exception as trouble:
            self._journal.add(ev="watcher_failed", error=type(trouble).__name__)


@dataclass
class Supervisor:
    """One run of one tool. Units: seconds of the monotonic clock, bytes."""

    child: Child
    others: Sequence[Child]  # what the tool needs, as the product: its end ends the run
    channels: Mapping[int, Channel]  # reader -> where its bytes go
    journal: Journal
    watch: Watch
    memory_bytes: int
    each_second: Callable[[], None]

    def run(self) -> Ending:
        """Look after the tool until it has ended and its pipes are empty."""
        self._open = set(self.channels)
        self._why: State | None = None
        self._reason = ""
        self._kill_at = self._drain_until = float("inf")
        self._ticks, self._tick_at = 0, time.monotonic()
        while self._open or not self.child.has_ended:
            self._read()
            if self.child.has_ended:
                self._drain_until = min(self._drain_until, time.monotonic() + DRAIN_S)
                if time.monotonic() > self._drain_until:
                    break  # somebody else holds the other end
            else:
                self._look()
        for channel in self.channels.values():
            channel.finish()
        self._look_back()
        return Ending(self.child.close(), self._why, self._reason)

    def _look_back(self) -> None:
        """What nobody looked at between the last look and the tool's end."""
        if self._why is not None:
            return
        if self.child.was_guarded_off:
            self._why, self._reason = State.STOPPED, "guard.no_beat"
        elif any(other.has_ended for other in self.others):  # who answered the last case, or did nobody?
            self._why, self._reason = State.BROKEN, "product.ended"

    def _read(self) -> None:
        watched = [*self._open, *(() if self.child.has_ended else (self.child.exit_fd,))]
        ready = select.select(watched, [], [], 0.2)[0]
        took = False
        for fd in ready:
            if fd == self.child.exit_fd:
                continue
            if data := os.read(fd, 1 << 20):
                self.channels[fd].feed(data)
                took = True
            else:
                self._open.discard(fd)
        if took and self.child.exit_fd not in ready:
            time.sleep(PAUSE_S)

    def _look(self) -> None:
        now = time.monotonic()
        if now >= self._kill_at:
            self.child.kill()
        if self._why is not None:
            return
        if now >= self.watch.deadline_at:
            self._stop(State.TIMED_OUT, "run.deadline")
        elif reason := self.watch.stop_asked():
            self._stop(State.STOPPED, reason)
        elif trouble := next((c.trouble for c in self.channels.values() if c.trouble), ""):
            self._stop(State.BROKEN, trouble)
        elif any(other.has_ended for other in self.others):
            self._stop(State.BROKEN, "product.ended")
        elif now >= self._tick_at:
            self._tick(now)

    def _tick(self, now: float) -> None:
        self._tick_at, self._ticks = now + 1, self._ticks + 1
        self.journal.sync()
        self.each_second()
        if self._ticks % 2 == 0:  # reading the sizes costs some milliseconds
            for child in (self.child, *self.others):
                if child.memory_bytes() > self.memory_bytes and self._why is None:
                    self._stop(State.BROKEN, "memory.exceeded")

    def _stop(self, why: State, reason: str) -> None:
        self._why, self._reason = why, reason
        self._kill_at = time.monotonic() + GRACE_S
        self.journal.add(ev="stop", why=str(why), reason=reason)
        self.journal.sync()
        self.child.ask_to_end()
