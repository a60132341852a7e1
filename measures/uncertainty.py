"""Measurement uncertainty: components, their combination, and the expanded uncertainty.

The repeat is the run: the requests of one run are correlated, so n counts independent repeats.
Source of all: JCGM 100:2008 (GUM); required by ISO/IEC 17025:2017, 7.6.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

from measures.checks import require_finite, require_not_negative
from measures.errors import ErrorCode, MeasureError
from measures.student import two_sided_quantile

COVERAGE: Final = 0.95


@dataclass(frozen=True)
class Component:
    """One row of an uncertainty budget.

    Units:   `standard` in the unit of the value it belongs to; `degrees_of_freedom` None = unlimited
    """

    name: str
    kind: Literal["A", "B"]
    standard: float
    degrees_of_freedom: float | None = None


@dataclass(frozen=True)
class Uncertainty:
    """The combined standard uncertainty of one value and what makes it an interval.

    Units:   `standard` and `expanded` in the unit of the value; `degrees_of_freedom` are the effective ones,
             None = unlimited
    """

    standard: float
    degrees_of_freedom: float | None
    coverage_factor: float
    coverage: float
    components: tuple[Component, ...]

    @property
    def expanded(self) -> float:
        """U = k u, the half width of the interval."""
        return self.coverage_factor * self.standard


def type_a(values: Sequence[float], name: str = "repeatability") -> Component:
    """Evaluate the standard uncertainty of a mean from its repeats: s / sqrt(n), n - 1 degrees of freedom.

    Shape:   one value a repeat, at least 2
    Units:   those of the values
    Raises:  MeasureError TOO_FEW_REPEATS below 2: one run alone tells nothing about its scatter
    Source:  JCGM 100:2008, 4.2.3
    """
    n = len(values)
    if n < 2:
        raise MeasureError(ErrorCode.TOO_FEW_REPEATS, n=n, limit=2)
    numbers = [require_finite("values", value) for value in values]
    # statistics computes in exact fractions: equal values give 0 exactly, huge ones do not overflow.
    return Component(name, "A", statistics.stdev(numbers) / math.sqrt(n), float(n - 1))


def rectangular(name: str, half_width: float) -> Component:
    """Evaluate a limit of error of which nothing but its width is known, a / sqrt(3).

    Units:   those of `half_width`: a timer that resolves 0.1 ms has the half width 0.05 ms
    Raises:  MeasureError when the half width is negative or not a number
    Source:  JCGM 100:2008, 4.3.7
    """
    return Component(name, "B", require_not_negative("half_width", half_width) / math.sqrt(3.0))


def combine(components: Sequence[Component], coverage: float = COVERAGE) -> Uncertainty:
    """Combine uncorrelated components and expand by Student's t for the effective degrees of freedom.

    Shape:   at least one component, all in the unit of the value
    Raises:  MeasureError EMPTY, COVERAGE_OUT_OF_RANGE, DEGREES_BELOW_ONE
    Source:  JCGM 100:2008, 5.1.2 (sum of squares), G.4 (Welch-Satterthwaite), G.3 (Student's t)
    """
    if not components:
        raise MeasureError(ErrorCode.EMPTY, field="components")
    standard = math.hypot(*(component.standard for component in components))
    degrees = effective_degrees_of_freedom(components)
    return Uncertainty(standard, degrees, two_sided_quantile(coverage, degrees), coverage, tuple(components))


def effective_degrees_of_freedom(components: Sequence[Component]) -> float | None:
    """Compute u^4 / sum(u_i^4 / nu_i); not cut to a whole number, because the quantile takes fractions.

    Shape:   None = unlimited. When every component is 0 the formula says nothing: the smallest given holds
    Source:  JCGM 100:2008, G.4.1 equation (G.2b)
    """
    limited = [
        (row.standard, row.degrees_of_freedom) for row in components if row.degrees_of_freedom is not None
    ]
    combined = math.hypot(*(component.standard for component in components))
    if combined == 0.0:
        return min((degrees for _, degrees in limited), default=None)
    # Shares first, then powers: the fourth power of a large number would overflow.
    weight = math.fsum((standard / combined) ** 4 / degrees for standard, degrees in limited)
    if weight < 1e-12:  # past any use of the quantile
        return None
    # Never fewer than the weakest component has; rounding alone could say so.
    return max(1.0 / weight, min(degrees for _, degrees in limited))


def from_repeats(
    values: Sequence[float], others: Sequence[Component] = (), coverage: float = COVERAGE
) -> Uncertainty | None:
    """Evaluate the uncertainty of the mean of repeats; None for fewer than two, which have no type A part.

    Shape:   one value a repeat; `others` are further components in the same unit
    Raises:  MeasureError when a value is not a number
    Source:  JCGM 100:2008, 4.2.3; ISO/IEC 17025:2017, 7.6.3
    """
    if len(values) < 2:
        return None
    return combine([type_a(values), *others], coverage)
