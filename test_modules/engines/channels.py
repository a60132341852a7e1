"""The pipes that a tool reports over: what comes in is bounded, and chained before anything is made of it."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
from collections.abc import Callable
from typing import Any, Protocol

from test_modules.engines.journal import Journal, read_event

PIPE_BYTES = 1 << 20  # so that the tool does not wait while we bring the journal to the disk
MOST_LINE_BYTES = 1 << 20
MOST_EVENT_BYTES = 256 << 20
MOST_LOG_BYTES = 4 << 20


class Channel(Protocol):
    """Where the bytes of one pipe go. `trouble` is a code when the tool sent what it must not ("" = fine)."""

    trouble: str

    def feed(self, data: bytes) -> None:
        """Take what was just read."""

    def finish(self) -> None:
        """The pipe has ended."""


def open_pipe() -> tuple[int, int]:
    """Return (reader, writer) of a large pipe."""
    reader, writer = os.pipe()
    with contextlib.suppress(PermissionError):  # an ordinary user's allowance is used up: the usual size then
        fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    return reader, writer


class EventChannel:
    """JSON lines: into the journal first, then to whoever counts them."""

    def __init__(self, journal: Journal, receive: Callable[[dict[str, Any]], None]) -> None:
        self.trouble = ""
        self._journal, self._receive = journal, receive
        self._rest, self._taken = b"", 0

    def feed(self, data: bytes) -> None:
        """Chain the whole lines; keep the torn one until its end comes."""
        self._taken += len(data)
        *lines, self._rest = (self._rest + data).split(b"\n")
        self._journal.add_lines(lines)
        for line in lines:
            self._receive(read_event(line))
        if len(self._rest) > MOST_LINE_BYTES or self._taken > MOST_EVENT_BYTES:
            self.trouble = "events.too_large"

    def finish(self) -> None:
        """Chain a torn last line as what it is."""
        if self._rest:
            self._journal.add(ev="torn", text=self._rest[:500].decode("utf-8", "replace"))
            self._rest = b""


class LogChannel:
    """What the tool prints, for people: the first megabytes of it."""

    def __init__(self) -> None:
        self.trouble = ""
        self.text = bytearray()

    def feed(self, data: bytes) -> None:
        """Keep what fits."""
        self.text += data[: max(0, MOST_LOG_BYTES - len(self.text))]

    def finish(self) -> None:
        """Nothing is open."""


class ByteChannel:
    """A bounded stream of records, hashed as it comes."""

    def __init__(self, most_bytes: int) -> None:
        self.trouble = ""
        self.data = bytearray()
        self.hash = hashlib.sha256()
        self._most_bytes = most_bytes

    def feed(self, data: bytes) -> None:
        """Keep everything; more than allowed ends the run rather than losing a record."""
        if len(self.data) + len(data) > self._most_bytes:
            self.trouble = "samples.too_large"
            return
        self.data += data
        self.hash.update(data)

    def finish(self) -> None:
        """Nothing is open."""
