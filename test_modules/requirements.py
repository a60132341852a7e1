"""A received list of dependencies: data that is checked and written anew, never handed to an installer unread.

An installer obeys what stands in such a file: other lists, other indexes, source packages whose build scripts run
with the installer's rights. Here a line may only name a package, its exact version and the hashes of its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from test_modules.contract import ModuleError

MOST_BYTES = 1 << 20
MOST_LINES = 20_000
SHOWN = 120  # characters of a line that was not taken
NAME = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"
PINNED = re.compile(
    rf"{NAME}(?: ?\[ ?{NAME}(?: ?, ?{NAME}){{0,19}} ?\])? ?== ?[A-Za-z0-9][A-Za-z0-9.!+_-]{{0,99}}"
    r"""(?: ?; ?[A-Za-z0-9_.'"<>=!~() ]{1,500})?"""
)
HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}")
COMMENT = re.compile(r"(?:^|\s)#.*")


def check_requirements(data: bytes) -> None:
    """Take only `name==version [; marker] --hash=sha256:…` lines, comments and continuations.

    Raises: ModuleError (requirements.line_not_taken) with the line's number and text; (requirements.too_large,
    requirements.not_text)
    """
    locked_lines(data)


def locked_lines(data: bytes) -> tuple[str, ...]:
    """The same list as an installer may read it: one package a line, without comments and continuations.

    Raises: as `check_requirements`
    """
    if len(data) > MOST_BYTES:
        raise ModuleError("requirements.too_large", size=len(data), limit=MOST_BYTES, unit="byte")
    try:
        physical = data.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError:
        raise ModuleError("requirements.not_text") from None
    if len(physical) > MOST_LINES:
        raise ModuleError("requirements.too_large", size=len(physical), limit=MOST_LINES, unit="line")
    return tuple(_taken(number, line) for number, line in _logical(physical))


def _logical(physical: list[str]) -> Iterator[tuple[int, str]]:
    """Join what continues, leave out comments; (number of the first line, text with single spaces)."""
    parts: list[str] = []
    first = 0
    for number, line in enumerate(physical, start=1):
        if not line.replace("\t", " ").isprintable():  # what looks like one line may be two to somebody else
            raise _refused(number, line)
        first = first if parts else number
        bare = COMMENT.sub("", line).rstrip()
        goes_on = bare.endswith("\\")
        parts.append(bare.removesuffix("\\"))
        if not goes_on:
            if text := " ".join(" ".join(parts).split()):
                yield first, text
            parts = []
    if parts:
        raise _refused(first, " ".join(parts))  # the last line goes on, and nothing follows


def _taken(number: int, line: str) -> str:
    words = line.split(" ")
    at = next((n for n, word in enumerate(words) if word.startswith("--")), len(words))
    pinned, hashes = " ".join(words[:at]), words[at:]
    if not PINNED.fullmatch(pinned) or not hashes or not all(HASH.fullmatch(word) for word in hashes):
        raise _refused(number, line)
    return line


def _refused(number: int, line: str) -> ModuleError:
    text = "".join(sign if sign.isprintable() else "?" for sign in line[:SHOWN])
    return ModuleError("requirements.line_not_taken", line=number, text=text)
