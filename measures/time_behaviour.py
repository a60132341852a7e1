"""Time behaviour and capacity from independent repeats of a load run."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from measures.checks import require_count, require_not_negative, require_positive
from measures.errors import ErrorCode, MeasureError
from measures.result import Result, ResultReason
from measures.uncertainty import Component, from_repeats

MEAN_RESPONSE_TIME_VERSION: Final = "mean_response_time/1"
MEAN_THROUGHPUT_VERSION: Final = "mean_throughput/1"
TRANSACTION_CAPACITY_VERSION: Final = "transaction_capacity/1"

SATURATION_GAIN_LIMIT: Final = 0.05  # twice the users must add less than this share of throughput


@dataclass(frozen=True)
class Observation:
    """Transactions completed in one observed time, in seconds."""

    completed: int
    observed_s: float

    def __post_init__(self) -> None:
        require_count("completed", self.completed)
        require_positive("observed_s", self.observed_s)

    @property
    def rate_per_s(self) -> float:
        return self.completed / self.observed_s


def response_time_of_repeat(response_times_ms: Iterable[float]) -> float:
    """Average the requests of one repeat; the result is one value of the n that the measure is taken over.

    Units:   milliseconds in, milliseconds out, not rounded
    Raises:  MeasureError EMPTY, NEGATIVE, NOT_FINITE
    Source:  ISO/IEC 25023:2016 PTb-1-G
    """
    times = [require_not_negative("response_times_ms", time) for time in response_times_ms]
    if not times:
        raise MeasureError(ErrorCode.EMPTY, field="response_times_ms")
    return statistics.fmean(times)


def mean_response_time(means_ms: Sequence[float], others: Sequence[Component] = ()) -> Result:
    """Compute the mean response time, the mean of the repeats' means.

    Shape:   one mean a repeat; `others` are uncertainty components beside the scatter, in milliseconds
    Units:   milliseconds in, milliseconds out, not rounded
    Raises:  MeasureError NEGATIVE, NOT_FINITE
    Source:  ISO/IEC 25023:2016 PTb-1-G; uncertainty by JCGM 100:2008, 4.2.3
    """
    means = [require_not_negative("means_ms", mean) for mean in means_ms]
    return _mean_of_repeats(MEAN_RESPONSE_TIME_VERSION, means, "ms", others)


def mean_throughput(observations: Sequence[Observation], others: Sequence[Component] = ()) -> Result:
    """Compute the mean throughput, X = SUM(Ai/Bi)/n.

    Shape:   one observation a repeat; `others` are uncertainty components beside the scatter, per second
    Units:   transactions per second, not rounded
    Source:  ISO/IEC 25023:2016 PTb-5-G; uncertainty by JCGM 100:2008, 4.2.3
    """
    rates = [observation.rate_per_s for observation in observations]
    return _mean_of_repeats(MEAN_THROUGHPUT_VERSION, rates, "1/s", others)


def transaction_capacity(
    at_load: Sequence[Observation], at_twice_the_load: Sequence[Observation], others: Sequence[Component] = ()
) -> Result:
    """Compute the transaction processing capacity, X = A/B at shown saturation, over the repeats.

    Shape:   row i of both lists is repeat i: N users, then 2 N. No value unless 2 N users add less than 5 %
             to the mean rate; `details` hold the gain and both mean rates either way
    Units:   transactions per second, not rounded
    Raises:  MeasureError LENGTHS_DIFFER when the lists differ in length
    Source:  ISO/IEC 25023:2016 PCa-1-G; the rule of saturation is this laboratory's
    """
    if len(at_load) != len(at_twice_the_load):
        raise MeasureError(
            ErrorCode.LENGTHS_DIFFER,
            field="at_twice_the_load",
            value=len(at_twice_the_load),
            limit=len(at_load),
        )
    rates = [observation.rate_per_s for observation in at_load]
    measured = _mean_of_repeats(TRANSACTION_CAPACITY_VERSION, rates, "1/s", others)
    if measured.value is None:
        return measured
    twice = statistics.mean(observation.rate_per_s for observation in at_twice_the_load)
    return _at_saturation(measured, measured.value, twice)


def _at_saturation(measured: Result, rate: float, rate_at_twice: float) -> Result:
    details = {"rate_at_load_per_s": rate, "rate_at_twice_the_load_per_s": rate_at_twice}
    if rate == 0.0:
        return _not_measured(measured, ResultReason.NO_TRANSACTIONS, details)
    details |= {"gain": rate_at_twice / rate - 1.0, "gain_limit": SATURATION_GAIN_LIMIT}
    if details["gain"] >= SATURATION_GAIN_LIMIT:
        return _not_measured(measured, ResultReason.NOT_SATURATED, details)
    return replace(measured, details=details)


def _not_measured(measured: Result, reason: ResultReason, details: dict[str, float]) -> Result:
    return replace(measured, value=None, uncertainty=None, reason=reason, details=details)


def _mean_of_repeats(version: str, values: Sequence[float], unit: str, others: Sequence[Component]) -> Result:
    if not values:
        return Result(version, None, unit, n=0, reason=ResultReason.NO_REPEATS)
    uncertainty = from_repeats(values, others)
    reason = ResultReason.NONE if uncertainty else ResultReason.ONE_REPEAT_HAS_NO_UNCERTAINTY
    mean = statistics.mean(values)
    return Result(
        version, mean, unit, n=len(values), values=tuple(values), uncertainty=uncertainty, reason=reason
    )
