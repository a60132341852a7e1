"""Is this file a certificate of ours? Stands without the LIMS, its settings and its database.

Genuine means both: the register knows these very bytes, and a seal of ours holds over all of them by
itself. The register's time of issue is the time the seal is judged at: certificates end, documents do
not.

`verify` answers at once; `verify_in_child` does the reading of the hostile file in a process with limits.
"""

from __future__ import annotations

import asyncio
import dataclasses
import functools
import hashlib
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

from asn1crypto import x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import async_validate_pdf_signature
from pyhanko_certvalidator import ValidationContext

from lims.documents.embedded import claimed_number
from lims.documents.helper import Helper, HelperBroken, Limits, pack, unpack
from lims.documents.seal_rules import added_only

MAX_FILE_BYTES = 32 << 20
LIMITS = Limits(time_s=20, memory_bytes=1 << 30)
END = b"%%EOF\n"
MAX_BEGINNINGS = 8  # how many revisions' ends are tried as the end of the unsigned bytes


class State(StrEnum):
    """The four states of a Korean government seal: 진본, 변조, 인증서 검증 실패, 미검증."""

    GENUINE = "genuine"
    ALTERED = "altered"
    CERTIFICATE_FAILED = "certificate_failed"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Registered:
    """What the register holds about one sealed file. `status`: issued, superseded, withdrawn or void."""

    number: str
    status: str
    issued_at: datetime
    unsigned_size: int
    unsigned_sha256: str


class Register(Protocol):
    """The three questions that a verification asks of the register."""

    def file(self, sha256: str) -> Registered | None:
        """The entry of exactly this sealed file."""

    def status_of(self, number: str) -> str | None:
        """The status of a number, None when no such number was ever given."""

    def number_of_unsigned(self, sha256: str) -> str | None:
        """The number whose unsigned bytes have this hash."""


@dataclass(frozen=True)
class Trust:
    """DER certificates: every one a centre has ever sealed reports with, and the roots they lead to."""

    pinned: tuple[bytes, ...]
    roots: tuple[bytes, ...]


@dataclass(frozen=True)
class Finding:
    """The answer. `reason` is a code for translation, `number` the certificate it is about, if known."""

    state: State
    reason: str
    number: str | None = None
    status: str | None = None  # of a genuine file: issued, superseded, withdrawn
    detail: str = ""

    @property
    def is_genuine(self) -> bool:
        return self.state is State.GENUINE


@dataclass(frozen=True)
class Examined:
    """What the file itself says, read without asking the register."""

    seal: str  # "" when a seal of ours holds over the whole file; else why not
    detail: str = ""
    claimed: str | None = None
    beginnings: tuple[str, ...] = ()  # SHA-256 of what may be the unsigned bytes
    carries_our_certificate: bool = False


SEAL_HOLDS = ""
CERTIFICATE_REASONS = {"seal.other_certificate", "seal.certificate_path"}


def verify(data: bytes, register: Register, trust: Trust, asked: str | None = None) -> Finding:
    """Say what this file is. `asked`: the number of the address by which the visitor came.

    The file is read in this process: for files of our own. For a stranger's file use `verify_in_child`.
    """
    known, refusal = _look_up(data, register)
    if refusal:
        return refusal
    return judge(examine(data, trust, known), register, known, asked)


def verify_in_child(data: bytes, register: Register, trust: Trust, asked: str | None = None) -> Finding:
    """`verify`, with the file read in a process that has little time and memory."""
    known, refusal = _look_up(data, register)
    if refusal:
        return refusal
    try:
        examined = _unpacked(examiner().ask(_question(data, trust, known)))
    except HelperBroken as trouble:
        if known is not None:  # our own bytes, so the failure is ours
            return Finding(State.UNKNOWN, "file.not_checked", known.number, known.status, trouble.code)
        examined = _outside(data, trust, "seal.unreadable", trouble.code)
    return judge(examined, register, known, asked)


def _look_up(data: bytes, register: Register) -> tuple[Registered | None, Finding | None]:
    if len(data) > MAX_FILE_BYTES:
        return None, Finding(State.UNKNOWN, "file.too_large", detail=str(MAX_FILE_BYTES))
    if not data.startswith(b"%PDF-"):
        return None, Finding(State.UNKNOWN, "file.not_a_pdf")
    return register.file(hashlib.sha256(data).hexdigest()), None


def judge(
    examined: Examined, register: Register, known: Registered | None, asked: str | None = None
) -> Finding:
    """Put what the file says beside what the register knows."""
    if known is not None and examined.seal == SEAL_HOLDS:
        return _of_known(known, asked)
    if examined.seal in CERTIFICATE_REASONS:
        return Finding(
            State.CERTIFICATE_FAILED, examined.seal, _number(examined, register), None, examined.detail
        )
    unsigned = _unsigned_number(examined, register)
    number = unsigned or examined.claimed
    if examined.seal == SEAL_HOLDS and unsigned is None:
        return _of_unregistered(number, register)
    numbers = [value for value in (number, asked) if value is not None]
    if examined.carries_our_certificate or any(register.status_of(value) for value in numbers):
        return Finding(
            State.ALTERED, examined.seal or "file.not_registered", number or asked, None, examined.detail
        )
    return Finding(State.UNKNOWN, "file.nothing_of_ours", None, None, examined.detail)


def _of_known(known: Registered, asked: str | None) -> Finding:
    if asked not in (None, known.number):
        return Finding(State.ALTERED, "number.other", known.number, known.status, asked or "")
    if known.status == "void":
        return Finding(State.UNKNOWN, "number.void", known.number, known.status)
    return Finding(State.GENUINE, "seal.holds", known.number, known.status)


def _of_unregistered(number: str | None, register: Register) -> Finding:
    """Sealed by us, yet the register never heard of the file: never issued, voided, or not these bytes."""
    status = register.status_of(number) if number else None
    if status is None:
        return Finding(State.UNKNOWN, "number.unissued", number)
    if status == "void":
        return Finding(State.UNKNOWN, "number.void", number, status)
    return Finding(State.ALTERED, "file.not_registered", number, status)


def _unsigned_number(examined: Examined, register: Register) -> str | None:
    found = (register.number_of_unsigned(sha256) for sha256 in examined.beginnings)
    return next((number for number in found if number is not None), None)


def _number(examined: Examined, register: Register) -> str | None:
    return _unsigned_number(examined, register) or examined.claimed


def examine(data: bytes, trust: Trust, known: Registered | None = None) -> Examined:
    """Read the file. Never raises: what cannot be read is altered or unknown, not an error of ours."""
    try:
        seal, detail = _seal(data, trust, known)
    except Exception as trouble:  # a hostile file may raise anything
        seal, detail = "seal.unreadable", type(trouble).__name__
    return dataclasses.replace(_outside(data, trust, seal, detail), claimed=claimed_number(data))


def _outside(data: bytes, trust: Trust, seal: str, detail: str) -> Examined:
    """What can be said of a file without parsing it."""
    hexadecimal = data.lower()
    carries = any(certificate.hex().encode() in hexadecimal for certificate in trust.pinned)
    beginnings = tuple(hashlib.sha256(data[:end]).hexdigest() for end in _ends(data))
    return Examined(seal, detail, None, beginnings, carries)


def _ends(data: bytes) -> Iterator[int]:
    """Where a revision may end."""
    at = 0
    for _ in range(MAX_BEGINNINGS):
        at = data.find(END, at)
        if at < 0:
            return
        at += len(END)
        yield at


def _seal(data: bytes, trust: Trust, known: Registered | None) -> tuple[str, str]:
    """Why no seal of ours holds over the whole file, and a detail; ("", "") when one does."""
    signatures = PdfFileReader(io.BytesIO(data)).embedded_signatures
    if len(signatures) != 1:
        return ("seal.none" if not signatures else "seal.several"), str(len(signatures))
    signature = signatures[0]
    status = asyncio.run(_status(signature, trust, known.issued_at if known else None))
    if not (status.intact and status.valid and _covers_all(signature, data)):
        return "seal.broken", ""
    if signature.signer_cert.dump() not in trust.pinned:
        return "seal.other_certificate", _shown_name(signature.signer_cert)
    if not status.trusted:
        return "seal.certificate_path", str(getattr(status.trust_problem_indic, "name", ""))
    return _gate(data, known)


def _covers_all(signature: Any, data: bytes) -> bool:
    """Nothing of the file is outside the signature but the hexadecimal hole that holds it."""
    start, hole_start, hole_end, rest = (int(number) for number in signature.byte_range)
    hole = data[hole_start:hole_end]
    return start == 0 and hole_end + rest == len(data) and not hole.strip(b"<>0123456789abcdefABCDEF")


def _gate(data: bytes, known: Registered | None) -> tuple[str, str]:
    """The unsigned bytes and a seal make up the whole file."""
    unsigned_size = known.unsigned_size if known else next(_ends(data), 0)
    if problems := added_only(data, unsigned_size).problems:
        return "seal.more_than_a_seal", ",".join(problems)[:300]
    if known and hashlib.sha256(data[:unsigned_size]).hexdigest() != known.unsigned_sha256:
        return "seal.other_unsigned", ""
    return SEAL_HOLDS, ""


def _shown_name(certificate: x509.Certificate) -> str:
    return str(certificate.subject.human_friendly)[:300]


async def _status(signature: Any, trust: Trust, at: datetime | None) -> Any:
    context = ValidationContext(
        trust_roots=[x509.Certificate.load(root) for root in trust.roots],
        allow_fetching=False,
        revocation_mode="soft-fail",
        moment=at,
    )
    return await async_validate_pdf_signature(signature, context, skip_diff=True)


@functools.cache
def examiner() -> Helper:
    """The warm process that forks for each file to read."""
    return Helper("certificates.verification:answer", limits=LIMITS, patience_s=LIMITS.time_s + 10)


def _question(data: bytes, trust: Trust, known: Registered | None) -> bytes:
    told = dataclasses.asdict(known) | {"issued_at": known.issued_at.isoformat()} if known else None
    return pack(json.dumps(told).encode(), pack(*trust.pinned), pack(*trust.roots), data)


def answer(question: bytes) -> bytes:
    """The child's side of `verify_in_child`."""
    told, pinned, roots, data = unpack(question)
    entry = json.loads(told)
    known = Registered(**entry | {"issued_at": datetime.fromisoformat(entry["issued_at"])}) if entry else None
    examined = examine(data, Trust(tuple(unpack(pinned)), tuple(unpack(roots))), known)
    return json.dumps(dataclasses.asdict(examined)).encode()


def _unpacked(answered: bytes) -> Examined:
    told = json.loads(answered)
    return Examined(**told | {"beginnings": tuple(told["beginnings"])})
