"""Is this PDF/A-3b? Asked of pikepdf, which did not make the file, in a second process beside other work."""

from __future__ import annotations

import functools
import json

from lims.documents.helper import Helper

PATIENCE_S = 120


class Check:
    """A check under way. Its verdict must be awaited: `findings` is the only way to end it."""

    def __init__(self, pdf: bytes) -> None:
        self._helper = checker()
        self._helper.begin(pdf)

    def findings(self) -> list[str]:
        """Wait for what was found; empty means the bytes are PDF/A-3b.

        Raises: HelperBroken (no verdict is not a good verdict)
        """
        found: list[str] = json.loads(self._helper.finish())
        return found


def begin_check(pdf: bytes) -> Check:
    return Check(pdf)


def check(pdf: bytes) -> list[str]:
    """Name what keeps the unsigned bytes from being PDF/A-3b. Empty: nothing.

    Raises: HelperBroken
    """
    return Check(pdf).findings()


@functools.cache
def checker() -> Helper:
    """The second process of this one; `checker().start()` warms it up."""
    return Helper("lims.documents.pdfa:findings", patience_s=PATIENCE_S)
