"""What a seal may add to a file that passed PDF/A: one revision with the seal's own objects only.

The general checker judges unsigned files only; this judges the rest. Used by the signer before it
signs, by the worker before it stores, and by every later verification.
Source: ISO 19005-3:2012, 6.1.12, 6.3 and 6.4.3; ISO 32000-1:2008, 12.7 and 12.8.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

from pyhanko.pdf_utils.generic import Reference
from pyhanko.pdf_utils.reader import PdfFileReader

CATALOG_MAY_GAIN = {"/AcroForm", "/Perms", "/Extensions"}
TRAILER_MAY_HOLD = {
    *("/Root", "/Info", "/ID", "/Size", "/Prev"),
    *("/Type", "/W", "/Index", "/Filter", "/Length", "/DecodeParms"),
}
FIELD_MAY_HOLD = {"/FT", "/T", "/Type", "/Subtype", "/F", "/Rect", "/P", "/V"}
SIGNATURE_MAY_HOLD = {"/Contents", "/ByteRange", "/Type", "/Filter", "/SubFilter", "/M", "/Reference"}
REFERENCE_MUST_NOT_HOLD = {"/DigestMethod", "/DigestValue", "/DigestLocation"}
HIDDEN_PRINTED_LOCKED = 132  # annotation flags Print and Locked: what PDF/A asks of a field without a face
NO_CHANGES = 1
SUBFILTER = "/ETSI.CAdES.detached"
MAX_CONTENTS_BYTES = 60_000


@dataclass(frozen=True)
class Added:
    """What was found in the added revision: codes of what is wrong, and the hole kept for the signature."""

    problems: tuple[str, ...]
    hole: tuple[int, int] = (0, 0)  # start and end, angle brackets included


def added_only(sealed: bytes, unsigned_size: int) -> Added:
    """Judge a file whose first `unsigned_size` bytes passed PDF/A. Never raises: unreadable is a problem."""
    if sealed[unsigned_size:].count(b"startxref") != 1 or not sealed.endswith(b"%%EOF\n"):
        return Added(("revisions",))
    try:
        old = PdfFileReader(io.BytesIO(sealed[:unsigned_size]))
        new = PdfFileReader(io.BytesIO(sealed))
        return _Comparison(old, new).judge(sealed, unsigned_size)
    except Exception as trouble:  # a hostile file may raise anything
        return Added((f"unreadable:{type(trouble).__name__}",))


class _Comparison:
    def __init__(self, old: PdfFileReader, new: PdfFileReader) -> None:
        self.old, self.new = old, new
        self.read_old: Any = old.get_object  # the library leaves it untyped
        self.read_new: Any = new.get_object
        self.problems: list[str] = []
        self.page = old.root["/Pages"]["/Kids"].raw_get(0)

    def judge(self, sealed: bytes, unsigned_size: int) -> Added:
        if self.new.xrefs.total_revisions != self.old.xrefs.total_revisions + 1:
            return Added(("revisions",))
        form = self.new.root["/AcroForm"]
        field = form["/Fields"][0]
        self._trailer()
        self._catalog(form)
        self._first_page(field)
        self._field(field)
        self._signature(field["/V"])
        self._objects(form, field)
        hole = self._byte_range(field["/V"], sealed, unsigned_size)
        return Added(tuple(self.problems), hole)

    def _need(self, holds: bool, problem: str) -> None:
        if not holds:
            self.problems.append(problem)

    def _trailer(self) -> None:
        newest = self.new.trailer
        keys = set(newest.flatten() if hasattr(newest, "flatten") else newest)
        same = all(newest.raw_get(key) == self.old.trailer.raw_get(key) for key in ("/Root", "/Info"))
        self._need(keys <= TRAILER_MAY_HOLD and same, "trailer")
        self._need("/Encrypt" not in newest, "encryption")

    def _catalog(self, form: Any) -> None:
        root, before = self.new.root, self.old.root
        self._need(_written(root, CATALOG_MAY_GAIN) == _written(before, CATALOG_MAY_GAIN), "catalog")
        self._need(not CATALOG_MAY_GAIN & set(before), "sealed_before")
        self._need("/Version" not in root, "version")
        self._need(len(form["/Fields"]) == 1 and set(form) <= {"/Fields", "/SigFlags"}, "form")
        self._need(set(root["/Perms"]) == {"/DocMDP"}, "permissions")

    def _first_page(self, field: Any) -> None:
        after = self.read_new(self.page.reference)
        before = self.read_old(self.page.reference)
        gained = after["/Annots"]
        kept = list(before["/Annots"]) if "/Annots" in before else []
        self._need(_written(after, {"/Annots"}) == _written(before, {"/Annots"}), "page")
        self._need(len(gained) == len(kept) + 1 and gained[-1] == field, "annotations")
        self._need(all(a == b for a, b in zip(kept, gained, strict=False)), "annotations")

    def _field(self, field: Any) -> None:
        invisible = field["/F"] == HIDDEN_PRINTED_LOCKED and [float(x) for x in field["/Rect"]] == [0.0] * 4
        self._need(set(field) <= FIELD_MAY_HOLD and invisible and field["/FT"] == "/Sig", "field")

    def _signature(self, signature: Any) -> None:
        known = set(signature) <= SIGNATURE_MAY_HOLD and signature["/SubFilter"] == SUBFILTER
        self._need(known and signature["/Filter"] == "/Adobe.PPKLite", "signature")
        references = list(signature["/Reference"])
        self._need(len(references) == 1, "reference")
        for reference in references:
            locked = (
                reference["/TransformMethod"] == "/DocMDP" and not set(reference) & REFERENCE_MUST_NOT_HOLD
            )
            self._need(locked and reference["/TransformParams"]["/P"] == NO_CHANGES, "reference")

    def _objects(self, form: Any, field: Any) -> None:
        """Each object of the added revision must be one that a seal consists of."""
        root = self.new.root
        of_the_seal = {self.page.idnum, self.old.root_ref.idnum}
        of_the_seal |= {_number(root, key) for key in CATALOG_MAY_GAIN}
        of_the_seal |= {_number(form, "/Fields"), _number(form["/Fields"], 0), _number(field, "/V")}
        of_the_seal.add(_number(self.read_new(self.page.reference), "/Annots"))
        of_the_seal.add(_number(field["/V"], "/Reference"))
        for found in self.new.xrefs.explicit_refs_in_revision(self.new.xrefs.total_revisions - 1):
            if found.idnum not in of_the_seal and not self._is_cross_reference(found.idnum):
                self.problems.append(f"object:{found.idnum}")

    def _is_cross_reference(self, number: int) -> bool:
        if number <= max(ref.idnum for ref in self.old.xrefs.explicit_refs_in_revision(0)):
            return False
        found = self.read_new(Reference(number, 0, self.new))
        return hasattr(found, "data") and found.get("/Type") == "/XRef"

    def _byte_range(self, signature: Any, sealed: bytes, unsigned_size: int) -> tuple[int, int]:
        start, hole_start, hole_end, rest = (int(x) for x in signature["/ByteRange"])
        hole = sealed[hole_start:hole_end]
        whole = start == 0 and hole_start >= unsigned_size and hole_end + rest == len(sealed)
        clean = len(hole) <= 2 * MAX_CONTENTS_BYTES and re.fullmatch(rb"<[0-9a-fA-F]*>", hole) is not None
        self._need(whole and clean, "byte_range")
        return hole_start, hole_end


def _number(holder: Any, key: Any) -> int:
    """The number of the object that `key` points to; 0 where the value stands in place."""
    try:
        pointer = holder.raw_get(key)
    except (KeyError, IndexError):
        return 0
    return int(getattr(pointer, "idnum", 0))


def _written(dictionary: Any, without: set[str]) -> bytes:
    """The dictionary as bytes, pointers unresolved, so that two of them can be compared."""
    out = io.BytesIO()
    for key in sorted(set(dictionary) - without):
        out.write(key.encode() + b" ")
        dictionary.raw_get(key).write_to_stream(out, None, container_ref=None)
    return out.getvalue()
