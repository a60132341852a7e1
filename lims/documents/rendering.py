"""HTML in, tagged PDF/A-3b out, with the data it was made of inside. The same order gives the same bytes.

The work is done by `typesetting` in a warm second process that forks for each document, within limits
of time and memory, and that reads no file and no address: only `data:` URLs work in what it is given.
"""

from __future__ import annotations

import functools
import html
import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lims.documents.fonts import FONTS, missing_glyphs
from lims.documents.helper import Helper, HelperBroken, Limits, Refusal, pack
from lims.errors import LimsError

LIMITS = Limits(time_s=60, memory_bytes=2 << 30)
MAX_HTML_BYTES = 16 << 20
SHOWN_CHARACTERS = 20


class RenderRefused(LimsError):
    """No PDF can be made of this. `code` and `params` say why; a broken tool says render.broken."""

    def __init__(self, code: str, **params: str | int) -> None:
        super().__init__(f"{code} {params}" if params else code)
        self.code = code
        self.params = params


@dataclass(frozen=True)
class RenderOrder:
    """One document. `created` must be aware: it is the only time that enters the bytes."""

    html: str
    data_json: bytes
    number: str
    title: str
    language: str
    created: datetime
    author: str = ""
    data_name: str = "report.json"
    data_description: str = ""


def render(
    html: str,
    data_json: bytes,
    *,
    number: str,
    title: str,
    language: str,
    created: datetime,
    author: str = "",
    data_name: str = "report.json",
    fonts: Path = FONTS,
) -> bytes:
    """Make the unsigned PDF of a document.

    Raises: RenderRefused (a glyph is missing, an address was asked for, a limit was met, a part is missing)
    """
    order = RenderOrder(html, data_json, number, title, language, created, author, data_name)
    return render_order(order, fonts=fonts)


def render_order(order: RenderOrder, *, fonts: Path = FONTS) -> bytes:
    """`render`, for callers that keep the order as a value."""
    _check(order, fonts)
    try:
        return typesetter(fonts).ask(question_of(order))
    except Refusal as no:
        raise RenderRefused(no.code, **no.params) from no
    except HelperBroken as trouble:
        raise RenderRefused("render.broken", detail=str(trouble)) from trouble


def question_of(order: RenderOrder) -> bytes:
    """The order as the second process takes it."""
    header = {
        "number": order.number,
        "title": order.title,
        "language": order.language,
        "created": order.created.isoformat(timespec="seconds"),
        "author": order.author,
        "data_name": order.data_name,
        "data_description": order.data_description,
    }
    return pack(json.dumps(header).encode(), order.html.encode(), order.data_json)


def _check(order: RenderOrder, fonts: Path) -> None:
    if order.created.tzinfo is None:
        raise ValueError("created must be aware")
    if len(order.html) > MAX_HTML_BYTES:
        raise RenderRefused("render.too_long", limit_bytes=MAX_HTML_BYTES)
    try:
        missing = missing_glyphs(html.unescape(order.html) + order.title, fonts)
    except OSError as trouble:
        raise RenderRefused("render.parts_missing", parts=str(fonts)) from trouble
    if missing:
        named = " ".join(f"{char} (U+{ord(char):04X})" for char in missing[:SHOWN_CHARACTERS])
        raise RenderRefused("render.no_glyph", characters=named, count=len(missing))


def typesetter(fonts: Path = FONTS) -> Helper:
    """The warm process of this one; `typesetter().start()` spares a worker's first document two seconds."""
    return _typesetter(fonts)


@functools.cache
def _typesetter(fonts: Path) -> Helper:
    return Helper(
        "lims.documents.typesetting:typeset", str(fonts), limits=LIMITS, patience_s=LIMITS.time_s + 30
    )
