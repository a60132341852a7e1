"""The run's journal: every event as it arrived, stamped and chained by the supervisor, outside the sandbox.

One line an event, `number nanoseconds hash origin event`, where hash is the SHA-256 over the previous hash
and the rest of the line. Origin is `lab` (the supervisor's own word) or `tool` (what came over the pipe),
so that a tool cannot speak for the laboratory; it can lie about the present, but not rewrite what was
chained before.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from test_modules.contract import ModuleError

JOURNAL = "journal.log"  # its name in a folder of evidence

_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, sort_keys=True).encode


class Journal:
    """An open journal of one attempt; only the supervisor holds it."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._number, self._is_synced = 0, True
        self._head = b""

    @property
    def head(self) -> str:
        """The hash of the last line."""
        return self._head.decode()

    def add(self, **event: Any) -> None:
        """Chain an event of the supervisor's own."""
        self._chain([_encode(event).encode()], b"lab ")

    def add_lines(self, lines: Iterable[bytes]) -> None:
        """Chain events as they came over the pipe, before anything is made of them; no line holds a feed."""
        self._chain(lines, b"tool ")

    def _chain(self, lines: Iterable[bytes], origin: bytes) -> None:
        now, text = time.time_ns(), []
        for line in lines:
            self._number += 1
            stamp, event = b"%d %d " % (self._number, now), origin + line
            self._head = hashlib.sha256(self._head + stamp + event).hexdigest().encode()
            text.append(stamp + self._head + b" " + event + b"\n")
        _write_all(self._fd, b"".join(text))
        self._is_synced = False

    def sync(self) -> None:
        """Bring what was chained onto the disk."""
        if not self._is_synced:
            os.fsync(self._fd)
            self._is_synced = True

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.sync()
        os.close(self._fd)


def verify_journal(path: Path, expected_head: str = "") -> tuple[str, list[dict[str, Any]]]:
    """Check the chain of a journal and return its head and its events.

    Each event is a table with `ev`, `from` (lab or tool) and `at_ns`; one that was not JSON when it arrived
    comes back as {"ev": "unreadable", "text": ...}. Raises: ModuleError (journal.broken) with the first bad
    line; (journal.other_head) when the chain is sound but
            ends in another hash than the one recorded: lines were cut off its end, or all of it was made anew
    """
    head, events = b"", []
    for number, line in enumerate(_lines(path), start=1):
        parts = line.split(b" ", 3)
        if len(parts) != 4 or parts[0] != b"%d" % number:
            raise ModuleError("journal.broken", line=number)
        stamp = parts[0] + b" " + parts[1] + b" "
        if hashlib.sha256(head + stamp + parts[3]).hexdigest().encode() != parts[2]:
            raise ModuleError("journal.broken", line=number)
        head = parts[2]
        origin, _, event = parts[3].partition(b" ")
        events.append({**read_event(event), "from": origin.decode(), "at_ns": int(parts[1])})
    if expected_head and head.decode() != expected_head:
        raise ModuleError("journal.other_head", line=len(events))
    return head.decode(), events


def read_event(line: bytes) -> dict[str, Any]:
    """Read one event; whatever it is, the answer is a table with a text under `ev`."""
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        event = None
    if isinstance(event, dict) and isinstance(event.get("ev"), str):
        return event
    return {"ev": "unreadable", "text": line[:500].decode("utf-8", "replace")}


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    lines = data.split(b"\n")
    if lines.pop() != b"":
        raise ModuleError("journal.broken", line=len(lines) + 1)  # torn: the last line has no end
    return lines


def _write_all(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
