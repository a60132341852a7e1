"""The signer's keys: AES-256 PKCS#12 files in its home, opened once with the passphrase of a 0600 file."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import PrivateFormat, pkcs12

PASSPHRASE_FILE = "passphrase"  # noqa: S105 - a file name
REPORT, DOCUMENTS = "report", "documents"
DEVELOPMENT_WORDS = "NOT ACCREDITED"
CENTRE_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,15}")
KDF_ROUNDS = 100_000


class KeyTrouble(Exception):
    """The signer cannot start with what lies in its home."""


@dataclass(frozen=True)
class SealKey:
    """One private key with its certificate, loaded once: checking an RSA key costs a third of a second."""

    private: RSAPrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...]

    @property
    def is_development(self) -> bool:
        return DEVELOPMENT_WORDS in self.certificate.subject.rfc4514_string()

    @property
    def certificate_der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def chain_der(self) -> list[bytes]:
        return [link.public_bytes(serialization.Encoding.DER) for link in self.chain]

    def sign(self, attributes: bytes) -> bytes:
        return self.private.sign(attributes, padding.PKCS1v15(), hashes.SHA256())


def file_of(home: Path, centre: str, purpose: str) -> Path:
    if not CENTRE_CODE.fullmatch(centre):
        raise KeyTrouble(f"centre code {centre!r}: letters, digits, - and _ only, at most 16")
    return home / (f"{centre}.p12" if purpose == REPORT else f"{centre}.{DOCUMENTS}.p12")


def make_home(home: Path) -> None:
    """Create the home (0700) and its passphrase (0600) where they do not exist."""
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.chmod(0o700)
    if not (home / PASSPHRASE_FILE).exists():
        write_secret(home / PASSPHRASE_FILE, secrets.token_hex(32).encode())


def write_secret(path: Path, content: bytes) -> None:
    """Write a file that nobody else can ever have read, complete or not at all."""
    partial = path.with_name(path.name + ".partial")
    partial.unlink(missing_ok=True)
    partial.touch(mode=0o600, exist_ok=False)
    partial.write_bytes(content)
    partial.rename(path)


def passphrase(home: Path) -> bytes:
    path = home / PASSPHRASE_FILE
    if not path.is_file():
        raise KeyTrouble(f"{path} is missing: run make-keys first")
    if path.stat().st_mode & 0o077 or home.stat().st_mode & 0o077:
        raise KeyTrouble(f"{home} must be 0700 and {path.name} 0600: others may read them")
    return path.read_bytes().strip()


def store(path: Path, key: SealKey, secret: bytes) -> None:
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(KDF_ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(secret)
    )
    content = pkcs12.serialize_key_and_certificates(
        path.stem.encode(), key.private, key.certificate, list(key.chain), encryption
    )
    write_secret(path, content)


def load(path: Path, secret: bytes) -> SealKey:
    try:
        private, certificate, chain = pkcs12.load_key_and_certificates(path.read_bytes(), secret)
    except ValueError as trouble:
        raise KeyTrouble(f"{path.name} does not open with the passphrase of its home") from trouble
    if not isinstance(private, RSAPrivateKey) or certificate is None:
        raise KeyTrouble(f"{path.name} must hold an RSA key and its certificate")
    return SealKey(private, certificate, tuple(chain))


def load_all(home: Path) -> dict[tuple[str, str], SealKey]:
    """Every seal key of the home by (centre, purpose); the CA's own key is left alone."""
    secret = passphrase(home)
    loaded = {}
    for path in sorted(home.glob("*.p12")):
        centre, _, purpose = path.stem.partition(".")
        if centre and CENTRE_CODE.fullmatch(centre) and purpose in ("", DOCUMENTS):
            loaded[centre, purpose or REPORT] = load(path, secret)
    if not loaded:
        raise KeyTrouble(f"{home} holds no key: run make-keys first")
    return loaded
