"""A genuine certificate and every forgery that was thought of, each told apart rightly."""

import dataclasses
import hashlib
import io
import json
import re
import subprocess
import zlib
from datetime import UTC, datetime, timedelta

import pikepdf
import pytest
from asn1crypto import keys as asn1_keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore

from certificates import verification
from certificates.verification import State, Trust, verify, verify_in_child
from lims.documents import signer_client
from lims.documents.helper import HelperBroken
from lims.documents.rendering import render
from lims.documents.seal_rules import added_only
from lims.documents.sealing import seal_document
from tests.documents.authority import (
    CREATED,
    SEALED_AT,
    Authority,
    FakeRegister,
    Sealed,
    make_sealed,
    make_unsigned,
    short_html,
)

pytestmark = pytest.mark.process


@pytest.fixture(scope="module")
def authority():
    with Authority() as running:
        yield running


@pytest.fixture(scope="module")
def sealed(authority):
    return make_sealed(authority)


@pytest.fixture(scope="module")
def register(sealed):
    return FakeRegister(sealed)


@pytest.fixture(scope="module")
def stranger(tmp_path_factory):
    """Somebody else's key, under a CA with the very same names."""
    return make_stranger()


def make_stranger(subject: x509.Name | None = None):
    key = rsa.generate_private_key(65537, 2048)
    name = subject or x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "somebody")])
    begins = datetime.now(UTC) - timedelta(days=1)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=99))
        .add_extension(x509.KeyUsage(True, True, *([False] * 7)), critical=True)
        .sign(key, hashes.SHA256())
    )
    return key, certificate


def stranger_signer(key, certificate) -> signers.SimpleSigner:
    pkcs8 = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return signers.SimpleSigner(
        asn1_x509.Certificate.load(certificate.public_bytes(Encoding.DER)),
        asn1_keys.PrivateKeyInfo.load(pkcs8),
        SimpleCertificateStore(),
    )


def signed_by(signer, data: bytes, field: str = "Seal", certify: bool = True) -> bytes:
    meta = signers.PdfSignatureMetadata(field_name=field, certify=certify, md_algorithm="sha256")
    out = io.BytesIO()
    Unscrupulous(meta, signer=signer).sign_pdf(IncrementalPdfFileWriter(io.BytesIO(data)), output=out)
    return out.getvalue()


class Unscrupulous(signers.PdfSigner):
    """Signs although the seal forbids it."""

    def _enforce_certification_constraints(self, reader):
        pass


def hole_of(sealed: Sealed) -> tuple[int, int]:
    return added_only(sealed.data, len(sealed.unsigned)).hole


# The genuine file


@pytest.mark.parametrize("reading", [verify, verify_in_child])
def test_issued_file_is_genuine(sealed, register, authority, reading):
    finding = reading(sealed.data, register, authority.trust)

    assert (finding.state, finding.reason) == (State.GENUINE, "seal.holds")
    assert (finding.number, finding.status) == (sealed.number, "issued")
    assert reading(sealed.data, register, authority.trust, asked=sealed.number).is_genuine


@pytest.mark.parametrize("status", ["superseded", "withdrawn"])
def test_superseded_and_withdrawn_files_stay_genuine_and_say_so(sealed, authority, status):
    register = FakeRegister(sealed)
    register.statuses[sealed.number] = status

    finding = verify(sealed.data, register, authority.trust)

    assert (finding.state, finding.status) == (State.GENUINE, status)


def test_sealed_file_begins_with_the_checked_bytes_and_adds_only_a_seal(sealed):
    assert sealed.data.startswith(sealed.unsigned)
    assert added_only(sealed.data, len(sealed.unsigned)).problems == ()


def test_genuine_file_stays_genuine_after_its_certificate_has_ended(sealed, authority):
    class Old(FakeRegister):
        moved_to = SEALED_AT

        def file(self, sha256):
            found = super().file(sha256)
            return found and dataclasses.replace(found, issued_at=self.moved_to)

    register = Old(sealed)
    assert verify(sealed.data, register, authority.trust).is_genuine

    register.moved_to = SEALED_AT + timedelta(days=365 * 4)

    assert verify(sealed.data, register, authority.trust).reason == "seal.certificate_path"


@pytest.fixture(scope="module")
def trusting_store(authority, tmp_path_factory):
    folder = f"sql:{tmp_path_factory.mktemp('nss')}"
    subprocess.run(["certutil", "-N", "-d", folder, "--empty-password"], check=True)
    authority_file = authority.public / "ca.pem"
    subprocess.run(
        ["certutil", "-A", "-d", folder, "-n", "ca", "-t", "C,C,C", "-i", authority_file], check=True
    )
    return folder


def test_independent_tool_names_the_seal_valid_trusted_and_total(sealed, trusting_store, tmp_path):
    (tmp_path / "a.pdf").write_bytes(sealed.data)

    told = subprocess.run(
        ["pdfsig", "-nssdir", trusting_store.removeprefix("sql:"), tmp_path / "a.pdf"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    assert "Signature is Valid." in told
    assert "Certificate is Trusted." in told
    assert "Total document signed" in told
    assert "Signature #2" not in told


# The forgeries


def edited_text(sealed: Sealed, *_) -> bytes:
    """One byte of the first page's content."""
    at = sealed.data.index(b"stream\n") + 20
    return flipped(sealed.data, at)


def flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def edited_title(sealed: Sealed, *_) -> bytes:
    """Metadata as any reader shows them, in a revision of their own after the seal."""
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed.data))
    shown = writer.trailer.raw_get("/Info")
    shown.get_object()[generic.NameObject("/Title")] = generic.TextStringObject("DIP-2026-K-9999")
    writer.mark_update(shown)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def junk_after_the_end(sealed: Sealed, *_) -> bytes:
    return sealed.data + b"% nothing to see here\n%%EOF\n"


def one_space_more(sealed: Sealed, *_) -> bytes:
    return sealed.data + b"\n"


def cut_short(sealed: Sealed, *_) -> bytes:
    return sealed.data[:-40]


def signature_stripped(sealed: Sealed, *_) -> bytes:
    return sealed.unsigned


def signature_emptied(sealed: Sealed, *_) -> bytes:
    start, end = hole_of(sealed)
    return sealed.data[: start + 1] + b"0" * (end - start - 2) + sealed.data[end - 1 :]


def second_signature(sealed: Sealed, stranger, *_) -> bytes:
    return signed_by(stranger_signer(*stranger), sealed.data, field="Second", certify=False)


def annotation_added(sealed: Sealed, *_) -> bytes:
    writer = IncrementalPdfFileWriter(io.BytesIO(sealed.data))
    page = writer.root["/Pages"]["/Kids"][0]
    note = generic.DictionaryObject(
        {
            generic.NameObject("/Type"): generic.NameObject("/Annot"),
            generic.NameObject("/Subtype"): generic.NameObject("/FreeText"),
            generic.NameObject("/Rect"): generic.ArrayObject(
                [generic.NumberObject(n) for n in (9, 9, 90, 90)]
            ),
            generic.NameObject("/Contents"): generic.TextStringObject("1.000"),
        }
    )
    page["/Annots"].append(writer.add_object(note))
    writer.update_container(page["/Annots"])
    writer.mark_update(page.container_ref)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def rewritten(sealed: Sealed, *_) -> bytes:
    """The same pages and the same signature, written anew by another program."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed.data)) as opened:
        opened.save(out)
    return out.getvalue()


def embedded_data_changed(sealed: Sealed, *_) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(sealed.data)) as opened:
        attached = opened.Root.Names.EmbeddedFiles.Names[1].EF.F
        told = json.loads(attached.read_bytes())
        told["results"][0]["value"] = "1.000"
        attached.write(json.dumps(told).encode())
        opened.save(out)
    return out.getvalue()


def seal_of_another_report(sealed: Sealed, _, other: Sealed) -> bytes:
    """Another report's signature in this report's hole."""
    start, end = hole_of(sealed)
    other_start, other_end = hole_of(other)
    signature = other.data[other_start:other_end]
    assert len(signature) == end - start
    return sealed.data[:start] + signature + sealed.data[end:]


def byte_range_shortened(sealed: Sealed, *_) -> bytes:
    """The signed range ends before the file does."""
    found = re.search(rb"/ByteRange \[0 \d+ \d+ (\d+)", sealed.data)
    number = found.group(1)
    shorter = str(int(number) - 9).encode().rjust(len(number), b"0")
    return sealed.data[: found.start(1)] + shorter + sealed.data[found.end(1) :]


ALTERED = [
    edited_text,
    edited_title,
    junk_after_the_end,
    one_space_more,
    cut_short,
    signature_stripped,
    signature_emptied,
    second_signature,
    annotation_added,
    rewritten,
    embedded_data_changed,
    seal_of_another_report,
    byte_range_shortened,
]


@pytest.fixture(scope="module")
def other(authority):
    return make_sealed(authority, "DIP-2026-K-0002", person="authorizer-2")


@pytest.fixture(params=ALTERED, ids=lambda forge: forge.__name__)
def forged(request, sealed, stranger, other):
    return request.param(sealed, stranger, other)


@pytest.mark.parametrize("reading", [verify, verify_in_child])
def test_changed_certificate_is_altered(sealed, register, authority, forged, reading):
    assert forged != sealed.data

    finding = reading(forged, register, authority.trust)

    assert finding.state is State.ALTERED, finding


def test_one_byte_changed_anywhere_is_altered(sealed, register, authority):
    """The hole's padding of zeros too: the register knows the bytes, whatever the signature covers."""
    places = sorted({*range(40, len(sealed.data) - 1, len(sealed.data) // 60), *hole_of(sealed)})

    states = {at: verify(flipped(sealed.data, at), register, authority.trust).state for at in places}

    assert {at for at, state in states.items() if state is not State.ALTERED} == set()


def test_same_content_sealed_with_another_key_fails_by_its_certificate(sealed, register, authority, stranger):
    forged = signed_by(stranger_signer(*stranger), sealed.unsigned)

    finding = verify(forged, register, authority.trust)

    assert (finding.state, finding.reason) == (State.CERTIFICATE_FAILED, "seal.other_certificate")
    assert finding.number == sealed.number


def test_another_key_with_our_names_fails_by_its_certificate(sealed, register, authority):
    ours = x509.load_der_x509_certificate(authority.certificate("DIP.pem"))
    forged = signed_by(stranger_signer(*make_stranger(ours.subject)), sealed.unsigned)

    assert verify(forged, register, authority.trust).state is State.CERTIFICATE_FAILED


def test_pinned_certificate_under_a_foreign_root_fails(sealed, register, authority, stranger):
    foreign = Trust(authority.trust.pinned, (stranger[1].public_bytes(Encoding.DER),))

    finding = verify(sealed.data, register, foreign)

    assert (finding.state, finding.reason) == (State.CERTIFICATE_FAILED, "seal.certificate_path")


def test_sealed_file_with_a_number_that_was_never_given_is_unknown(other, register, authority):
    finding = verify(other.data, register, authority.trust)

    assert (finding.state, finding.reason) == (State.UNKNOWN, "number.unissued")
    assert finding.number == other.number


def test_void_number_is_unknown(sealed, authority):
    void = FakeRegister(sealed)
    void.statuses[sealed.number] = "void"

    finding = verify(sealed.data, void, authority.trust)

    assert (finding.state, finding.reason) == (State.UNKNOWN, "number.void")


def test_sealed_file_of_a_void_number_that_was_never_registered_is_unknown(other, authority):
    register = FakeRegister()
    register.statuses[other.number] = "void"

    assert verify(other.data, register, authority.trust).reason == "number.void"


def test_second_sealing_of_an_issued_report_is_altered(sealed, register, authority):
    """Same authorized bytes, other time: a genuine seal on a file that was never issued."""
    again = authority.seal(sealed.unsigned, "authorizer-3", sealed_at=SEALED_AT + timedelta(hours=1))
    assert again != sealed.data

    finding = verify(again, register, authority.trust)

    assert (finding.state, finding.reason) == (State.ALTERED, "file.not_registered")


def test_genuine_file_under_the_address_of_another_number_is_altered(sealed, other, authority):
    register = FakeRegister(sealed, other)

    finding = verify(sealed.data, register, authority.trust, asked=other.number)

    assert (finding.state, finding.reason) == (State.ALTERED, "number.other")
    assert finding.number == sealed.number


def test_file_of_another_register_is_unknown(authority, stranger):
    """A laboratory with the same program, its own authority and the same number."""
    with Authority() as elsewhere:
        foreign = make_sealed(elsewhere)

        assert verify(foreign.data, FakeRegister(foreign), elsewhere.trust).is_genuine
        finding = verify(foreign.data, FakeRegister(), authority.trust)

    assert (finding.state, finding.reason) == (State.CERTIFICATE_FAILED, "seal.other_certificate")


def test_documents_key_is_no_seal_of_a_report(authority, register):
    slip = render(short_html("R"), b'{"number":"R"}', number="R", title="x", language="ko", created=CREATED)
    credential = signer_client.credential(authority.socket, "DIP", "documents")
    sealed_slip = seal_document(
        slip, socket=authority.socket, centre="DIP", credential=credential, sealed_at=SEALED_AT
    )

    assert verify(sealed_slip, register, authority.trust).state is State.CERTIFICATE_FAILED


# What is nothing of ours, and what attacks the reader


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "file.not_a_pdf"),
        (b"PK\x03\x04 an archive", "file.not_a_pdf"),
        (b"%PDF-1.7\nno structure at all\n%%EOF\n", "file.nothing_of_ours"),
        (b"%PDF-1.7\n" + b"%%EOF\n" * 5000, "file.nothing_of_ours"),
    ],
)
def test_foreign_file_is_unknown(register, authority, data, reason):
    finding = verify_in_child(data, register, authority.trust)

    assert (finding.state, finding.reason) == (State.UNKNOWN, reason)


def test_unsealed_draft_with_a_number_nobody_gave_is_unknown(register, authority):
    finding = verify(make_unsigned("DIP-2026-K-0999"), register, authority.trust)

    assert (finding.state, finding.reason) == (State.UNKNOWN, "file.nothing_of_ours")


def test_foreign_file_under_the_address_of_our_number_is_altered(sealed, register, authority):
    foreign = b"%PDF-1.7\nlooks like it\n%%EOF\n"

    assert verify(foreign, register, authority.trust, asked=sealed.number).state is State.ALTERED


def test_file_over_the_limit_is_not_read(register, authority, monkeypatch):
    monkeypatch.setattr(verification, "MAX_FILE_BYTES", 100)

    finding = verify_in_child(b"%PDF-" + bytes(200), register, authority.trust)

    assert (finding.state, finding.reason, finding.detail) == (State.UNKNOWN, "file.too_large", "100")


class Stuck:
    def ask(self, _):
        raise HelperBroken("helper.out_of_time")


def test_file_that_takes_the_reader_too_long_is_never_genuine(sealed, register, authority, monkeypatch):
    monkeypatch.setattr(verification, "examiner", Stuck)

    known = verify_in_child(sealed.data, register, authority.trust)
    changed = verify_in_child(junk_after_the_end(sealed), register, authority.trust)

    assert (known.state, known.reason) == (State.UNKNOWN, "file.not_checked")
    assert (changed.state, changed.number) == (State.ALTERED, sealed.number)
    assert changed.detail == "helper.out_of_time"


def test_deeply_nested_file_does_not_end_the_reader(register, authority):
    bomb = (
        b"%PDF-1.7\n1 0 obj\n" + b"[" * 200_000 + b"\nendobj\ntrailer\n<</Root 1 0 R>>\nstartxref\n9\n%%EOF\n"
    )

    assert verify_in_child(bomb, register, authority.trust).state is State.UNKNOWN


def test_compressed_data_that_unpacks_to_gigabytes_is_given_up(register, authority):
    packed = zlib.compress(bytes(300 << 20), 9)
    stream = b"<</Type/XRef/W[1 2 2]/Size 9/Root 2 0 R/Filter/FlateDecode/Length %d>>stream\n" % len(packed)
    bomb = b"%PDF-1.7\n1 0 obj\n" + stream + packed + b"\nendstream endobj\nstartxref\n9\n%%EOF\n"

    assert verify_in_child(bomb, register, authority.trust).state is State.UNKNOWN


def test_reader_of_the_sealed_file_finds_one_signature_only(sealed):
    assert len(PdfFileReader(io.BytesIO(sealed.data)).embedded_signatures) == 1
    assert hashlib.sha256(sealed.data).hexdigest() == sealed.sha256
