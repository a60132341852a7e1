"""The register of issued documents, as verification asks it."""

from __future__ import annotations

import base64
from datetime import datetime

from certificates.models import Certificate, SealCredential
from certificates.verification import Finding, Registered, Trust, examine, verify_in_child
from lims.documents.signer_client import Credential
from lims.organization.models import Centre


class DatabaseRegister:
    """What the database holds of issued, voided and unfinished numbers (`verification.Register`)."""

    def file(self, sha256: str) -> Registered | None:
        """The entry of exactly this sealed file."""
        row = Certificate.objects.filter(sha256=sha256).first() if sha256 else None
        if row is None or row.issued_at is None:
            return None
        return Registered(row.number, row.state, row.issued_at, row.unsigned_size_bytes, row.unsigned_sha256)

    def status_of(self, number: str) -> str | None:
        """The status of a number, None when it was never given."""
        return Certificate.objects.filter(number=number).values_list("state", flat=True).first()

    def number_of_unsigned(self, sha256: str) -> str | None:
        """The number whose unsigned bytes have this hash."""
        return Certificate.objects.filter(unsigned_sha256=sha256).values_list("number", flat=True).first()


def verify_upload(data: bytes, asked: str | None = None) -> Finding:
    """Say what a stranger's file is; it is read in a child with little time and memory."""
    return verify_in_child(data, DatabaseRegister(), trust(), asked)


def trust() -> Trust:
    """Every certificate a centre has ever sealed with, and the roots they lead to."""
    rows = list(SealCredential.objects.all())
    pinned = tuple(base64.b64decode(row.certificate) for row in rows)
    roots = {base64.b64decode(row.chain[-1]) for row in rows}
    return Trust(pinned, tuple(sorted(roots)))


def trust_of(credential: Credential) -> Trust:
    return Trust((credential.certificate,), (credential.chain[-1],))


def remember_credential(centre: Centre, credential: Credential, at: datetime) -> SealCredential | None:
    """A new row when this certificate has not sealed anything here before, else None."""
    if SealCredential.objects.filter(fingerprint=credential.fingerprint).exists():
        return None
    return SealCredential.objects.create(
        centre=centre,
        fingerprint=credential.fingerprint,
        certificate=base64.b64encode(credential.certificate).decode(),
        chain=[base64.b64encode(link).decode() for link in credential.chain],
        is_development=credential.development,
        first_used_at=at,
    )


def trouble_with(sealed: bytes, entry: Registered, credential: Credential) -> str:
    """Why a file that was just sealed is not what the register is about to say it is; "" when it is."""
    return examine(sealed, trust_of(credential), entry).seal
