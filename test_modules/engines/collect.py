"""Take what a sandboxed tool left behind, trusting none of it: regular files of bounded size, no links."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_FILES = 100
MOST_FILE_BYTES = 256 << 20
MOST_BYTES = 512 << 20
CHUNK = 1 << 20


@dataclass(frozen=True)
class Collected:
    """Names -> SHA-256 of what was taken, and name -> code of what was refused and left where it lay."""

    taken: Mapping[str, str]
    refused: Mapping[str, str]


def no_beat() -> None:
    """For who is not waited for."""


def collect(source: Path, target: Path, beat: Callable[[], None] = no_beat) -> Collected:
    """Copy the regular files of one folder into another, hashed on the way, with a beat for each piece.

    A link, pipe, device, folder, second name of a file, or more than the limits is refused, not followed.
    """
    taken: dict[str, str] = {}
    refused: dict[str, str] = {}
    left = MOST_BYTES
    for entry in sorted(os.scandir(source), key=lambda entry: entry.name):
        name = entry.name.encode("utf-8", "backslashreplace").decode()
        if len(taken) >= MOST_FILES or (target / name).exists() or not name.isprintable():
            refused[name[:200]] = "output.not_wanted"
        elif code := _copy(Path(entry.path), target / name, min(left, MOST_FILE_BYTES), taken, beat):
            refused[name] = code
        else:
            left -= (target / name).stat().st_size
    return Collected(taken, refused)


def hashes_of(folder: Path, beat: Callable[[], None] = no_beat) -> dict[str, str]:
    """Name -> SHA-256 of the regular files that lie in a folder."""
    found = {}
    for name in evidence_in(folder):
        digest = hashlib.sha256()
        fd = os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
        try:
            for chunk in _chunks(fd, beat):
                digest.update(chunk)
        finally:
            os.close(fd)
        found[name] = digest.hexdigest()
    return found


def evidence_in(folder: Path) -> tuple[str, ...]:
    """Names of the regular files that lie in a folder of evidence, sorted; nothing else counts."""
    with os.scandir(folder) as entries:
        return tuple(sorted(entry.name for entry in entries if entry.is_file(follow_symlinks=False)))


def _copy(path: Path, target: Path, most_bytes: int, taken: dict[str, str], beat: Callable[[], None]) -> str:
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return "output.not_regular"
    try:
        status = os.fstat(fd)
        if not stat.S_ISREG(status.st_mode) or status.st_nlink != 1:
            return "output.not_regular"
        if status.st_size > most_bytes:
            return "output.too_large"
        taken[target.name] = _copied(fd, target, beat)
    finally:
        os.close(fd)
    return ""


def _copied(fd: int, target: Path, beat: Callable[[], None]) -> str:
    digest = hashlib.sha256()
    with target.open("xb") as copy:
        for chunk in _chunks(fd, beat):  # nobody writes any more: the sandbox is gone
            digest.update(chunk)
            copy.write(chunk)
    return digest.hexdigest()


def _chunks(fd: int, beat: Callable[[], None]) -> Iterator[bytes]:
    while chunk := os.read(fd, CHUNK):
        beat()
        yield chunk
