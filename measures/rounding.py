"""From computed floats to reported decimals: once, in the report, by a named rule."""

from __future__ import annotations

import decimal
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from measures.checks import require_finite, require_not_negative
from measures.errors import ErrorCode, MeasureError

# Wide enough for every digit of the largest and the smallest float together.
_EXACT = decimal.Context(prec=700)
_MOST_DIGITS = 15  # a float holds no more


class RoundingRule(StrEnum):
    """What becomes of a tie. A laboratory agrees one and names it in the report."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"


_MODES = {RoundingRule.HALF_EVEN: decimal.ROUND_HALF_EVEN, RoundingRule.HALF_UP: decimal.ROUND_HALF_UP}


@dataclass(frozen=True)
class Reported:
    """A value as it is printed. `uncertainty` is the expanded one, to the same place as the value."""

    value: Decimal
    uncertainty: Decimal | None
    rule: RoundingRule


def round_to_decimals(value: float | Decimal, decimals: int, rule: RoundingRule) -> Decimal:
    """Round to a fixed number of decimals: ratios, and values without uncertainty.

    Shape:   the tie is seen in the number as written (2.675), not in its binary neighbour
    Raises:  MeasureError NOT_FINITE, DIGITS_OUT_OF_RANGE
    Source:  half even: KS Q 5002 and IEEE 754 name the same rule
    """
    _require_digits("decimals", decimals, least=0)
    return _round_at(_as_written("value", value), -decimals, rule)


def round_with_uncertainty(
    value: float | Decimal,
    expanded_uncertainty: float | Decimal,
    *,
    rule: RoundingRule,
    decimals: int,
    significant_digits: int = 2,
) -> Reported:
    """Round the expanded uncertainty to its significant digits and the value to the same place.

    Shape:   an uncertainty of 0 has no place: both are then rounded to `decimals`
    Units:   one unit for both
    Raises:  MeasureError NOT_FINITE, NEGATIVE, DIGITS_OUT_OF_RANGE
    Source:  JCGM 100:2008, 7.2.6
    """
    _require_digits("decimals", decimals, least=0)
    _require_digits("significant_digits", significant_digits, least=1)
    require_not_negative("expanded_uncertainty", float(expanded_uncertainty))
    exact = _as_written("expanded_uncertainty", expanded_uncertainty)
    place = -decimals
    if exact:
        place = exact.adjusted() - significant_digits + 1
        # 0.0996 becomes 0.100, which is three digits: the place moves up with the carry.
        place = _round_at(exact, place, rule).adjusted() - significant_digits + 1
    return Reported(_round_at(_as_written("value", value), place, rule), _round_at(exact, place, rule), rule)


def _as_written(name: str, value: float | Decimal) -> Decimal:
    require_finite(name, float(value))
    return value if isinstance(value, Decimal) else Decimal(repr(float(value)))


def _round_at(value: Decimal, place: int, rule: RoundingRule) -> Decimal:
    rounded = value.quantize(Decimal(1).scaleb(place), rounding=_MODES[rule], context=_EXACT)
    if not rounded:
        rounded = abs(rounded)  # no "-0.00" on paper
    # Above the units quantize answers 1.2E+3; on paper that is 1200.
    return rounded.quantize(Decimal(1), context=_EXACT) if place > 0 else rounded


def _require_digits(name: str, digits: int, *, least: int) -> None:
    if not least <= digits <= _MOST_DIGITS:
        raise MeasureError(ErrorCode.DIGITS_OUT_OF_RANGE, field=name, value=digits)
