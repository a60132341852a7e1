"""Keeps all processes of one installation running until told to stop, and runs one job beside them."""

from __future__ import annotations

import fcntl
import json
import os
import signal
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from lims.config.launcher.child import Child, Program

TICK_S = 0.1
READY_WITHIN_S = 120.0
MOST_DEATHS_AT_START = 3
LARGEST_LOG_BYTES = 10 << 20
STATUS_FILE = "processes.json"


class AlreadyRunning(Exception):
    """Another launcher holds this home; `args[0]` says which process."""


class DidNotStart(Exception):
    """A process does not answer; `args` are its name and its log."""


class House:
    """The processes below one home folder. One launcher a home: the lock says so."""

    def __init__(self, home: Path, *, cwd: Path, env: Mapping[str, str]) -> None:
        self._home, self._cwd, self._env = home, cwd, env
        self._children: list[Child] = []
        self._facts: dict[str, int] = {}
        self._lock: IO[str] | None = None
        self.stop_asked = False

    def take(self) -> None:
        """Hold the home for us alone and hear signals. Raises: AlreadyRunning"""
        (self._home / "log").mkdir(parents=True, exist_ok=True)
        lock = (self._home / "launcher.lock").open("a+")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            with lock:
                lock.seek(0)
                raise AlreadyRunning(lock.read().strip()) from None
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        self._lock = lock  # open, and so held, until we end
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._hear)

    def _hear(self, *_: Any) -> None:
        self.stop_asked = True

    def open(self, programs: Sequence[Program], facts: Mapping[str, int]) -> None:
        """Start everything and wait until it answers. Raises: DidNotStart"""
        self._facts = dict(facts)
        for program in programs:
            child = self._child(program, self._log_of(program))
            child.start()
            self._children.append(child)
        self._tell()
        until = time.monotonic() + READY_WITHIN_S
        waiting = list(self._children)
        while waiting and not self.stop_asked:
            self.look()
            for child in waiting:
                if child.deaths >= MOST_DEATHS_AT_START or time.monotonic() > until:
                    raise DidNotStart(child.program.name, self._log_of(child.program))
            waiting = [child for child in waiting if not child.program.is_ready()]
            time.sleep(TICK_S)

    def _child(self, program: Program, log: Path | None) -> Child:
        return Child(program, cwd=self._cwd, env=self._env, log=log)

    def _log_of(self, program: Program) -> Path:
        path = self._home / "log" / f"{program.name}.log"
        if not self._children and path.exists() and path.stat().st_size > LARGEST_LOG_BYTES:
            path.replace(path.with_suffix(".log.1"))
        return path

    def look(self) -> None:
        """Start again what has died."""
        started = [child for child in self._children if child.keep_running()]
        if started:
            self._tell()

    def _tell(self) -> None:
        """Say in a file which process is which, for people and for tests that kill them."""
        pids = {child.program.name: child.pid for child in self._children}
        scratch = self._home / f"{STATUS_FILE}.part"
        scratch.write_text(json.dumps({"launcher": os.getpid(), **self._facts, **pids}))
        scratch.replace(self._home / STATUS_FILE)

    def run(self, job: Program) -> int:
        """Run one job at the terminal while the house stands; its status, or 130 when we were told to stop."""
        child = self._child(job, None)
        child.start()
        while (status := child.ended()) is None:
            if self.stop_asked:
                child.ask_to_end()
                child.end()
                return 130
            self.look()
            time.sleep(TICK_S)
        return status if status >= 0 else 128 - status

    def stand(self) -> None:
        """Keep everything running until told to stop."""
        while not self.stop_asked:
            self.look()
            time.sleep(TICK_S)

    def close(self) -> None:
        """End what works first, then what it works with; nothing is left."""
        helpers = [child for child in self._children if child.program.name in ("broker", "signer")]
        workers = [child for child in self._children if child not in helpers]
        for group in (workers, helpers):
            for child in group:
                child.ask_to_end()
            for child in group:
                child.end()
        (self._home / STATUS_FILE).unlink(missing_ok=True)
        if self._lock:
            self._lock.close()  # the home is free for the next
