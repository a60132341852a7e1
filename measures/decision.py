"""From a measured value and an agreed criterion to a verdict, by a named decision rule.

The rule is agreed with the customer before the test and stated with the verdict (ISO/IEC 17025:2017, 7.1.3
and 7.8.6).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Final

from measures.catalogue import Direction
from measures.checks import require_finite, require_not_negative
from measures.errors import ErrorCode, MeasureError, Param
from measures.result import ResultReason

DECISION_VERSION: Final = "decision/1"


class Comparator(StrEnum):
    """How a value is held against the limit; a value on the limit passes both."""

    AT_LEAST = ">="
    AT_MOST = "<="


class DecisionRule(StrEnum):
    """SIMPLE: the value alone decides. GUARDED: the guard band is the expanded uncertainty, w = U.

    Source: ILAC-G8:2019, simple acceptance and guard bands; under GUARDED what lies within w of the limit is
    inconclusive, and a count ratio, which has no uncertainty, is judged by its value.
    """

    SIMPLE = "simple"
    GUARDED = "guarded"


class Verdict(StrEnum):
    """Judgement of the item, never of the tool."""

    PASS = "pass"  # noqa: S105 - not a password
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class VerdictReason(StrEnum):
    """Why the verdict is what it is. Translated by whoever shows it."""

    LIMIT_KEPT = "verdict.limit_kept"  # value, comparator, limit, unit
    LIMIT_MISSED = "verdict.limit_missed"  # value, comparator, limit, unit
    KEPT_BEYOND_GUARD_BAND = "verdict.kept_beyond_guard_band"  # the same, and guard_band
    MISSED_BEYOND_GUARD_BAND = "verdict.missed_beyond_guard_band"
    WITHIN_GUARD_BAND = "verdict.within_guard_band"
    COUNT_JUDGED_BY_VALUE = "verdict.count_judged_by_value"
    NO_UNCERTAINTY = "verdict.no_uncertainty"  # guarded acceptance needs one
    NO_VALUE = "verdict.no_value"  # reason: a ResultReason


@dataclass(frozen=True)
class Reason:
    """One reason behind a verdict, as data."""

    code: VerdictReason
    params: Mapping[str, Param] = field(default_factory=dict)


@dataclass(frozen=True)
class Criterion:
    """What the customer asks of one measure.

    Shape:   `limit` as agreed, a Decimal so that it prints as written
    Raises:  MeasureError NOT_FINITE
    """

    comparator: Comparator
    limit: Decimal
    unit: str

    def __post_init__(self) -> None:
        require_finite("limit", float(self.limit))

    def is_kept_by(self, value: float) -> bool:
        # As floats: a ratio is the nearest float to A/B, and so is the limit it was meant to reach.
        limit = float(self.limit)
        return value >= limit if self.comparator == Comparator.AT_LEAST else value <= limit


@dataclass(frozen=True)
class Judgement:
    """A verdict, every reason for it, and the guard band that was applied (None = none).

    `version` is that of the rules as coded here.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    guard_band: float | None = None
    version: str = DECISION_VERSION


def require_direction(comparator: Comparator, direction: Direction) -> None:
    """Refuse a criterion that asks a measure to be worse: "response time >= 200 ms".

    Raises:  MeasureError AGAINST_DIRECTION
    """
    expected = Comparator.AT_LEAST if direction == Direction.HIGHER else Comparator.AT_MOST
    if comparator != expected:
        raise MeasureError(
            ErrorCode.AGAINST_DIRECTION, comparator=comparator.value, direction=direction.value
        )


def judge(
    *,
    value: float | None,
    unit: str,
    criterion: Criterion,
    rule: DecisionRule,
    direction: Direction,
    expanded_uncertainty: float | None = None,
    reason: str = ResultReason.NONE,
) -> Judgement:
    """Judge one value, not rounded, against one criterion.

    Shape:   `reason` is the result's own: why there is no value, or why the value has no uncertainty
    Units:   value, uncertainty and limit in one unit
    Raises:  MeasureError UNITS_DIFFER, AGAINST_DIRECTION, NOT_FINITE, NEGATIVE
    Source:  ISO/IEC 17025:2017, 7.8.6; ILAC-G8:2019
    """
    if unit != criterion.unit:
        raise MeasureError(ErrorCode.UNITS_DIFFER, unit=unit, limit_unit=criterion.unit)
    require_direction(criterion.comparator, direction)
    if value is None:
        return Judgement(Verdict.INCONCLUSIVE, (Reason(VerdictReason.NO_VALUE, {"reason": str(reason)}),))
    require_finite("value", value)
    if rule == DecisionRule.SIMPLE:
        return _accept_simply(value, criterion)
    if expanded_uncertainty is not None:
        return _accept_guarded(
            value, criterion, require_not_negative("expanded_uncertainty", expanded_uncertainty)
        )
    if reason == ResultReason.COUNT_HAS_NO_UNCERTAINTY:
        by_value = _accept_simply(value, criterion)
        return Judgement(by_value.verdict, (*by_value.reasons, Reason(VerdictReason.COUNT_JUDGED_BY_VALUE)))
    return Judgement(Verdict.INCONCLUSIVE, (Reason(VerdictReason.NO_UNCERTAINTY, {"reason": str(reason)}),))


def _accept_simply(value: float, criterion: Criterion) -> Judgement:
    kept = criterion.is_kept_by(value)
    code = VerdictReason.LIMIT_KEPT if kept else VerdictReason.LIMIT_MISSED
    verdict = Verdict.PASS if kept else Verdict.FAIL
    return Judgement(verdict, (Reason(code, _compared(value, criterion)),))


def _accept_guarded(value: float, criterion: Criterion, guard_band: float) -> Judgement:
    lower, upper = criterion.is_kept_by(value - guard_band), criterion.is_kept_by(value + guard_band)
    if lower and upper:
        verdict, code = Verdict.PASS, VerdictReason.KEPT_BEYOND_GUARD_BAND
    elif lower or upper:
        verdict, code = Verdict.INCONCLUSIVE, VerdictReason.WITHIN_GUARD_BAND
    else:
        verdict, code = Verdict.FAIL, VerdictReason.MISSED_BEYOND_GUARD_BAND
    params = {**_compared(value, criterion), "guard_band": guard_band}
    return Judgement(verdict, (Reason(code, params),), guard_band)


def _compared(value: float, criterion: Criterion) -> dict[str, Param]:
    return {
        "value": value,
        "comparator": criterion.comparator.value,
        "limit": str(criterion.limit),
        "unit": criterion.unit,
    }
