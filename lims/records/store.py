"""Content store: bytes under the name of their SHA-256, written once, never changed."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from lims.errors import LimsError

CHUNK = 1 << 20


class StoreDamaged(LimsError):
    """The stored bytes no longer have the hash they were stored under."""


def path_of(sha256: str) -> Path:
    return Path(settings.STORE_DIR) / sha256[:2] / sha256


def put(chunks: Iterable[bytes]) -> tuple[str, int]:
    """Store a stream and return (SHA-256, size in bytes). The file is on disk before this returns."""
    root = Path(settings.STORE_DIR)
    root.mkdir(parents=True, exist_ok=True)
    digest, size = hashlib.sha256(), 0
    with tempfile.NamedTemporaryFile(dir=root, delete=False) as scratch:
        try:
            for chunk in chunks:
                digest.update(chunk)
                size += len(chunk)
                scratch.write(chunk)
            scratch.flush()
            os.fsync(scratch.fileno())
        except BaseException:
            Path(scratch.name).unlink()
            raise
    _publish(Path(scratch.name), digest.hexdigest())
    return digest.hexdigest(), size


def put_bytes(content: bytes) -> tuple[str, int]:
    return put([content])


def put_file(source: BinaryIO) -> tuple[str, int]:
    return put(iter(lambda: source.read(CHUNK), b""))


def read(sha256: str) -> bytes:
    """The stored bytes, checked against their name.

    Raises: StoreDamaged when a byte differs or the file is gone.
    """
    try:
        content = path_of(sha256).read_bytes()
    except FileNotFoundError:
        raise StoreDamaged(sha256) from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StoreDamaged(sha256)
    return content


def is_sound(sha256: str) -> bool:
    """Whether the stored bytes still have their name as hash; read in pieces, however large they are."""
    digest = hashlib.sha256()
    try:
        with path_of(sha256).open("rb") as source:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
    except FileNotFoundError:
        return False
    return digest.hexdigest() == sha256


def copy_to(sha256: str, target: Path) -> None:
    """Lay a checked copy for a tool that wants a file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(read(sha256))


def _publish(scratch: Path, sha256: str) -> None:
    final = path_of(sha256)
    if final.exists():
        scratch.unlink()
        return
    final.parent.mkdir(exist_ok=True)
    scratch.chmod(0o440)
    scratch.replace(final)
    folder = os.open(final.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
