"""The inside of `rendering`: WeasyPrint, and the cures that PDF/A and the seal need."""

from __future__ import annotations

import functools
import json
import logging
import os
import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pydyf
import weasyprint
from weasyprint.text.fonts import FontConfiguration
from weasyprint.urls import FatalURLFetchingError, URLFetcher

from lims.documents.fonts import FAMILY, configuration, missing_parts
from lims.documents.helper import Refusal, unpack

OPTIONS: dict[str, Any] = {"pdf_variant": "pdf/a-3b", "pdf_tags": True}
RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
DC = "http://purl.org/dc/elements/1.1/"
_EMPTY_IS_REFUSED = ("Pattern", "Shading", "XObject", "ExtGState", "ColorSpace", "Font")
_WARMING = (
    f"<html lang=ko><style>*{{font-family:{FAMILY}}}b{{font-weight:700}}i{{font-style:normal;font-weight:600}}</style>"
    "<p>시험성적서 <b>시험 Test</b> <i>시험 Test</i> 1/1"
)
_ready: dict[str, FontConfiguration] = {}


class Complaints(logging.Handler):
    """Keeps what the typesetter only warns of, and what no document of ours may have: a hole in the text."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.told: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        said = record.getMessage()
        if said.startswith((".notdef glyph", "Unable to subset", "Failed to load")):
            self.told.append(said)


_complaints = Complaints()


class DataOnly(URLFetcher):  # type: ignore[misc]
    """Refuses every address but `data:`, and ends the rendering instead of leaving a hole in the document."""

    def __init__(self) -> None:
        super().__init__(allowed_protocols=("data",), allow_redirects=False)

    def fetch(self, url: str, headers: Any = None) -> Any:
        if not url.lower().startswith("data:"):
            raise FatalURLFetchingError(url)
        return super().fetch(url, headers)


def warm_up(fonts: str) -> None:
    """Load our fonts and nothing else, and typeset once so that forks inherit every cache."""
    if lacking := missing_parts(Path(fonts)):
        raise Refusal("render.parts_missing", parts=", ".join(lacking))
    weasyprint.LOGGER.setLevel(logging.WARNING)
    weasyprint.LOGGER.handlers = [_complaints]
    scratch = Path(tempfile.mkdtemp(prefix="siheom-fonts-"))
    try:
        configured = scratch / "fonts.conf"
        configured.write_text(configuration(Path(fonts), scratch))
        os.environ["FONTCONFIG_FILE"] = str(configured)  # read when the font configuration is made
        _ready["fonts"] = FontConfiguration()
        header = dict.fromkeys(("number", "title", "author", "data_name", "data_description"), "-")
        typeset_document(header | {"language": "ko", "created": "2026-01-01T00:00:00+00:00"}, _WARMING, b"{}")
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def typeset(question: bytes) -> bytes:
    header, html, attached = unpack(question)
    return typeset_document(json.loads(header), html.decode(), attached)


def typeset_document(header: dict[str, str], html: str, attached: bytes) -> bytes:
    """Make the PDF. No clock, no locale and no random number enters it."""
    created = datetime.fromisoformat(header["created"])
    try:
        source = weasyprint.HTML(string=html, url_fetcher=DataOnly(), base_url=None)
        document = source.render(font_config=_ready["fonts"], **OPTIONS)
        _describe(document.metadata, header, created)
        document.metadata.attachments = [_attachment(header, attached, created)]
        made = document.write_pdf(finisher=cure, **OPTIONS)
    except FatalURLFetchingError as asked:
        raise Refusal("render.address", address=str(asked)[:200]) from None
    if _complaints.told or made is None:  # characters are looked up before, so this is a font that got lost
        raise Refusal("render.incomplete", detail=(_complaints.told or ["empty"])[0][:200])
    return bytes(made)


def _describe(metadata: Any, header: dict[str, str], created: datetime) -> None:
    metadata.title, metadata.lang = header["title"], header["language"]
    metadata.authors = [header["author"]] if header["author"] else []
    metadata.description, metadata.keywords, metadata.custom = header["number"], [], {}
    metadata.generator = "Siheom"
    metadata.created = metadata.modified = created.isoformat(timespec="seconds")
    written = metadata.generate_rdf_metadata
    metadata.generate_rdf_metadata = functools.partial(_with_identifier, written, header["number"])


def _with_identifier(written: Any, number: str, *arguments: Any) -> bytes:
    """Add the document's number to the one rdf:RDF; WeasyPrint's own option adds a refused second."""
    rdf = ElementTree.fromstring(written(*arguments))  # noqa: S314 - written a line above by WeasyPrint itself
    about = ElementTree.SubElement(rdf, f"{{{RDF}}}Description", {f"{{{RDF}}}about": ""})
    ElementTree.SubElement(about, f"{{{DC}}}identifier").text = number
    return bytes(ElementTree.tostring(rdf, encoding="utf-8"))


def _attachment(header: dict[str, str], attached: bytes, created: datetime) -> weasyprint.Attachment:
    return weasyprint.Attachment(
        string=attached,
        name=header["data_name"],
        description=header["data_description"],
        created=created.astimezone(UTC),  # written with a Z whatever the zone is
        modified=created.astimezone(UTC),
        relationship="Data",
    )


def cure(document: Any, pdf: pydyf.PDF) -> None:
    """Remove what PDF/A refuses before the bytes are written, so that no second pass is needed.

    WeasyPrint 70 leaves empty resource dictionaries and names each associated file twice. Plain objects
    instead of one huge object stream cost 150 KiB and save every later reader of the file seconds.
    """
    for written in pdf.objects:
        for holder in (written, getattr(written, "extra", {}).get("Resources")):
            if isinstance(holder, dict):
                for key in _EMPTY_IS_REFUSED:
                    if isinstance(holder.get(key), dict) and not holder[key]:
                        del holder[key]
    pdf.catalog["AF"] = pydyf.Array(dict.fromkeys(pdf.catalog["AF"]))
    pdf.write = functools.partial(_write_plain, pdf)


def _write_plain(pdf: pydyf.PDF, output: Any, version: Any, identifier: Any, _: bool) -> None:
    type(pdf).write(pdf, output, version, identifier, False)
