"""The signer's socket: who may ask, how long a question may be, and how long one may take to ask it."""

from __future__ import annotations

import ctypes
import json
import logging
import os
import resource
import select
import signal
import socket
import struct
import threading
import time
from collections.abc import Collection
from pathlib import Path

from lims.documents.signer.desk import Desk, Question, Refused, need

MAX_QUESTION_BYTES = 1 << 16
MAX_DOCUMENT_BYTES = 32 << 20
PATIENCE_S = 5.0  # for one whole question
CLIENTS = 16
ACCEPTED, REFUSED = b"\0", b"\1"
PR_SET_DUMPABLE = 4
log = logging.getLogger("siheom.signer")


def harden() -> None:
    """No core file, no ptrace, no /proc/PID/mem for other processes; before any key is read."""
    os.umask(0o077)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")


class Server:
    """Listens until `stop`. One thread a question, at most CLIENTS at once."""

    def __init__(self, desk: Desk, path: Path, allowed_uids: Collection[int]) -> None:
        self._desk, self._path, self._allowed = desk, path, frozenset(allowed_uids)
        self._free = threading.BoundedSemaphore(CLIENTS)
        self._wake, self._woken = os.pipe()
        self._listening = self._listen()

    def _listen(self) -> socket.socket:
        if self._path.is_socket():
            self._path.unlink()
        listening = socket.socket(socket.AF_UNIX)
        listening.bind(str(self._path))
        only_us = self._allowed == {os.getuid()}
        self._path.chmod(0o600 if only_us else 0o666)  # every question's uid is checked in any case
        listening.listen(64)
        return listening

    def stop(self, *_: object) -> None:
        os.write(self._woken, b"x")

    def serve(self) -> None:
        signal.signal(signal.SIGTERM, self.stop)
        signal.signal(signal.SIGINT, self.stop)
        with self._listening as listening:
            heard: list[int] = [listening.fileno(), self._wake]
            while self._wake not in select.select(heard, [], [])[0]:
                client, _ = listening.accept()
                if self._free.acquire(blocking=False):
                    threading.Thread(target=self._serve_one, args=(client,), daemon=True).start()
                else:
                    _reply(client, REFUSED + b"signer.busy")
        self._path.unlink(missing_ok=True)

    def _serve_one(self, client: socket.socket) -> None:
        try:
            _reply(client, self._answer(client))
        finally:
            self._free.release()

    def _answer(self, client: socket.socket) -> bytes:
        try:
            need(_uid_of(client) in self._allowed, "peer.refused")
            question, document = _read_question(client)
            return ACCEPTED + self._desk.answer(question, document)
        except Refused as no:
            log.warning("refused: %s", no)
            return REFUSED + str(no).encode()
        except Exception as trouble:  # nothing that is asked may end the signer
            log.warning("bad question: %s", type(trouble).__name__)
            return REFUSED + b"question.bad"


def _uid_of(client: socket.socket) -> int:
    credentials = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    return int(struct.unpack("3i", credentials)[1])


def _read_question(client: socket.socket) -> tuple[Question, bytes]:
    until = time.monotonic() + PATIENCE_S
    asked, attached = struct.unpack(">II", _read(client, 8, until))
    need(asked <= MAX_QUESTION_BYTES and attached <= MAX_DOCUMENT_BYTES, "question.too_long")
    question = json.loads(_read(client, asked, until))
    need(isinstance(question, dict), "question.bad")
    return question, _read(client, attached, until)


def _read(client: socket.socket, length: int, until: float) -> bytes:
    received = bytearray()
    while len(received) < length:
        left = until - time.monotonic()
        need(left > 0, "question.too_slow")
        client.settimeout(left)
        try:
            chunk = client.recv(min(length - len(received), 1 << 18))
        except TimeoutError:
            raise Refused("question.too_slow") from None
        need(chunk, "question.cut_short")
        received += chunk
    return bytes(received)


def _reply(client: socket.socket, answer: bytes) -> None:
    with client:
        try:
            client.settimeout(PATIENCE_S)
            client.sendall(answer)
        except OSError:  # it does not want to know any more
            pass
