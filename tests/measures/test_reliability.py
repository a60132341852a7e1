"""ISO/IEC 25023:2016 RMa-2-G, X = A/B."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.reliability import mean_time_between_failures
from measures.result import ResultReason


def test_four_failures_in_five_hundred_hours_are_one_in_a_hundred_and_twenty_five():
    result = mean_time_between_failures(operation_time_h=500.0, failures=4)

    # By hand: 500 h / 4 = 125 h
    assert (result.value, result.unit, result.a, result.b) == (125.0, "h", 500.0, 4)


def test_no_failure_is_a_result_with_a_lower_bound():
    result = mean_time_between_failures(operation_time_h=300.0, failures=0)

    # By hand: 300 h / 3.0 = 100 h
    assert result.value is None
    assert result.reason == ResultReason.NO_FAILURE_IN_TIME
    assert result.details == {"lower_bound": 100.0}


@given(st.floats(1e-6, 1e300))
def test_at_the_lower_bound_seeing_no_failure_is_just_less_likely_than_one_in_twenty(time_h):
    bound = mean_time_between_failures(time_h, 0).details["lower_bound"]

    assert 0.049 < math.exp(-time_h / bound) < 0.05


@pytest.mark.parametrize(
    ("time_h", "failures", "code"),
    [
        (0.0, 1, ErrorCode.NOT_POSITIVE),
        (-1.0, 0, ErrorCode.NOT_POSITIVE),
        (math.inf, 1, ErrorCode.NOT_FINITE),
        (1.0, -1, ErrorCode.COUNT_NEGATIVE),
    ],
)
def test_impossible_times_and_counts_are_refused(time_h, failures, code):
    with pytest.raises(MeasureError) as refused:
        mean_time_between_failures(time_h, failures)

    assert refused.value.code == code
