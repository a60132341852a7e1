"""The institution's seal on a PDF that passed its check: pyHanko's side. There is no key here.

PAdES B-B, one certification signature that forbids every later change. The sealed file begins with the
very bytes that were checked and authorized. The same file, certificate and time give the same prepared
bytes, so an issue that was interrupted asks the signer the same question again and gets the same
signature.
"""

from __future__ import annotations

import asyncio
import functools
import hashlib
import io
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from asn1crypto import cms, x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import MDPPerm, SigSeedSubFilter
from pyhanko.sign.signers.pdf_byterange import PreparedByteRangeDigest
from pyhanko.sign.signers.pdf_signer import PdfTBSDocument
from pyhanko_certvalidator.registry import SimpleCertificateStore

from lims.documents import signer_client
from lims.documents.seal_rules import added_only
from lims.documents.signer_client import Credential
from lims.errors import LimsError

FIELD_NAME = "Seal"
DIGEST = "sha256"
RESERVED_BYTES = (
    12_288  # for the signature and its certificates; B-LT, with a timestamp inside, will need 24,576
)


class SealBroken(LimsError):
    """The seal that was made is not one that the rules allow. Nothing may be stored."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__(", ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class Prepared:
    """A file with an empty hole for its signature, and what will be signed. Worth storing before asking."""

    document: bytes
    attributes: bytes  # DER of the signed attributes
    unsigned_size: int
    hole: tuple[int, int]


class SealWriter(IncrementalPdfFileWriter):
    """Leaves Info and XMP as they were checked; pyHanko would write its name and the clock into both."""

    def _update_meta(self) -> None:
        pass

    @classmethod
    def _handle_id(cls, prev: Any) -> Any:
        first = prev.trailer["/ID"][0]
        kept = generic.ByteStringObject(getattr(first, "original_bytes", first))
        second = hashlib.sha256(b"seal:" + bytes(kept)).digest()[:16]
        return generic.ArrayObject([kept, generic.ByteStringObject(second)])


class _SignerAt(signers.PdfSigner):
    """pyHanko's signer with the time of the seal given instead of read from the clock."""

    sealed_at: datetime

    def init_signing_session(self, pdf_out: Any, existing_fields_only: bool = False) -> Any:
        session = super().init_signing_session(pdf_out, existing_fields_only)
        session.system_time = self.sealed_at
        return session


def prepare(unsigned: bytes, credential: Credential, *, sealed_at: datetime) -> Prepared:
    """Add the seal's revision with an empty signature. Deterministic; `sealed_at` must be aware."""
    return asyncio.run(_prepare(unsigned, credential, sealed_at))


async def _prepare(unsigned: bytes, credential: Credential, sealed_at: datetime) -> Prepared:
    placeholder = _placeholder(credential)
    signer = _SignerAt(_metadata(), signer=placeholder)
    signer.sealed_at = sealed_at
    output = io.BytesIO()
    digest, *_ = await signer.async_digest_doc_for_signing(
        SealWriter(io.BytesIO(unsigned)), bytes_reserved=RESERVED_BYTES, output=output
    )
    attributes = await placeholder.signed_attrs(digest.document_digest, DIGEST, use_pades=True)
    hole = (digest.reserved_region_start, digest.reserved_region_end)
    return Prepared(output.getvalue(), attributes.dump(), len(unsigned), hole)


def _metadata() -> signers.PdfSignatureMetadata:
    """PAdES B-B. B-LT adds validation info and a timestamper here, in the same single revision."""
    return signers.PdfSignatureMetadata(
        field_name=FIELD_NAME,
        md_algorithm=DIGEST,
        subfilter=SigSeedSubFilter.PADES,
        certify=True,
        docmdp_permissions=MDPPerm.NO_CHANGES,
    )


def _placeholder(credential: Credential, signature: bytes | None = None) -> signers.ExternalSigner:
    certificate, store = _loaded(credential)
    size = certificate.public_key.bit_size // 8
    return signers.ExternalSigner(certificate, store, signature_value=signature or size, embed_roots=False)


@functools.lru_cache(maxsize=16)
def _loaded(credential: Credential) -> tuple[x509.Certificate, SimpleCertificateStore]:
    store = SimpleCertificateStore()  # type: ignore[no-untyped-call]
    store.register_multiple([x509.Certificate.load(link) for link in credential.chain])
    return x509.Certificate.load(credential.certificate), store


def complete(prepared: Prepared, credential: Credential, signature: bytes) -> bytes:
    """Put the signature into its hole.

    Raises: SealBroken (more than a seal was added, or the file does not begin with what was checked)
    """
    attributes = cms.CMSAttributes.load(prepared.attributes)
    external = _placeholder(credential, signature)
    container = asyncio.run(external.async_sign_prescribed_attributes(DIGEST, attributes))
    output = io.BytesIO(prepared.document)
    digest = PreparedByteRangeDigest(b"", *prepared.hole)
    PdfTBSDocument.resume_signing(output, digest, container)
    sealed = output.getvalue()
    if problems := added_only(sealed, prepared.unsigned_size).problems:
        raise SealBroken(problems)
    return sealed


def seal(
    unsigned: bytes,
    *,
    socket: str | Path,
    centre: str,
    token: str,
    credential: Credential,
    sealed_at: datetime,
) -> bytes:
    """Seal a report that its authorizer answered for. Store `token` and `sealed_at` before the first call.

    Raises: SignerRefused, SignerUnreachable, SealBroken
    """
    prepared = prepare(unsigned, credential, sealed_at=sealed_at)
    signature = signer_client.sign(
        socket,
        centre=centre,
        token=token,
        document=prepared.document,
        unsigned_size=prepared.unsigned_size,
        attributes=prepared.attributes,
    )
    return complete(prepared, credential, signature)


def seal_document(
    unsigned: bytes, *, socket: str | Path, centre: str, credential: Credential, sealed_at: datetime
) -> bytes:
    """Seal a slip or a record that no person authorizes, with the centre's documents key.

    Raises: SignerRefused (among others: this is a numbered report), SignerUnreachable, SealBroken
    """
    prepared = prepare(unsigned, credential, sealed_at=sealed_at)
    signature = signer_client.sign_document(
        socket,
        centre=centre,
        document=prepared.document,
        unsigned_size=prepared.unsigned_size,
        attributes=prepared.attributes,
    )
    return complete(prepared, credential, signature)
