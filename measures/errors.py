"""How this package refuses: a stable code and its parameters, never a sentence in some language."""

from __future__ import annotations

from enum import StrEnum

Param = int | float | str


class ErrorCode(StrEnum):
    """Every refusal of this package; whoever shows one holds a translation for each."""

    COUNT_NOT_WHOLE = "measures.count_not_whole"  # field, value
    COUNT_NEGATIVE = "measures.count_negative"  # field, value
    COUNT_ABOVE_TOTAL = "measures.count_above_total"  # field, value, limit
    LENGTHS_DIFFER = "measures.lengths_differ"  # field, value, limit
    NOT_FINITE = "measures.not_finite"  # field
    NEGATIVE = "measures.negative"  # field, value
    NOT_POSITIVE = "measures.not_positive"  # field, value
    EMPTY = "measures.empty"  # field
    TOO_FEW_REPEATS = "measures.too_few_repeats"  # n, limit
    COVERAGE_OUT_OF_RANGE = "measures.coverage_out_of_range"  # value
    DEGREES_BELOW_ONE = "measures.degrees_below_one"  # value
    DIGITS_OUT_OF_RANGE = "measures.digits_out_of_range"  # field, value
    UNITS_DIFFER = "measures.units_differ"  # unit, limit_unit
    AGAINST_DIRECTION = "measures.against_direction"  # comparator, direction
    UNKNOWN_EDITION = "measures.unknown_edition"  # edition, known
    UNKNOWN_MEASURE = "measures.unknown_measure"  # measure, edition
    CATALOGUE_BROKEN = "measures.catalogue_broken"  # file, line, column, found


class MeasureError(Exception):
    """A value that cannot be, or a question without an answer; `params` name field, value and limit."""

    def __init__(self, code: ErrorCode, **params: Param) -> None:
        super().__init__(f"{code} {params}" if params else str(code))
        self.code = code
        self.params: dict[str, Param] = params
