"""Quantiles of Student's t without a statistics library, by the regularised incomplete beta function.

Results agree with printed tables and to about 1e-10 relative; see tests/measures/test_student.py.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist
from typing import Final

from measures.errors import ErrorCode, MeasureError

_TINY: Final = 1e-300
_MOST_TERMS: Final = 10_000
# Above this many degrees of freedom the series in 1/nu is exacter than the beta function's front factor.
_SERIES_FROM: Final = 1_000.0


@lru_cache(maxsize=256)
def two_sided_quantile(coverage: float, degrees_of_freedom: float | None) -> float:
    """Find t so that a Student-distributed value lies within -t..t with probability `coverage`.

    Shape:   degrees of freedom at least 1, not necessarily whole; None = unlimited (the normal distribution)
    Raises:  MeasureError COVERAGE_OUT_OF_RANGE, DEGREES_BELOW_ONE
    Source:  JCGM 100:2008 (GUM), G.3 and table G.2
    """
    if not 0.0 < coverage < 1.0:
        raise MeasureError(ErrorCode.COVERAGE_OUT_OF_RANGE, value=coverage)
    z = NormalDist().inv_cdf((1.0 + coverage) / 2.0)
    if degrees_of_freedom is None:
        return z
    if not degrees_of_freedom >= 1.0:
        raise MeasureError(ErrorCode.DEGREES_BELOW_ONE, value=degrees_of_freedom)
    if degrees_of_freedom > _SERIES_FROM:
        return _by_series(z, degrees_of_freedom)
    return _by_bisection(coverage, degrees_of_freedom, z)


def _by_series(z: float, nu: float) -> float:
    """Expand t around the normal quantile. Source: Abramowitz and Stegun, 26.7.5."""
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + sum(term / nu**power for power, term in enumerate(terms, start=1))


def _by_bisection(coverage: float, nu: float, z: float) -> float:
    low, high = z, 2.0 * z  # t is never below the normal quantile
    while central_probability(high, nu) < coverage:
        low, high = high, 2.0 * high
    while (middle := (low + high) / 2.0) not in (low, high):
        if central_probability(middle, nu) < coverage:
            low = middle
        else:
            high = middle
    return high


def central_probability(t: float, degrees_of_freedom: float) -> float:
    """Compute the probability that a Student-distributed value lies within -t..t.

    Source:  Abramowitz and Stegun, 26.7.1 with 26.5.2
    """
    square = t * t
    total = degrees_of_freedom + square
    return _regularised_beta(square / total, degrees_of_freedom / total, 0.5, degrees_of_freedom / 2.0)


def _regularised_beta(x: float, complement: float, a: float, b: float) -> float:
    """Compute I_x(a, b); `complement` is 1 - x, given apart because the subtraction would lose digits."""
    if x <= 0.0:
        return 0.0
    log_beta = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
    front = math.exp(a * math.log(x) + b * math.log(complement) - log_beta)
    # The fraction converges fast on this side of the mean only; on the other the symmetric one does.
    if x < (a + 1.0) / (a + b + 2.0):
        return front * _beta_fraction(x, a, b) / a
    return 1.0 - front * _beta_fraction(complement, b, a) / b


def _beta_fraction(x: float, a: float, b: float) -> float:
    """Evaluate the continued fraction by Lentz's method. Source: Abramowitz and Stegun, 26.5.8."""
    c, d = 1.0, 1.0 / _away_from_zero(1.0 - (a + b) * x / (a + 1.0))
    product = d
    for m in range(1, _MOST_TERMS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for numerator in (even, odd):
            d = 1.0 / _away_from_zero(1.0 + numerator * d)
            c = _away_from_zero(1.0 + numerator / c)
            product *= c * d
        if abs(c * d - 1.0) < 1e-15:
            return product
    raise ArithmeticError("the continued fraction of the beta function does not converge")


def _away_from_zero(value: float) -> float:
    return value if abs(value) > _TINY else _TINY
