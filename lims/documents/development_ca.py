"""Keys for trying things out: a root and, for each centre, a seal and a documents certificate.

Every name says NOT ACCREDITED / 비공인 시험용, and so does every page sealed with them. Refused in
production. RSA on purpose: elliptic keys make the sealing library raise the PDF version, which PDF/A-3
forbids.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from lims.documents.signer import keys
from lims.documents.signer.keys import SealKey

WARNING = "NOT ACCREDITED / 비공인 시험용"
ROOT_FILE = "development-ca.root.p12"  # two dots: never taken for a centre's key
KEY_BITS = 3072
ROOT_YEARS, SEAL_YEARS = 20, 3
_UNITS = {
    keys.REPORT: "시험성적서 봉인 Test report seal",
    keys.DOCUMENTS: "일반 문서 Documents, never reports",
}


class NotInProduction(Exception):
    """Development keys were asked for, or found, where real ones belong."""


def make_keys(home: Path, centres: Sequence[str], *, mode: str, public: Path | None = None) -> list[Path]:
    """Make what is missing in the signer's home; existing keys stay. Returns the public files written.

    Raises: NotInProduction, KeyTrouble
    """
    if mode == "production":
        raise NotInProduction("development keys are refused in production mode")
    for centre in centres:
        keys.file_of(home, centre, keys.REPORT)  # refuses a bad code before anything is made
    keys.make_home(home)
    secret = keys.passphrase(home)
    root = _root(home, secret)
    made = {f"{centre}.pem": _seal(home, centre, keys.REPORT, root, secret) for centre in centres}
    for centre in centres:
        made[f"{centre}.documents.pem"] = _seal(home, centre, keys.DOCUMENTS, root, secret)
    return _publish(public, {"ca.pem": root, **made}) if public else []


def _publish(folder: Path, certificates: dict[str, SealKey]) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    for name, key in certificates.items():
        (folder / name).write_bytes(key.certificate.public_bytes(Encoding.PEM))
        (folder / name).chmod(0o644)
    return [folder / name for name in certificates]


def _root(home: Path, secret: bytes) -> SealKey:
    path = home / ROOT_FILE
    if path.exists():
        return keys.load(path, secret)
    private = rsa.generate_private_key(65537, KEY_BITS)
    name = _name(f"Siheom Root CA {WARNING}", "시험 인증기관 Development authority")
    certificate = _builder(name, name, private, ROOT_YEARS, is_authority=True).sign(private, hashes.SHA256())
    root = SealKey(private, certificate, ())
    keys.store(path, root, secret)
    return root


def _seal(home: Path, centre: str, purpose: str, root: SealKey, secret: bytes) -> SealKey:
    path = keys.file_of(home, centre, purpose)
    if path.exists():
        return keys.load(path, secret)
    private = rsa.generate_private_key(65537, KEY_BITS)
    subject = _name(f"{centre} {purpose} {WARNING}", _UNITS[purpose])
    builder = _builder(subject, root.certificate.subject, private, SEAL_YEARS, is_authority=False)
    authority = x509.AuthorityKeyIdentifier.from_issuer_public_key(root.private.public_key())
    certificate = builder.add_extension(authority, critical=False).sign(root.private, hashes.SHA256())
    made = SealKey(private, certificate, (root.certificate,))
    keys.store(path, made, secret)
    return made


def _name(common_name: str, unit: str) -> x509.Name:
    """Each part holds 64 bytes at most, which is why a centre's code is short."""
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "KR"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"Siheom {WARNING}"),
            x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, unit),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, private: rsa.RSAPrivateKey, years: int, *, is_authority: bool
) -> x509.CertificateBuilder:
    begins = datetime.datetime.now(datetime.UTC) - datetime.timedelta(hours=1)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + datetime.timedelta(days=365 * years))
        .add_extension(x509.BasicConstraints(is_authority, 0 if is_authority else None), critical=True)
        .add_extension(_usage(is_authority), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
    )


def _usage(is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        content_commitment=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
