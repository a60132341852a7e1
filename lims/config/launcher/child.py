"""One process of the installation: started in a group of its own, ended with all that it started."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.2, 5.0
LIVED_S = 10.0  # a process that lived longer than this starts again at once
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Program:
    """What to start, and how to tell that it answers."""

    name: str
    command: tuple[str, ...]
    is_ready: Callable[[], bool] = lambda: True
    grace_s: float = 10.0  # between the request to end and the end


class Child:
    """A program that is kept running. `log` None: it talks to the terminal."""

    def __init__(self, program: Program, *, cwd: Path, env: Mapping[str, str], log: Path | None) -> None:
        self.program, self._cwd, self._env, self._log = program, cwd, env, log
        self._process: subprocess.Popen[bytes] | None = None
        self._started_at = self._due_at = 0.0
        self._pause_s = FIRST_PAUSE_S
        self.deaths = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    def start(self) -> None:
        """Start it in a session of its own, so that Ctrl-C reaches the launcher alone."""
        log = self._log.open("ab") if self._log else None
        try:
            self._process = self._spawn(log)
        finally:
            if log:
                log.close()
        self._started_at = time.monotonic()

    def _spawn(self, log: IO[bytes] | None) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        return subprocess.Popen(
            self.program.command,
            cwd=self._cwd,
            env=dict(self._env),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            preexec_fn=lambda: _die_with(parent),  # noqa: PLW1509 - the launcher starts no threads
        )

    def ended(self) -> int | None:
        """Its exit status once it has ended; whatever it left in its group is killed before it is reaped."""
        process = self._process
        if process is None:
            return None
        if process.returncode is None:
            seen = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if seen is None:
                return None
            _signal_group(process.pid, signal.SIGKILL)  # not reaped yet, so the number is still ours
        return process.wait()

    def keep_running(self) -> bool:
        """Start it again when it has died and its pause is over; True when it was started."""
        if self._process is not None:
            if self.ended() is None:
                return False
            self.deaths += 1
            self._process = None
            lived = time.monotonic() - self._started_at
            self._pause_s = FIRST_PAUSE_S if lived > LIVED_S else min(2 * self._pause_s, LONGEST_PAUSE_S)
            self._due_at = time.monotonic() + self._pause_s
        if time.monotonic() < self._due_at:
            return False
        self.start()
        return True

    def ask_to_end(self) -> None:
        if self._process and self.ended() is None:
            self._process.send_signal(signal.SIGTERM)

    def end(self) -> int | None:
        """Wait for its end as long as its grace allows, then kill the group. Call `ask_to_end` first."""
        until = time.monotonic() + self.program.grace_s
        while self._process and self.ended() is None:
            if time.monotonic() > until:
                _signal_group(self._process.pid, signal.SIGKILL)
            time.sleep(0.02)
        return self._process.returncode if self._process else None


def _die_with(parent: int) -> None:
    _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it died before we could ask
        os._exit(1)


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)
