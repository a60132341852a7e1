"""Decision rules of ILAC-G8:2019: simple acceptance, and guarded acceptance with w = U."""

import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measures.catalogue import Direction
from measures.decision import (
    Comparator,
    Criterion,
    DecisionRule,
    Verdict,
    VerdictReason,
    judge,
    require_direction,
)
from measures.errors import ErrorCode, MeasureError
from measures.functional import fcp
from measures.result import ResultReason

AT_MOST_200_MS = Criterion(Comparator.AT_MOST, Decimal("200"), "ms")
AT_LEAST_50 = Criterion(Comparator.AT_LEAST, Decimal("50"), "1/s")
VALUES = st.floats(0, 1e12)


def judged(
    value, rule=DecisionRule.SIMPLE, criterion=AT_MOST_200_MS, *, uncertainty=None, reason="", unit=None
):
    direction = Direction.LOWER if criterion.comparator == Comparator.AT_MOST else Direction.HIGHER
    return judge(
        value=value,
        unit=unit or criterion.unit,
        criterion=criterion,
        rule=rule,
        direction=direction,
        expanded_uncertainty=uncertainty,
        reason=reason,
    )


def only_code(judgement):
    (reason,) = judgement.reasons
    return reason.code


@pytest.mark.parametrize(
    ("value", "verdict", "code"),
    [
        (199.9, Verdict.PASS, VerdictReason.LIMIT_KEPT),
        (200.0, Verdict.PASS, VerdictReason.LIMIT_KEPT),
        (200.1, Verdict.FAIL, VerdictReason.LIMIT_MISSED),
    ],
)
def test_simple_acceptance_lets_the_value_alone_decide(value, verdict, code):
    judgement = judged(value, uncertainty=50.0)

    assert (judgement.verdict, only_code(judgement), judgement.guard_band) == (verdict, code, None)


@pytest.mark.parametrize(
    ("value", "verdict", "code"),
    [
        (190.0, Verdict.PASS, VerdictReason.KEPT_BEYOND_GUARD_BAND),  # 190 + 10 = 200 keeps the limit
        (190.1, Verdict.INCONCLUSIVE, VerdictReason.WITHIN_GUARD_BAND),
        (200.0, Verdict.INCONCLUSIVE, VerdictReason.WITHIN_GUARD_BAND),
        (210.0, Verdict.INCONCLUSIVE, VerdictReason.WITHIN_GUARD_BAND),  # 210 - 10 = 200 keeps it
        (210.1, Verdict.FAIL, VerdictReason.MISSED_BEYOND_GUARD_BAND),
    ],
)
def test_guarded_acceptance_leaves_the_band_around_the_limit_open(value, verdict, code):
    judgement = judged(value, DecisionRule.GUARDED, uncertainty=10.0)

    assert (judgement.verdict, only_code(judgement), judgement.guard_band) == (verdict, code, 10.0)


@pytest.mark.parametrize(
    ("value", "verdict"), [(55.0, Verdict.PASS), (50.0, Verdict.INCONCLUSIVE), (44.9, Verdict.FAIL)]
)
def test_a_lower_limit_is_guarded_from_the_other_side(value, verdict):
    assert judged(value, DecisionRule.GUARDED, AT_LEAST_50, uncertainty=5.0).verdict == verdict


def test_reasons_carry_what_was_compared():
    (reason,) = judged(210.5, DecisionRule.GUARDED, uncertainty=10.0).reasons

    assert reason.params == {
        "value": 210.5,
        "comparator": "<=",
        "limit": "200",
        "unit": "ms",
        "guard_band": 10.0,
    }


@pytest.mark.parametrize("total", range(1, 60))
def test_a_count_that_reaches_the_agreed_share_passes_despite_binary_fractions(total):
    for missing in range(total + 1):
        result = fcp(missing, total)
        limit = Decimal(total - missing) / Decimal(total)
        judgement = judged(result.value, criterion=Criterion(Comparator.AT_LEAST, limit, "1"))
        assert judgement.verdict == Verdict.PASS


def test_a_count_under_the_guarded_rule_is_judged_by_its_value_and_says_so():
    result = fcp(1, 10)
    criterion = Criterion(Comparator.AT_LEAST, Decimal("0.9"), "1")

    judgement = judged(result.value, DecisionRule.GUARDED, criterion, reason=result.reason)

    assert judgement.verdict == Verdict.PASS
    assert [row.code for row in judgement.reasons] == [
        VerdictReason.LIMIT_KEPT,
        VerdictReason.COUNT_JUDGED_BY_VALUE,
    ]


def test_a_single_repeat_cannot_pass_the_guarded_rule():
    judgement = judged(1.0, DecisionRule.GUARDED, reason=ResultReason.ONE_REPEAT_HAS_NO_UNCERTAINTY)

    assert (judgement.verdict, only_code(judgement)) == (Verdict.INCONCLUSIVE, VerdictReason.NO_UNCERTAINTY)


@pytest.mark.parametrize("rule", DecisionRule)
def test_without_a_value_there_is_nothing_to_judge(rule):
    judgement = judged(None, rule, reason=ResultReason.NOT_SATURATED)

    assert (judgement.verdict, only_code(judgement)) == (Verdict.INCONCLUSIVE, VerdictReason.NO_VALUE)
    assert judgement.reasons[0].params == {"reason": "result.not_saturated"}


@pytest.mark.parametrize("value", [1.0, None])
def test_units_must_match(value):
    with pytest.raises(MeasureError) as refused:
        judged(value, unit="s")

    assert refused.value.code == ErrorCode.UNITS_DIFFER


@pytest.mark.parametrize(
    ("comparator", "direction", "allowed"),
    [
        (Comparator.AT_LEAST, Direction.HIGHER, True),
        (Comparator.AT_MOST, Direction.LOWER, True),
        (Comparator.AT_LEAST, Direction.LOWER, False),
        (Comparator.AT_MOST, Direction.HIGHER, False),
    ],
)
def test_a_criterion_cannot_ask_a_measure_to_be_worse(comparator, direction, allowed):
    criterion = Criterion(comparator, Decimal("1"), "ms")
    if allowed:
        require_direction(comparator, direction)
        return
    with pytest.raises(MeasureError) as refused:
        judge(value=1.0, unit="ms", criterion=criterion, rule=DecisionRule.SIMPLE, direction=direction)

    assert refused.value.code == ErrorCode.AGAINST_DIRECTION


@pytest.mark.parametrize(
    ("refuse", "code"),
    [
        (lambda: Criterion(Comparator.AT_MOST, Decimal("NaN"), "ms"), ErrorCode.NOT_FINITE),
        (lambda: judged(math.nan), ErrorCode.NOT_FINITE),
        (lambda: judged(1.0, DecisionRule.GUARDED, uncertainty=-1.0), ErrorCode.NEGATIVE),
        (lambda: judged(1.0, DecisionRule.GUARDED, uncertainty=math.inf), ErrorCode.NOT_FINITE),
    ],
)
def test_what_is_no_number_is_refused(refuse, code):
    with pytest.raises(MeasureError) as refused:
        refuse()

    assert refused.value.code == code


@given(VALUES, VALUES, st.sampled_from(Comparator))
def test_without_any_width_both_rules_agree(value, limit, comparator):
    criterion = Criterion(comparator, Decimal(limit), "ms")

    guarded = judged(value, DecisionRule.GUARDED, criterion, uncertainty=0.0)

    assert guarded.verdict == judged(value, DecisionRule.SIMPLE, criterion).verdict


@given(VALUES, VALUES, VALUES, st.sampled_from(Comparator))
def test_the_guarded_rule_never_contradicts_the_simple_one(value, limit, uncertainty, comparator):
    criterion = Criterion(comparator, Decimal(limit), "ms")

    guarded = judged(value, DecisionRule.GUARDED, criterion, uncertainty=uncertainty).verdict

    assert guarded in (Verdict.INCONCLUSIVE, judged(value, DecisionRule.SIMPLE, criterion).verdict)
