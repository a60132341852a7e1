"""A second process that stays warm: it answers one question at a time and is replaced when it fails.

PDF libraries take a second to load, keep what they read, and can be driven into using all memory. They run
here, outside the web process and the worker. With limits, each question is answered by a fork of the warm
process, so that nothing of one document reaches the next.

The answering side is a function `bytes -> bytes` named "package.module:function". A module may also have
`warm_up(*arguments)`. It refuses by raising `Refusal`.
"""

from __future__ import annotations

import atexit
import json
import os
import selectors
import struct
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from lims.errors import LimsError

ANSWER, REFUSAL, FAILURE = b"a", b"r", b"f"
MAX_FRAME_BYTES = 256 << 20
_PROJECT = Path(__file__).resolve().parents[2]


class Refusal(LimsError):
    """The second process read the question and says no: a code and its parameters."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params = params


class HelperBroken(LimsError):
    """The second process died, took too long or needed too much memory."""

    def __init__(self, code: str, detail: str = "") -> None:
        super().__init__(f"{code}: {detail}" if detail else code)
        self.code = code


@dataclass(frozen=True)
class Limits:
    """What one question may cost. With limits every question gets a fork of its own."""

    time_s: float
    memory_bytes: int


def pack(*parts: bytes) -> bytes:
    return b"".join(struct.pack(">Q", len(part)) + part for part in parts)


def unpack(packed: bytes) -> list[bytes]:
    parts, at = [], 0
    while at < len(packed):
        (length,) = struct.unpack_from(">Q", packed, at)
        parts.append(packed[at + 8 : at + 8 + length])
        at += 8 + length
    return parts


class Helper:
    """The asking side. Safe for threads and after a fork: a forked process starts a helper of its own."""

    def __init__(
        self, target: str, *arguments: str, limits: Limits | None = None, patience_s: float = 60
    ) -> None:
        self.target, self.arguments, self.limits = target, arguments, limits
        self.patience_s = patience_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner = 0
        self._question = b""  # the one under way

    def ask(self, question: bytes) -> bytes:
        """Answer one question.

        Raises: Refusal (the answering side says no), HelperBroken (no answer; the next gets a new process)
        """
        self.begin(question)
        return self.finish()

    def begin(self, question: bytes) -> None:
        """Hand over a question and return while it is answered; `finish` must follow in the same thread."""
        self._lock.acquire()
        self._question = question
        try:
            self._send(question)
        except BaseException:
            self._drop()
            self._lock.release()
            raise

    def finish(self) -> bytes:
        """Wait for the answer to the question that `begin` handed over."""
        try:
            kind, body = self._received()
        except BaseException:
            self._drop()
            raise
        finally:
            self._question = b""
            self._lock.release()
        if kind == REFUSAL:
            told = json.loads(body)
            raise Refusal(told["code"], **told["params"])
        if kind == FAILURE:
            code, _, detail = body.decode().partition("\n")
            raise HelperBroken(code, detail)
        return body

    def start(self) -> None:
        """Warm the process up now instead of at the first question."""
        with self._lock:
            self._running()

    def close(self) -> None:
        with self._lock:
            self._drop()

    def _send(self, question: bytes) -> None:
        for again in (True, False):
            channel = self._running().stdin
            assert channel is not None
            try:
                channel.write(struct.pack(">Q", len(question)) + question)
                channel.flush()
                return
            except (BrokenPipeError, ValueError):  # it died while it was idle
                self._drop()
                if not again:
                    raise HelperBroken("helper.died", self.target) from None

    def _received(self) -> tuple[bytes, bytes]:
        """The answer; asked once more when the process was ended from outside, which is not the question's fault."""
        try:
            return self._receive()
        except HelperBroken as trouble:
            if trouble.code != "helper.died":
                raise
        self._drop()
        self._send(self._question)
        return self._receive()

    def _receive(self) -> tuple[bytes, bytes]:
        assert self._process is not None
        assert self._process.stdout is not None
        until = time.monotonic() + self.patience_s
        head = _read_before(self._process.stdout.fileno(), 9, until)
        (length,) = struct.unpack(">Q", head[1:])
        if length > MAX_FRAME_BYTES:
            raise HelperBroken("helper.answer_too_long", self.target)
        return head[:1], _read_before(self._process.stdout.fileno(), length, until)

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._owner != os.getpid():
            self._forget()
        if self._process is None or self._process.poll() is not None:
            self._drop()
            limits = (
                [f"--time={self.limits.time_s}", f"--memory={self.limits.memory_bytes}"]
                if self.limits
                else []
            )
            self._process = subprocess.Popen(
                [sys.executable, "-m", "lims.documents.helper_side", *limits, self.target, *self.arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                cwd=_PROJECT,
            )
            self._owner = os.getpid()
            atexit.register(self.close)
        return self._process

    def _forget(self) -> None:
        """After a fork the process belongs to the parent: close our copies, never signal it."""
        process, self._process = self._process, None
        if process is not None:
            _close(process.stdin)
            _close(process.stdout)
            process.returncode = 0  # keeps Popen from complaining about a child that is not ours

    def _drop(self) -> None:
        if self._process is not None and self._owner != os.getpid():
            return self._forget()
        process, self._process = self._process, None
        if process is None:
            return None
        atexit.unregister(self.close)
        process.kill()
        _close(process.stdin)
        _close(process.stdout)
        process.wait()
        return None


def _close(stream: IO[bytes] | None) -> None:
    try:
        if stream is not None:
            stream.close()
    except OSError:  # bytes that nobody reads any more
        pass


def _read_before(channel: int, length: int, until: float) -> bytes:
    """Read exactly `length` bytes of an unbuffered channel before the monotonic time `until`."""
    chunks: list[bytes] = []
    missing = length
    with selectors.DefaultSelector() as ready:
        ready.register(channel, selectors.EVENT_READ)
        while missing:
            if not ready.select(max(0.0, until - time.monotonic())):
                raise HelperBroken("helper.out_of_time")
            chunk = os.read(channel, min(missing, 1 << 20))
            if not chunk:
                raise HelperBroken("helper.died")
            chunks.append(chunk)
            missing -= len(chunk)
    return b"".join(chunks)
