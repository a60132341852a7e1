"""What a formula answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from measures.uncertainty import Uncertainty


class ResultReason(StrEnum):
    """Why a result has no value, or a value no uncertainty. Translated by whoever shows it."""

    NONE = ""
    NOT_APPLICABLE = "result.not_applicable"  # B = 0: there is nothing to divide by
    NO_REPEATS = "result.no_repeats"
    NO_TRANSACTIONS = "result.no_transactions"
    NOT_SATURATED = "result.not_saturated"  # twice the users still added throughput
    NO_FAILURE_IN_TIME = "result.no_failure_in_time"  # a result: `details` hold the lower bound
    COUNT_HAS_NO_UNCERTAINTY = "result.count_has_no_uncertainty"
    ONE_REPEAT_HAS_NO_UNCERTAINTY = "result.one_repeat_has_no_uncertainty"


@dataclass(frozen=True)
class Result:
    """One value as computed, with everything it was computed from.

    Shape:   `a` and `b` where the formula is a ratio of two counts; `values` one number a repeat where it is
             a mean; `n` counts evaluations or repeats, never requests
    Units:   `unit` holds for value, values and uncertainty; nothing is rounded
    """

    formula_version: str
    value: float | None
    unit: str
    n: int
    a: float | None = None
    b: float | None = None
    values: tuple[float, ...] = ()
    uncertainty: Uncertainty | None = None
    reason: ResultReason = ResultReason.NONE
    details: Mapping[str, float] = field(default_factory=dict)
