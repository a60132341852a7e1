"""Functional suitability: ratios of counts over the functions of a function list.

Counts are functions, never test cases. A count ratio carries no uncertainty; a repeat or a second tester
secures it (ISO/IEC 17025:2017, 7.6.3 and 7.7.1).
"""

from __future__ import annotations

from typing import Final

from measures.checks import require_count
from measures.errors import ErrorCode, MeasureError
from measures.result import Result, ResultReason

FCP_VERSION: Final = "fcp/1"
FCR_VERSION: Final = "fcr/1"


def fcp(missing: int, specified: int) -> Result:
    """Compute functional coverage, X = 1 - A/B.

    Shape:   A = missing functions, B = functions specified in the function list
    Units:   ratio 0..1, not rounded; no value when B = 0
    Raises:  MeasureError when a count is negative, not whole, or A is above B
    Source:  ISO/IEC 25023:2016 FCp-1-G
    """
    return _complement(FCP_VERSION, "missing", missing, "specified", specified)


def fcr(incorrect: int, existing: int) -> Result:
    """Compute functional correctness, X = 1 - A/B.

    Shape:   A = functions that exist and give an incorrect result, B = functions that exist
    Units:   ratio 0..1, not rounded; no value when B = 0
    Raises:  MeasureError when a count is negative, not whole, or A is above B
    Source:  ISO/IEC 25023:2016 FCr-1-G
    """
    return _complement(FCR_VERSION, "incorrect", incorrect, "existing", existing)


def _complement(version: str, a_field: str, a: int, b_field: str, b: int) -> Result:
    require_count(a_field, a)
    require_count(b_field, b)
    if a > b:
        raise MeasureError(ErrorCode.COUNT_ABOVE_TOTAL, field=a_field, value=a, limit=b)
    if b == 0:
        return Result(version, None, "1", n=1, a=a, b=b, reason=ResultReason.NOT_APPLICABLE)
    # (B - A)/B is rounded once, 1 - A/B twice: 1 - 9/10 misses 0.1 and would fail a limit of 0.1.
    value = (b - a) / b
    return Result(version, value, "1", n=1, a=a, b=b, reason=ResultReason.COUNT_HAS_NO_UNCERTAINTY)
