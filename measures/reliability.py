"""Reliability from counted failures over time."""

from __future__ import annotations

from typing import Final

from measures.checks import require_count, require_positive
from measures.result import Result, ResultReason

MTBF_VERSION: Final = "mtbf/1"

# -ln(0.05) = 2.996: with exponential failures, no failure in T excludes a mean below T/3.0 at 95 %.
_NONE_SEEN_DIVISOR: Final = 3.0


def mean_time_between_failures(operation_time_h: float, failures: int) -> Result:
    """Compute the mean time between failures, X = A/B.

    Shape:   A = operation time, B = failures. B = 0 is a result, not "not applicable": no value, but
             `details["lower_bound"]` = A/3.0, the 95 % lower bound if failures are exponential
    Units:   hours in, hours out, not rounded
    Raises:  MeasureError when the time is not above 0 or the count is impossible
    Source:  ISO/IEC 25023:2016 RMa-2-G
    """
    a = require_positive("operation_time_h", operation_time_h)
    b = require_count("failures", failures)
    if b == 0:
        bound = {"lower_bound": a / _NONE_SEEN_DIVISOR}
        return Result(
            MTBF_VERSION, None, "h", n=1, a=a, b=b, reason=ResultReason.NO_FAILURE_IN_TIME, details=bound
        )
    reason = ResultReason.COUNT_HAS_NO_UNCERTAINTY
    return Result(MTBF_VERSION, a / b, "h", n=1, a=a, b=b, reason=reason)
