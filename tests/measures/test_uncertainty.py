"""Uncertainty against the worked examples of JCGM 100:2008 (GUM)."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.uncertainty import (
    Component,
    combine,
    effective_degrees_of_freedom,
    from_repeats,
    rectangular,
    type_a,
)

# Twenty temperature readings: JCGM 100:2008, table 1.
READINGS = [
    *(96.90, 98.18, 98.25, 98.61, 99.03, 99.49, 99.56, 99.74, 99.89, 100.07),
    *(100.33, 100.42, 100.68, 100.95, 101.11, 101.20, 101.57, 101.84, 102.36, 102.72),
]
NUMBERS = st.floats(-1e300, 1e300)
SIZES = st.just(0.0) | st.floats(1e-300, 1e300)  # below, floats themselves lose digits
COMPONENTS = st.lists(
    st.builds(Component, st.just("x"), st.just("B"), SIZES, st.none() | st.floats(1, 1e6)),
    min_size=1,
    max_size=5,
)


def test_twenty_readings_give_the_standard_uncertainty_of_the_guide():
    component = type_a(READINGS)

    # JCGM 100:2008, 4.4.3: s = 1.489, s/sqrt(20) = 0.333
    assert component.standard == pytest.approx(0.333, abs=5e-4)
    assert (component.kind, component.degrees_of_freedom) == ("A", 19)


def test_five_repeats_by_hand():
    component = type_a([10.0, 12.0, 14.0, 16.0, 18.0])

    # By hand: s^2 = (16 + 4 + 0 + 4 + 16)/4 = 10; u = sqrt(10/5) = sqrt(2)
    assert component.standard == pytest.approx(math.sqrt(2.0))


def test_ten_repeats_take_the_coverage_factor_for_nine_degrees_of_freedom():
    uncertainty = from_repeats([float(value) for value in range(10)])

    # By hand: s^2 = 82.5/9; u = sqrt(82.5/90) = 0.9574; U = 2.262 x 0.9574 = 2.166
    assert uncertainty.coverage_factor == pytest.approx(2.262, abs=5e-4)
    assert uncertainty.expanded == pytest.approx(2.166, abs=1e-3)


def test_a_bound_of_four_degrees_is_the_rectangular_example_of_the_guide():
    component = rectangular("bound", 4.0)

    # JCGM 100:2008, 4.4.5: 4/sqrt(3) = 2.3
    assert component.standard == pytest.approx(2.3, abs=0.05)
    assert component.degrees_of_freedom is None


def test_effective_degrees_of_freedom_are_those_of_the_guide():
    rows = [(0.25, 9.0), (0.57, 4.0), (0.82, 14.0)]
    uncertainty = combine([Component(str(u), "A", u, nu) for u, nu in rows])

    # JCGM 100:2008, G.4.1: u = 1.03 %, nu_eff = 19.0, t95 = 2.09
    assert uncertainty.standard == pytest.approx(1.03, abs=5e-3)
    assert uncertainty.degrees_of_freedom == pytest.approx(19.0, abs=0.05)
    assert uncertainty.coverage_factor == pytest.approx(2.09, abs=5e-3)


def test_a_timer_adds_to_the_scatter_of_the_repeats():
    uncertainty = from_repeats([3.0, 3.0, 3.0, 7.0], [rectangular("timer", 3.0)])

    # By hand: s^2 = 12/3 = 4, u_A^2 = 4/4 = 1; u_B^2 = 9/3 = 3; u = 2; nu_eff = 2^4/(1^4/3) = 48
    assert uncertainty.standard == pytest.approx(2.0)
    assert uncertainty.degrees_of_freedom == pytest.approx(48.0)


@pytest.mark.parametrize("values", [[], [5.0]])
def test_fewer_than_two_repeats_tell_nothing_about_scatter(values):
    assert from_repeats(values, [rectangular("timer", 0.05)]) is None
    with pytest.raises(MeasureError) as refused:
        type_a(values)

    assert refused.value.code == ErrorCode.TOO_FEW_REPEATS
    assert refused.value.params == {"n": len(values), "limit": 2}


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_refused(bad):
    for refuse in (lambda: type_a([1.0, bad]), lambda: rectangular("timer", bad)):
        with pytest.raises(MeasureError) as refused:
            refuse()
        assert refused.value.code == ErrorCode.NOT_FINITE


def test_a_negative_half_width_and_an_empty_budget_are_refused():
    with pytest.raises(MeasureError) as negative:
        rectangular("timer", -0.1)
    with pytest.raises(MeasureError) as empty:
        combine([])

    assert (negative.value.code, empty.value.code) == (ErrorCode.NEGATIVE, ErrorCode.EMPTY)


@given(NUMBERS, st.integers(2, 50))
def test_equal_repeats_have_no_scatter_at_all(value, n):
    uncertainty = from_repeats([value] * n)

    assert (uncertainty.standard, uncertainty.expanded) == (0.0, 0.0)
    assert uncertainty.degrees_of_freedom == n - 1


@given(st.lists(NUMBERS, min_size=2, max_size=20))
def test_uncertainty_of_repeats_is_finite_and_at_most_half_their_range(values):
    standard = type_a(values).standard

    assert math.isfinite(standard)
    # s/sqrt(n) is largest for two values, where it is half their distance.
    assert standard <= (max(values) / 2 - min(values) / 2) * (1 + 1e-9)


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=20), st.integers(-20, 20))
def test_another_unit_scales_the_uncertainty(values, exponent):
    factor = 2.0**exponent

    assert type_a([v * factor for v in values]).standard == pytest.approx(
        type_a(values).standard * factor, rel=1e-12
    )


@given(COMPONENTS)
def test_effective_degrees_lie_between_the_weakest_component_and_all_together(components):
    effective = effective_degrees_of_freedom(components)
    given_degrees = [row.degrees_of_freedom for row in components]

    if effective is not None:
        assert min(x for x in given_degrees if x is not None) <= effective
        if None not in given_degrees:
            assert effective <= sum(given_degrees) * (1 + 1e-9)


@given(COMPONENTS)
def test_the_combined_uncertainty_is_at_least_the_largest_and_at_most_the_sum(components):
    parts = [row.standard for row in components]

    combined = combine(components).standard

    assert max(parts) <= combined <= sum(parts) * (1 + 1e-12)
