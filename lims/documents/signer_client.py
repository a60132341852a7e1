"""The way to the signer: one question over its UNIX socket, one answer.

The caller stores its token before it asks (`new_token`), so that no crash between the two can lose it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket as sockets
import struct
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from lims.errors import LimsError

Purpose = Literal["report", "documents"]
ANSWER_WITHIN_S = 15.0
MAX_ANSWER_BYTES = 1 << 20
ACCEPTED = b"\0"


class SignerRefused(LimsError):
    """The signer read the question and says no. `code` is stable."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class SignerUnreachable(LimsError):
    """No signer answers at the socket, or not in time. The same question may be asked again."""


@dataclass(frozen=True)
class Token:
    """One permission to seal. The signer is told `id`; whoever shows `secret` may use it, for one file."""

    secret: str
    id: str


@dataclass(frozen=True)
class Credential:
    """The public side of a centre's key: DER certificates, the chain ending with the root."""

    certificate: bytes
    chain: tuple[bytes, ...]
    development: bool

    @property
    def fingerprint(self) -> str:
        return hashlib.sha256(self.certificate).hexdigest()


def new_token() -> Token:
    return token_of(os.urandom(32).hex())


def token_of(secret: str) -> Token:
    """The token whose secret was stored before the signer was asked."""
    return Token(secret, hashlib.sha256(bytes.fromhex(secret)).hexdigest())


def authorize(
    socket: str | Path, *, report_sha256: str, centre: str, person: str, code: str, token_id: str
) -> None:
    """Hand the authorizer's one-time code to the signer, for exactly these bytes of a report.

    Afterwards the token is good for one seal; it does not expire. The same question may be asked again.
    Raises: SignerRefused (code.wrong_or_late, code.spent, person.locked, person.unknown, ...),
        SignerUnreachable
    """
    question = {
        "op": "authorize",
        "report": report_sha256,
        "centre": centre,
        "person": person,
        "code": code,
        "token_id": token_id,
    }
    _ask(socket, question)


def sign(
    socket: str | Path,
    *,
    centre: str,
    token: str,
    document: bytes,
    unsigned_size: int,
    attributes: bytes,
) -> bytes:
    """Ask for the signature of a prepared report. The same question gets the same answer."""
    question = {
        "op": "sign",
        "centre": centre,
        "token": token,
        "size": unsigned_size,
        "attributes": attributes.hex(),
    }
    return _ask(socket, question, document)


def sign_document(
    socket: str | Path, *, centre: str, document: bytes, unsigned_size: int, attributes: bytes
) -> bytes:
    """Ask for a signature with the documents key, which no numbered report can get."""
    question = {
        "op": "sign_document",
        "centre": centre,
        "size": unsigned_size,
        "attributes": attributes.hex(),
    }
    return _ask(socket, question, document)


def credential(socket: str | Path, centre: str, purpose: Purpose = "report") -> Credential:
    """The certificate that the centre seals with now."""
    told: dict[str, Any] = json.loads(
        _ask(socket, {"op": "credential", "centre": centre, "purpose": purpose})
    )
    chain = tuple(bytes.fromhex(link) for link in told["chain"])
    return Credential(bytes.fromhex(told["certificate"]), chain, bool(told["development"]))


def is_ready(socket: str | Path) -> bool:
    """Say whether a signer answers. For health pages and launchers; never raises."""
    try:
        return _ask(socket, {"op": "ping"}) == b"ready"
    except LimsError:
        return False


def _ask(path: str | Path, question: Mapping[str, object], document: bytes = b"") -> bytes:
    asked = json.dumps(question).encode()
    until = time.monotonic() + ANSWER_WITHIN_S
    try:
        with sockets.socket(sockets.AF_UNIX) as channel:
            channel.settimeout(ANSWER_WITHIN_S)
            channel.connect(str(path))
            _send(channel, struct.pack(">II", len(asked), len(document)) + asked + document)
            answer = _receive(channel, until)
    except OSError as trouble:
        raise SignerUnreachable(f"{path}: {trouble}") from trouble
    if not answer:
        raise SignerUnreachable(f"{path}: no answer")
    if answer[:1] != ACCEPTED:
        raise SignerRefused(answer[1:].decode(errors="replace"))
    return answer[1:]


def _send(channel: sockets.socket, asked: bytes) -> None:
    """A signer that refuses early stops reading; its answer is still to be had."""
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        channel.sendall(asked)


def _receive(channel: sockets.socket, until: float) -> bytes:
    received = bytearray()
    while len(received) <= MAX_ANSWER_BYTES:
        channel.settimeout(max(0.01, until - time.monotonic()))
        try:
            chunk = channel.recv(1 << 16)
        except ConnectionResetError:  # the signer closed with unread bytes of ours; what it said came first
            break
        if not chunk:
            break
        received += chunk
    return bytes(received)
