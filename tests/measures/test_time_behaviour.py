"""ISO/IEC 25023:2016 PTb-1-G, PTb-5-G and PCa-1-G over independent repeats."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.errors import ErrorCode, MeasureError
from measures.result import ResultReason
from measures.time_behaviour import (
    Observation,
    mean_response_time,
    mean_throughput,
    response_time_of_repeat,
    transaction_capacity,
)
from measures.uncertainty import rectangular

RATES = st.integers(1, 10**9)


def plateau(*completed: int) -> list[Observation]:
    return [Observation(count, 10.0) for count in completed]


def test_the_mean_response_time_is_the_mean_of_the_repeats_means():
    means = [response_time_of_repeat(times) for times in ([10.0, 30.0], [40.0, 50.0, 60.0], [60.0])]

    result = mean_response_time(means)

    # By hand: means 20, 50, 60; X = 130/3 = 43.33 ms and not 250/6;
    # u = sqrt((544.4 + 44.4 + 277.8)/2/3) = 12.02
    assert result.value == pytest.approx(43.333, abs=5e-4)
    assert (result.values, result.n, result.unit) == ((20.0, 50.0, 60.0), 3, "ms")
    assert result.uncertainty.standard == pytest.approx(12.02, abs=5e-3)
    assert result.uncertainty.degrees_of_freedom == 2


def test_the_resolution_of_the_timer_widens_the_uncertainty():
    means = [20.0, 50.0, 60.0]

    plain, with_timer = mean_response_time(means), mean_response_time(means, [rectangular("timer", 5.0)])

    assert [row.name for row in with_timer.uncertainty.components] == ["repeatability", "timer"]
    assert with_timer.uncertainty.standard > plain.uncertainty.standard


def test_mean_throughput_averages_the_rates_of_the_observations():
    result = mean_throughput([Observation(100, 10.0), Observation(300, 20.0)])

    # By hand: (100/10 + 300/20)/2 = (10 + 15)/2 = 12.5 per second, not 400/30
    assert (result.value, result.unit, result.n) == (12.5, "1/s", 2)


def test_capacity_is_the_rate_at_which_twice_the_users_add_less_than_a_twentieth():
    result = transaction_capacity(plateau(1000, 1020), plateau(1030, 1050))

    # By hand: (100 + 102)/2 = 101 per second; (103 + 105)/2 = 104; gain 104/101 - 1 = 2.97 %
    assert result.value == 101.0
    assert result.details["gain"] == pytest.approx(0.0297, abs=5e-5)
    assert result.reason == ResultReason.NONE
    # By hand: s = sqrt(2), u = sqrt(2)/sqrt(2) = 1
    assert result.uncertainty.standard == pytest.approx(1.0)


def test_an_unsaturated_plateau_is_not_measured_and_shows_its_gain():
    result = transaction_capacity(plateau(1000, 1000), plateau(1500, 1500))

    assert (result.value, result.uncertainty) == (None, None)
    assert result.reason == ResultReason.NOT_SATURATED
    assert result.details["gain"] == pytest.approx(0.5)
    assert result.values == (100.0, 100.0)


@pytest.mark.parametrize(("twice", "saturated"), [(1049, True), (1051, False), (500, True)])
def test_saturation_ends_at_five_percent(twice, saturated):
    result = transaction_capacity(plateau(1000, 1000), plateau(twice, twice))

    assert (result.value is not None) == saturated


def test_nothing_completed_is_no_capacity():
    result = transaction_capacity(plateau(0, 0), plateau(0, 0))

    assert (result.value, result.reason) == (None, ResultReason.NO_TRANSACTIONS)


def test_every_repeat_needs_both_plateaus():
    with pytest.raises(MeasureError) as refused:
        transaction_capacity(plateau(1000, 1000), plateau(1000))

    assert refused.value.code == ErrorCode.LENGTHS_DIFFER


@pytest.mark.parametrize(
    "result",
    [
        mean_response_time([12.0], [rectangular("timer", 0.05)]),
        mean_throughput(plateau(10)),
        transaction_capacity(plateau(10), plateau(10)),
    ],
)
def test_one_repeat_has_a_value_and_says_why_it_has_no_uncertainty(result):
    assert result.value is not None
    assert (result.n, result.uncertainty) == (1, None)
    assert result.reason == ResultReason.ONE_REPEAT_HAS_NO_UNCERTAINTY


@pytest.mark.parametrize(
    "result", [mean_response_time([]), mean_throughput([]), transaction_capacity([], [])]
)
def test_no_repeat_has_no_value(result):
    assert (result.value, result.n, result.reason) == (None, 0, ResultReason.NO_REPEATS)


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        (lambda: response_time_of_repeat([]), ErrorCode.EMPTY),
        (lambda: response_time_of_repeat([1.0, -1.0]), ErrorCode.NEGATIVE),
        (lambda: response_time_of_repeat([math.nan]), ErrorCode.NOT_FINITE),
        (lambda: mean_response_time([math.inf]), ErrorCode.NOT_FINITE),
        (lambda: Observation(1, 0.0), ErrorCode.NOT_POSITIVE),
        (lambda: Observation(-1, 1.0), ErrorCode.COUNT_NEGATIVE),
    ],
)
def test_impossible_observations_are_refused(refuse, code):
    with pytest.raises(MeasureError) as refused:
        refuse()

    assert refused.value.code == code


@given(st.floats(0, 1e300), st.integers(2, 40))
def test_equal_repeats_give_exactly_that_value_without_scatter(value, n):
    result = mean_response_time([value] * n)

    assert result.value == value
    assert result.uncertainty.standard == 0.0


@given(st.lists(st.floats(0, 1e300), min_size=1, max_size=20))
def test_a_mean_lies_between_its_repeats(means):
    assert min(means) <= mean_response_time(means).value <= max(means)


@given(st.lists(st.tuples(RATES, RATES), min_size=1, max_size=10))
def test_a_capacity_is_given_exactly_when_saturation_is_shown(pairs):
    result = transaction_capacity(plateau(*(one for one, _ in pairs)), plateau(*(two for _, two in pairs)))

    assert (result.value is None) == (result.details["gain"] >= 0.05)
    assert (result.reason == ResultReason.NOT_SATURATED) == (result.value is None)
