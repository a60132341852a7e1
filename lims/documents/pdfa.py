"""The inside of `checking`: runs in a second process only."""

from __future__ import annotations

import io
import json

from pikepdf import pdfa

PART = "3b"


def findings(pdf: bytes) -> bytes:
    """Name what was found, as JSON. "Not checked" is a finding: only a pass is a pass."""
    report = pdfa.validate_written(io.BytesIO(pdf), PART)
    found = [str(finding)[:300] for finding in report.findings]
    return json.dumps([] if report.passed else found or [report.verdict]).encode()
