"""Student's t against printed tables and against its closed forms."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.student import central_probability, two_sided_quantile

# Printed tables of Student's t, two-sided; the same values as JCGM 100:2008, table G.2, with one more digit.
TABLE_95 = {
    1: 12.706,
    2: 4.303,
    3: 3.182,
    4: 2.776,
    5: 2.571,
    9: 2.262,
    10: 2.228,
    20: 2.086,
    30: 2.042,
    100: 1.984,
}
TABLE_99 = {1: 63.657, 2: 9.925, 4: 4.604, 9: 3.250, 20: 2.845, 100: 2.626}
COVERAGES = st.floats(0.01, 0.9999)


@pytest.mark.parametrize(("degrees", "printed"), TABLE_95.items())
def test_quantiles_at_95_percent_are_those_of_the_table(degrees, printed):
    assert two_sided_quantile(0.95, degrees) == pytest.approx(printed, abs=5e-4)


@pytest.mark.parametrize(("degrees", "printed"), TABLE_99.items())
def test_quantiles_at_99_percent_are_those_of_the_table(degrees, printed):
    assert two_sided_quantile(0.99, degrees) == pytest.approx(printed, abs=5e-4)


def test_unlimited_degrees_of_freedom_give_the_normal_quantile():
    assert two_sided_quantile(0.95, None) == pytest.approx(1.959964, abs=5e-7)


@given(COVERAGES)
def test_one_degree_of_freedom_is_the_cauchy_distribution(coverage):
    assert two_sided_quantile(coverage, 1) == pytest.approx(math.tan(math.pi * coverage / 2), rel=1e-9)


@given(COVERAGES)
def test_two_degrees_of_freedom_have_a_closed_form(coverage):
    expected = coverage * math.sqrt(2 / (1 - coverage**2))

    assert two_sided_quantile(coverage, 2) == pytest.approx(expected, rel=1e-9)


@given(COVERAGES, st.floats(1, 1000))
def test_the_quantile_encloses_the_coverage_asked_for(coverage, degrees):
    t = two_sided_quantile(coverage, degrees)

    assert central_probability(t, degrees) == pytest.approx(coverage, abs=1e-10)


@given(COVERAGES)
def test_both_ways_of_computing_meet_where_one_takes_over(coverage):
    below, above = two_sided_quantile(coverage, 1000.0), two_sided_quantile(coverage, 1000.0001)

    assert above == pytest.approx(below, rel=1e-8)


@given(COVERAGES, st.floats(1, 1e9), st.floats(1, 1e9))
def test_more_degrees_of_freedom_never_widen_the_interval(coverage, one, other):
    fewer, more = sorted((one, other))

    assert two_sided_quantile(coverage, more) <= two_sided_quantile(coverage, fewer) * (1 + 1e-9)


@pytest.mark.parametrize("coverage", [0.0, 1.0, -0.1, 1.1, math.nan])
def test_a_coverage_that_is_no_probability_is_refused(coverage):
    with pytest.raises(MeasureError) as refused:
        two_sided_quantile(coverage, 9)

    assert refused.value.code == ErrorCode.COVERAGE_OUT_OF_RANGE


@pytest.mark.parametrize("degrees", [0.0, 0.5, -1.0, math.nan])
def test_less_than_one_degree_of_freedom_is_refused(degrees):
    with pytest.raises(MeasureError) as refused:
        two_sided_quantile(0.95, degrees)

    assert refused.value.code == ErrorCode.DEGREES_BELOW_ONE
