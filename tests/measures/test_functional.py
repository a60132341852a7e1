"""ISO/IEC 25023:2016 FCp-1-G and FCr-1-G, X = 1 - A/B."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.functional import fcp, fcr
from measures.result import ResultReason

FORMULAS = [fcp, fcr]


def test_three_of_thirty_specified_functions_missing_give_nine_tenths():
    result = fcp(missing=3, specified=30)

    # By hand: 1 - 3/30 = 27/30 = 0.9
    assert (result.value, result.a, result.b, result.n, result.unit) == (0.9, 3, 30, 1, "1")
    assert result.formula_version == "fcp/1"


def test_two_of_twenty_seven_existing_functions_incorrect_give_twenty_five_twenty_sevenths():
    result = fcr(incorrect=2, existing=27)

    # By hand: 1 - 2/27 = 25/27 = 0.925925...
    assert result.value == pytest.approx(0.925926, abs=5e-7)
    assert result.formula_version == "fcr/1"


def test_a_ratio_is_the_float_nearest_to_the_true_one():
    # 1 - 9/10 in floats is 0.09999999999999998 and would miss an agreed limit of 0.1.
    assert fcp(9, 10).value == 0.1


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_function_to_judge_is_not_applicable_and_neither_zero_nor_one(formula):
    result = formula(0, 0)

    assert result.value is None
    assert result.reason == ResultReason.NOT_APPLICABLE
    assert result.b == 0


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_count_ratio_says_why_it_has_no_uncertainty(formula):
    result = formula(1, 4)

    assert result.uncertainty is None
    assert result.reason == ResultReason.COUNT_HAS_NO_UNCERTAINTY


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize(
    ("a", "b", "code"),
    [
        (-1, 4, ErrorCode.COUNT_NEGATIVE),
        (0, -4, ErrorCode.COUNT_NEGATIVE),
        (5, 4, ErrorCode.COUNT_ABOVE_TOTAL),
        (1, 0, ErrorCode.COUNT_ABOVE_TOTAL),
        (0.5, 4, ErrorCode.COUNT_NOT_WHOLE),
        (True, 4, ErrorCode.COUNT_NOT_WHOLE),
    ],
)
def test_impossible_counts_are_refused(formula, a, b, code):
    with pytest.raises(MeasureError) as refused:
        formula(a, b)

    assert refused.value.code == code
    assert refused.value.params["field"]


@given(b=st.integers(1, 10**30), data=st.data())
def test_every_possible_count_gives_a_ratio_that_falls_as_a_grows(b, data):
    a = data.draw(st.integers(0, b))

    value = fcp(a, b).value

    assert 0.0 <= value <= 1.0
    assert a == b or value >= fcp(a + 1, b).value
    assert fcp(0, b).value == 1.0
    assert fcp(b, b).value == 0.0
