"""A signer process on a home of its own, and reports sealed by it."""

from __future__ import annotations

import base64
import functools
import hashlib
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from certificates.canonical import canonical_json
from certificates.verification import Registered, Trust
from lims.documents import signer_client
from lims.documents.rendering import render
from lims.documents.sealing import seal
from lims.documents.signer.totp import STEP_S, code_at
from tests.certificates.snapshots import make_snapshot

CENTRES = ("DIP", "GBP")
SEOUL = timezone(timedelta(hours=9))
CREATED = datetime(2026, 11, 6, 9, 30, tzinfo=SEOUL)
SEALED_AT = datetime.now(UTC).replace(microsecond=0)


class Authority:
    """Starts the signer with the project's own commands and ends it by its own number."""

    def __init__(self, centres: tuple[str, ...] = CENTRES) -> None:
        self.root = Path(tempfile.mkdtemp(prefix="siheom-seal-", dir="/tmp"))
        self.home, self.socket, self.public = self.root / "home", self.root / "s", self.root / "public"
        self.people: dict[str, bytes] = {}
        self.command("make-keys", self.home, *centres, "--public", self.public)

    def command(self, *words: object) -> str:
        made = subprocess.run(
            [sys.executable, "-m", "lims.documents.signer", *map(str, words)],
            capture_output=True,
            text=True,
            check=True,
        )
        return made.stdout

    def __enter__(self) -> Authority:
        command = [sys.executable, "-m", "lims.documents.signer", "serve", str(self.home), str(self.socket)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        assert self.process.stdout.readline() == b"ready\n"
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(10)
        self.process.stdout.close()
        shutil.rmtree(self.root)

    def enrol(self, person: str, *centres: str) -> str:
        if person not in self.people:
            address = self.command("enrol", self.home, person, *centres).strip()
            secret = parse_qs(urlsplit(address).query)["secret"][0]
            self.people[person] = base64.b32decode(secret + "=" * (-len(secret) % 8))
        return person

    def code(self, person: str, steps_ago: int = 0) -> str:
        return code_at(self.people[person], int(time.time() // STEP_S) - steps_ago)

    def authorize(
        self, pdf: bytes, person: str, *, centre: str = "DIP", **changes: str
    ) -> signer_client.Token:
        token = signer_client.new_token()
        asked = {
            "report_sha256": hashlib.sha256(pdf).hexdigest(),
            "centre": centre,
            "person": self.enrol(person),
            "code": changes.pop("code", None) or self.code(person),
            "token_id": token.id,
        }
        signer_client.authorize(self.socket, **asked | changes)
        return token

    def seal(self, pdf: bytes, person: str, *, centre: str = "DIP", sealed_at: datetime = SEALED_AT) -> bytes:
        token = self.authorize(pdf, person, centre=centre)
        credential = signer_client.credential(self.socket, centre)
        return seal(
            pdf,
            socket=self.socket,
            centre=centre,
            token=token.secret,
            credential=credential,
            sealed_at=sealed_at,
        )

    @functools.cached_property
    def trust(self) -> Trust:
        pinned = tuple(self.certificate(f"{centre}.pem") for centre in CENTRES)
        return Trust(pinned, (self.certificate("ca.pem"),))

    def certificate(self, name: str) -> bytes:
        found = x509.load_pem_x509_certificate((self.public / name).read_bytes())
        return found.public_bytes(Encoding.DER)


@dataclass(frozen=True)
class Sealed:
    number: str
    unsigned: bytes
    data: bytes

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


def short_html(number: str, body: str = "") -> str:
    """A page with the parts that matter: number on each page, Korean text, page n / N."""
    return (
        f'<html lang="ko"><title>시험성적서 {number}</title><style>*{{font-family:Pretendard}}'
        f'@page{{@top-right{{content:"{number}"}}@bottom-right{{content:counter(page)" / "counter(pages)}}}}'
        f"h2{{break-before:page}}</style><h1>시험성적서</h1><p>측정값 0.967 ± 0.010</p><h2>결과</h2>{body}"
    )


def make_unsigned(number: str = "DIP-2026-K-0001", body: str = "") -> bytes:
    frozen = make_snapshot(number=number)
    return render(
        short_html(number, body),
        canonical_json(frozen),
        number=number,
        title=f"시험성적서 {number}",
        language="ko",
        created=CREATED,
    )


def make_sealed(authority: Authority, number: str = "DIP-2026-K-0001", person: str = "authorizer") -> Sealed:
    unsigned = make_unsigned(number)
    return Sealed(number, unsigned, authority.seal(unsigned, person))


class FakeRegister:
    """A register in memory that knows what it is told."""

    def __init__(self, *files: Sealed, **statuses: str) -> None:
        self.files = {file.sha256: file for file in files}
        self.statuses = {file.number: "issued" for file in files} | {
            number.replace("_", "-"): status for number, status in statuses.items()
        }

    def file(self, sha256: str) -> Registered | None:
        if (found := self.files.get(sha256)) is None:
            return None
        status = self.statuses[found.number]
        unsigned_sha256 = hashlib.sha256(found.unsigned).hexdigest()
        return Registered(found.number, status, SEALED_AT, len(found.unsigned), unsigned_sha256)

    def status_of(self, number: str) -> str | None:
        return self.statuses.get(number)

    def number_of_unsigned(self, sha256: str) -> str | None:
        numbers = (
            file.number for file in self.files.values() if hashlib.sha256(file.unsigned).hexdigest() == sha256
        )
        return next(numbers, None)
