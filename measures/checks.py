"""What every formula asks of its input before it computes."""

from __future__ import annotations

import math

from measures.errors import ErrorCode, MeasureError


def require_count(field: str, value: int) -> int:
    """Return `value` when it can be a count: whole and not negative.

    Raises:  MeasureError COUNT_NOT_WHOLE, COUNT_NEGATIVE
    """
    if isinstance(value, bool) or not isinstance(value, int):
        raise MeasureError(ErrorCode.COUNT_NOT_WHOLE, field=field, value=str(value))
    if value < 0:
        raise MeasureError(ErrorCode.COUNT_NEGATIVE, field=field, value=value)
    return value


def require_finite(field: str, value: float) -> float:
    """Return `value` as float when it is a number.

    Raises:  MeasureError NOT_FINITE
    """
    if not math.isfinite(value):
        raise MeasureError(ErrorCode.NOT_FINITE, field=field)
    return float(value)


def require_not_negative(field: str, value: float) -> float:
    """Return `value` as float when it is a number of at least 0.

    Raises:  MeasureError NOT_FINITE, NEGATIVE
    """
    if require_finite(field, value) < 0:
        raise MeasureError(ErrorCode.NEGATIVE, field=field, value=value)
    return float(value)


def require_positive(field: str, value: float) -> float:
    """Return `value` as float when it is a number above 0.

    Raises:  MeasureError NOT_FINITE, NOT_POSITIVE
    """
    if require_finite(field, value) <= 0:
        raise MeasureError(ErrorCode.NOT_POSITIVE, field=field, value=value)
    return float(value)
