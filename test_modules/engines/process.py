"""Start a tool that cannot outlive whoever started it.

Three things end a tool whose supervisor is gone or frozen: bubblewrap dies with its parent and takes the
PID namespace along (without bubblewrap the parent-death signal does); the guard, a process of its own,
kills the group when no beat reached it in time or its pipe broke; and a tool waits on a pipe until its
guard stands, so that there is no moment without one.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

from test_modules.engines import sandbox, syscalls

GUARD_S = 8.0  # lease (10 s) minus beat (2 s) of whoever ordered the run
BASH = "/bin/bash"
WAIT_FOR_GO = 'read -r go || exit 125; exec "$@" </dev/null'
GUARD = 'while read -r -t "$1" beat; do :; done; kill -KILL -- "-$2" "$2" 2>/dev/null'
BARE_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}  # nothing of ours shows in /proc/1/environ
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Child:
    """A running tool with its guard. Close it always: that kills what is left of it.

    The thread that starts it must live as long as it does: the kernel sends the parent-death signal when that
    thread ends.
    """

    def __init__(
        self,
        argv: Sequence[str],
        room: sandbox.Room,
        *,
        output_fd: int,
        pass_fds: Sequence[int] = (),
    ) -> None:
        self._room = room
        self._status_fd, status_writer = os.pipe()  # kept open: without a reader bubblewrap dies of SIGPIPE
        os.set_blocking(self._status_fd, False)
        self._inner = 0
        filter_fd = syscalls.open_filter()
        try:
            line = sandbox.command(room, argv, status_fd=status_writer, filter_fd=filter_fd)
            self._tool = subprocess.Popen(
                [BASH, "-c", WAIT_FOR_GO, "start", *line],
                stdin=subprocess.PIPE,
                stdout=output_fd,
                stderr=output_fd,
                env=BARE_ENVIRONMENT,
                pass_fds=[*pass_fds, status_writer, filter_fd],
                start_new_session=True,
            )
        finally:
            os.close(status_writer)
            os.close(filter_fd)
        self.pid = self._tool.pid
        self.exit_fd = os.pidfd_open(self.pid)
        self._guard = self._start_guard()
        _write_line(self._tool)
        self._close_stdin()

    def _start_guard(self) -> subprocess.Popen[bytes]:
        guard = subprocess.Popen(
            [BASH, "-c", GUARD, "guard", f"{GUARD_S:g}", str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=BARE_ENVIRONMENT,
            start_new_session=True,  # a signal to the supervisor's group spares it
        )
        assert guard.stdin is not None
        os.set_blocking(guard.stdin.fileno(), False)
        return guard

    def _close_stdin(self) -> None:
        assert self._tool.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._tool.stdin.close()

    def beat(self) -> None:
        """Tell the guard that whoever ordered the run still wants it."""
        _write_line(self._guard)

    @property
    def was_guarded_off(self) -> bool:
        """Whether the guard has acted (or was killed itself): then this run is over."""
        return self._guard.poll() is not None

    @property
    def has_ended(self) -> bool:
        """Whether the tool has ended; it keeps its PID until `close`, so the guard cannot hit another."""
        return bool(select.select([self.exit_fd], [], [], 0)[0])

    def ask_to_end(self) -> None:
        """Send TERM to the tool itself: TERM to bubblewrap would destroy what the tool still has to write."""
        for pid in self._tool_pids():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)

    def kill(self) -> None:
        """End the tool and everything it started, now."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def close(self) -> int:
        """Kill what is left and return the exit status (negative: the signal that ended it)."""
        self.kill()
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)
        self._guard.kill()
        self._guard.wait()
        if self._guard.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._guard.stdin.close()
        status = self._tool.wait()
        os.close(self.exit_fd)
        os.close(self._status_fd)
        return status

    def pids(self) -> list[int]:
        """Every process of the tool, bubblewrap's own included."""
        found = [self.pid]
        for pid in found:
            found += _children_of(pid)
        return found

    def cpu_s(self) -> float:
        """CPU time that the tool and its living children have taken. Units: seconds"""
        return sum(_cpu_ticks(pid) for pid in self.pids()) / TICKS_PER_S

    def memory_bytes(self) -> int:
        """Proportional set size, summed over the tool's processes."""
        return sum(_pss_bytes(pid) for pid in self.pids())

    def _tool_pids(self) -> list[int]:
        if not self._room.is_sandboxed:
            return [self.pid]
        if not self._inner:
            with contextlib.suppress(OSError, ValueError, KeyError):
                self._inner = int(json.loads(os.read(self._status_fd, 4096).split(b"\n")[0])["child-pid"])
        return _children_of(self._inner) if self._inner else []


def _write_line(process: subprocess.Popen[bytes]) -> None:
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, BlockingIOError):
        os.write(process.stdin.fileno(), b"\n")


def _children_of(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (OSError, ValueError):  # it has just ended
        return []


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(int(field) for field in fields[11:15])  # own and waited-for children's, user and system


def _pss_bytes(pid: int) -> int:
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
