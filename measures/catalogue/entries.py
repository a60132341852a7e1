"""The rows of the catalogue."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from measures.errors import ErrorCode, MeasureError


class Direction(StrEnum):
    """Which way is better."""

    HIGHER = "higher"
    LOWER = "lower"


@dataclass(frozen=True)
class Variable:
    """One letter of a formula and what it counts, in this project's own words."""

    letter: str
    meaning_en: str
    meaning_ko: str


@dataclass(frozen=True)
class Measure:
    """One quality measure of one edition.

    Shape:   `group` is the subcharacteristic (ISO/IEC 25023) or the viewpoint (ISO/IEC 25024); `disputed`
             names what public sources disagree on or do not give; `largest` is None where X has no bound
    Units:   `unit` is that of X as this laboratory reports it; "1" = a ratio
    """

    id: str
    characteristic: str
    group: str
    name_en: str
    name_ko: str
    formula: str
    variables: tuple[Variable, ...]
    direction: Direction
    unit: str
    largest: float | None
    disputed: tuple[str, ...]
    source: str

    @property
    def is_generic(self) -> bool:
        """Whether the standard means the measure for every product of a chosen subcharacteristic."""
        return self.id.endswith("-G")


@dataclass(frozen=True)
class Edition:
    """One edition of a standard's measures.

    `confirmed_by` and `confirmed_on` stay empty until a laboratory that holds the standard has compared every
    row with it. `digest` is the SHA-256 of the file the rows were read from.
    """

    name: str
    quality_model: str
    measures: Mapping[str, Measure]
    digest: str
    confirmed_by: str = ""
    confirmed_on: str = ""

    @property
    def is_confirmed(self) -> bool:
        return bool(self.confirmed_by and self.confirmed_on)

    def measure(self, measure_id: str) -> Measure:
        """Find a measure by its id.

        Raises:  MeasureError UNKNOWN_MEASURE
        """
        if measure_id not in self.measures:
            raise MeasureError(ErrorCode.UNKNOWN_MEASURE, measure=measure_id, edition=self.name)
        return self.measures[measure_id]
