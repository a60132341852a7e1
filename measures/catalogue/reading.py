"""Read the catalogue's files and refuse a broken one by file, line and column."""

from __future__ import annotations

import csv
import hashlib
import io
import math
import re
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Final, NoReturn

from measures.catalogue.entries import Direction, Edition, Measure, Variable
from measures.errors import ErrorCode, MeasureError

EDITION_COLUMNS: Final = ("edition", "quality_model", "file", "confirmed_by", "confirmed_on")
MEASURE_COLUMNS: Final = (
    *("id", "characteristic", "group", "name_en", "name_ko", "formula"),
    *("a_en", "a_ko", "b_en", "b_ko", "n_en", "n_ko"),
    *("direction", "unit", "largest", "disputed", "source"),
)
# Which letters a formula uses; every one of them must say what it counts, and no other may.
FORMULAS: Final = {
    "X = A/B": "ab",
    "X = 1 - A/B": "ab",
    "X = A - B": "ab",
    "X = SUM(Ai)/n": "an",
    "X = SUM(Ai/Bi)/n": "abn",
    "X = SUM(Ai-Bi)/n": "abn",
    "X = SUM(Bi-Ai)/n": "abn",
}
UNITS: Final = ("1", "ms", "s", "h", "1/s", "1/h", "user", "user/s")
DISPUTABLE: Final = ("id", "name", "formula", "variables")

_MEASURE_ID: Final = re.compile(r"[A-Z][A-Za-z]{1,2}-(?:[1-9]-[GS]|[ID]-[1-9])")
_CONFIRMED_ON: Final = re.compile(r"(?:\d{4}-\d{2}-\d{2})?")


@cache
def editions() -> tuple[str, ...]:
    """List the names of the editions in the catalogue, oldest first."""
    return tuple(row["edition"] for row in _edition_rows())


@cache
def edition(name: str) -> Edition:
    """Load one edition, such as "ISO/IEC 25023:2016".

    Raises:  MeasureError UNKNOWN_EDITION, CATALOGUE_BROKEN (file, line, column, found)
    """
    for row in _edition_rows():
        if row["edition"] == name:
            return _read_edition(row)
    raise MeasureError(ErrorCode.UNKNOWN_EDITION, edition=name, known=", ".join(editions()))


def parse_measures(file: str, text: str) -> dict[str, Measure]:
    """Read the rows of one edition's file.

    Shape:   CSV text with MEASURE_COLUMNS as its first line, at least one row, ids without repetition
    Raises:  MeasureError CATALOGUE_BROKEN (file, line, column, found)
    """
    measures: dict[str, Measure] = {}
    for row in _parse_rows(file, text, MEASURE_COLUMNS):
        measure = row.as_measure()
        if measure.id in measures:
            row.refuse("id")
        measures[measure.id] = measure
    return measures


class _Row(dict[str, str]):
    """One line of a catalogue file that can say where it is wrong."""

    def __init__(self, file: str, line: int, cells: dict[str, str]) -> None:
        super().__init__(cells)
        self.file, self.line = file, line

    def refuse(self, column: str) -> NoReturn:
        found = self.get(column, "")
        raise MeasureError(
            ErrorCode.CATALOGUE_BROKEN, file=self.file, line=self.line, column=column, found=found
        )

    def text(self, column: str) -> str:
        if not self[column] or self[column] != self[column].strip():
            self.refuse(column)
        return self[column]

    def matching(self, column: str, pattern: re.Pattern[str]) -> str:
        if not pattern.fullmatch(self[column]):
            self.refuse(column)
        return self[column]

    def one_of(self, column: str, choices: tuple[str, ...]) -> str:
        if self[column] not in choices:
            self.refuse(column)
        return self[column]

    def variables(self) -> tuple[Variable, ...]:
        letters = FORMULAS[self.one_of("formula", tuple(FORMULAS))]
        for letter in "abn":
            for column in (f"{letter}_en", f"{letter}_ko"):
                if bool(self[column].strip()) != (letter in letters):
                    self.refuse(column)
        shown = {"a": "A", "b": "B", "n": "n"}
        return tuple(Variable(shown[x], self.text(f"{x}_en"), self.text(f"{x}_ko")) for x in letters)

    def largest(self) -> float | None:
        if not self["largest"]:
            return None
        try:
            bound = float(self["largest"])
        except ValueError:
            self.refuse("largest")
        return bound if math.isfinite(bound) else self.refuse("largest")

    def disputed(self) -> tuple[str, ...]:
        marks = tuple(self["disputed"].split())
        return marks if set(marks) <= set(DISPUTABLE) else self.refuse("disputed")

    def as_measure(self) -> Measure:
        return Measure(
            id=self.matching("id", _MEASURE_ID),
            characteristic=self.text("characteristic"),
            group=self.text("group"),
            name_en=self.text("name_en"),
            name_ko=self.text("name_ko"),
            formula=self["formula"],
            variables=self.variables(),
            direction=Direction(self.one_of("direction", tuple(Direction))),
            unit=self.one_of("unit", UNITS),
            largest=self.largest(),
            disputed=self.disputed(),
            source=self.text("source"),
        )


def _read_edition(row: _Row) -> Edition:
    text = _file_text(row.text("file"))
    return Edition(
        name=row["edition"],
        quality_model=row.text("quality_model"),
        measures=MappingProxyType(parse_measures(row["file"], text)),
        digest=hashlib.sha256(text.encode()).hexdigest(),
        confirmed_by=row["confirmed_by"],
        confirmed_on=row.matching("confirmed_on", _CONFIRMED_ON),
    )


def _edition_rows() -> list[_Row]:
    return _parse_rows("editions.csv", _file_text("editions.csv"), EDITION_COLUMNS)


def _parse_rows(file: str, text: str, columns: tuple[str, ...]) -> list[_Row]:
    reader = csv.reader(io.StringIO(text))
    header = next(reader, [])
    if tuple(header) != columns:
        _Row(file, 1, {"header": ",".join(header)}).refuse("header")
    rows = []
    for cells in reader:
        if len(cells) != len(columns):
            _Row(file, reader.line_num, {"columns": str(len(cells))}).refuse("columns")
        rows.append(_Row(file, reader.line_num, dict(zip(columns, cells, strict=True))))
    return rows or _Row(file, 1, {}).refuse("rows")


def _file_text(file: str) -> str:
    return resources.files("measures.catalogue").joinpath(file).read_text(encoding="utf-8")
