"""Rounding for the report, once, by a named rule."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.rounding import RoundingRule, round_to_decimals, round_with_uncertainty

EVEN, UP = RoundingRule.HALF_EVEN, RoundingRule.HALF_UP
FLOATS = st.floats(-1e300, 1e300)


@pytest.mark.parametrize(
    ("value", "even", "up"),
    [
        (0.125, "0.12", "0.13"),
        (0.135, "0.14", "0.14"),
        (2.675, "2.68", "2.68"),  # as written a tie; its binary neighbour lies below
        (2.665, "2.66", "2.67"),
        (1.0, "1.00", "1.00"),
        (-0.001, "0.00", "0.00"),
        (25 / 27, "0.93", "0.93"),
    ],
)
def test_ties_go_where_the_named_rule_says(value, even, up):
    assert str(round_to_decimals(value, 2, EVEN)) == even
    assert str(round_to_decimals(value, 2, UP)) == up


@pytest.mark.parametrize(
    ("value", "uncertainty", "shown", "shown_uncertainty"),
    [
        (10.05762, 0.027, "10.058", "0.027"),  # JCGM 100:2008, 7.2.6
        (43.33333, 12.019, "43", "12"),
        (43.33333, 0.0996, "43.33", "0.10"),  # the carry moves the place
        (43.33333, 9.96, "43", "10"),
        (56789.0, 1234.0, "56800", "1200"),
        (0.00012345, 0.0000101, "0.000123", "0.000010"),
        (101.0, 0.0, "101.000", "0.000"),  # no scatter, no place: the agreed decimals
    ],
)
def test_the_value_ends_where_two_digits_of_the_uncertainty_end(value, uncertainty, shown, shown_uncertainty):
    reported = round_with_uncertainty(value, uncertainty, rule=EVEN, decimals=3)

    assert (f"{reported.value}", f"{reported.uncertainty}") == (shown, shown_uncertainty)
    assert reported.rule == EVEN


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        (lambda: round_to_decimals(math.nan, 2, EVEN), ErrorCode.NOT_FINITE),
        (lambda: round_to_decimals(Decimal("Infinity"), 2, EVEN), ErrorCode.NOT_FINITE),
        (lambda: round_to_decimals(1.0, -1, EVEN), ErrorCode.DIGITS_OUT_OF_RANGE),
        (lambda: round_to_decimals(1.0, 16, EVEN), ErrorCode.DIGITS_OUT_OF_RANGE),
        (lambda: round_with_uncertainty(1.0, -1.0, rule=EVEN, decimals=2), ErrorCode.NEGATIVE),
        (
            lambda: round_with_uncertainty(1.0, 1.0, rule=EVEN, decimals=2, significant_digits=0),
            ErrorCode.DIGITS_OUT_OF_RANGE,
        ),
    ],
)
def test_what_cannot_be_rounded_is_refused(refuse, code):
    with pytest.raises(MeasureError) as refused:
        refuse()

    assert refused.value.code == code


@given(FLOATS, st.integers(0, 15), st.sampled_from(RoundingRule))
def test_rounding_moves_by_at_most_half_a_step_and_only_once(value, decimals, rule):
    rounded = round_to_decimals(value, decimals, rule)

    assert abs(rounded - Decimal(repr(value))) <= Decimal(5).scaleb(-decimals - 1)
    assert round_to_decimals(rounded, decimals, rule) == rounded
    assert "E" not in f"{rounded:f}"


@given(FLOATS, st.floats(1e-300, 1e300), st.sampled_from(RoundingRule))
def test_a_reported_uncertainty_has_two_significant_digits_and_the_value_its_place(value, uncertainty, rule):
    reported = round_with_uncertainty(value, uncertainty, rule=rule, decimals=2)

    digits = f"{reported.uncertainty:f}".replace(".", "").strip("0")
    assert 1 <= len(digits) <= 2
    assert reported.value.as_tuple().exponent == reported.uncertainty.as_tuple().exponent
    assert float(reported.uncertainty) == pytest.approx(uncertainty, rel=0.051)
