"""The data inside a document: what it claims to be, before anybody believes it."""

from __future__ import annotations

import io
import json
from typing import Any

from pyhanko.pdf_utils.reader import PdfFileReader

REPORT_SCHEMA = "siheom-report/"
MAX_DATA_BYTES = 16 << 20


def embedded_json(pdf: bytes) -> dict[str, Any] | None:
    """The embedded data of a PDF, None when there is none that can be read. Never raises."""
    try:
        names = PdfFileReader(io.BytesIO(pdf)).root["/Names"]["/EmbeddedFiles"]["/Names"]
        data = names[1]["/EF"]["/F"].data
        found = json.loads(data) if len(data) <= MAX_DATA_BYTES else None
    except Exception:  # a hostile file may raise anything
        return None
    return found if isinstance(found, dict) else None


def claimed_number(pdf: bytes) -> str | None:
    """The report number that a file claims, None when it claims none."""
    number = (embedded_json(pdf) or {}).get("number")
    return number if isinstance(number, str) else None


def claims_to_be_a_report(pdf: bytes) -> bool:
    schema = (embedded_json(pdf) or {}).get("schema")
    return isinstance(schema, str) and schema.startswith(REPORT_SCHEMA)
