"""The fonts a document may use: glyf TrueType files of one family, and nothing the machine happens to have.

Outline formats matter: CID-keyed OpenType looks fine in one reader and loses Hangul in the next.
"""

from __future__ import annotations

import ctypes
import functools
import unicodedata
from pathlib import Path

from fontTools.ttLib import TTFont

PROJECT = Path(__file__).resolve().parents[2]
FONTS = PROJECT / "node_modules/pretendard/dist/public/static/alternative"
FILES = ("Pretendard-Regular.ttf", "Pretendard-SemiBold.ttf", "Pretendard-Bold.ttf")
FAMILY = "Pretendard"
SUBSETTER = "libharfbuzz-subset.so.0"

_CONFIGURATION = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>
  <cachedir>{cache}</cachedir>
  <selectfont><rejectfont><glob>*</glob></rejectfont>{accepted}</selectfont>
  <config><rescan><int>0</int></rescan></config>
</fontconfig>
"""


def configuration(fonts: Path, cache: Path) -> str:
    """The text of a fontconfig file that knows our three files only."""
    accepted = "".join(f"<acceptfont><glob>{fonts / name}</glob></acceptfont>" for name in FILES)
    return _CONFIGURATION.format(fonts=fonts, cache=cache, accepted=accepted)


def missing_parts(fonts: Path = FONTS) -> list[str]:
    """Name what this machine lacks for rendering: font files and the subsetting library.

    Without the library, which no other package pulls in, a page takes half a minute instead of half a
    second.
    """
    lacking = [str(fonts / name) for name in FILES if not (fonts / name).is_file()]
    try:
        ctypes.CDLL(SUBSETTER)
    except OSError:
        lacking.append(SUBSETTER)
    return lacking


@functools.cache
def _characters(fonts: Path) -> frozenset[int]:
    """The characters that every one of our files can draw."""
    covered: set[int] | None = None
    for name in FILES:
        with TTFont(fonts / name, lazy=True) as font:
            drawn = set(font.getBestCmap())
        covered = drawn if covered is None else covered & drawn
    return frozenset(covered or ())


def missing_glyphs(text: str, fonts: Path = FONTS) -> list[str]:
    """Name the characters of `text` that our fonts cannot draw, sorted; PDF/A needs every one of them.

    Composed before the look-up, as the typesetter does: a decomposed Hangul syllable is one glyph.
    """
    known = _characters(fonts)
    used = set(unicodedata.normalize("NFC", text))
    return sorted(
        char for char in used if ord(char) not in known and unicodedata.category(char) not in _UNSEEN
    )


_UNSEEN = {"Cc", "Cf", "Zl", "Zp"}  # controls, joiners and separators draw nothing
