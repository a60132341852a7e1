"""One result row of the report: rounded once, by a named rule, beside the full number."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from certificates import snapshot_shape as shape
from certificates.rows import attempts_of, kind_of
from lims.evaluation.models import Measurement, Verdict
from lims.evaluation.services import expanded
from lims.intake.models import AgreedItem
from lims.records.reasons import text_of
from measures.catalogue import edition
from measures.rounding import RoundingRule, round_to_decimals, round_with_uncertainty

RULE = RoundingRule.HALF_EVEN
DECIMALS = 3  # of values without an uncertainty that gives them a place


def result_of(verdict: Verdict, *, issued_on: date) -> shape.Result:
    """The row of one agreed item, named as it was measured: whether that is what was agreed, `guards` asks.

    Source: ISO/IEC 17025:2017, 7.8.2.1 m, 7.8.3.1 c, 7.8.6.2
    """
    found, item = verdict.measurement, verdict.agreed_item
    measure = edition(found.edition).measure(found.measure_id)
    kind, kind_reason = kind_of(verdict, issued_on=issued_on)
    value, uncertainty = _printed(found)
    return {
        "measure_id": found.measure_id,
        "name_ko": measure.name_ko,
        "name_en": measure.name_en,
        "edition": found.edition,
        "value": value,
        "value_exact": found.value,
        "unit": found.unit,
        "a": _count(found.a),
        "b": _count(found.b),
        "a_exact": found.a,
        "b_exact": found.b,
        "n": found.n,
        "uncertainty": uncertainty,
        "not_applicable_reason": text_of(found.reason) if found.value is None else "",
        "criterion": _criterion(item),
        "verdict": "none" if verdict.outcome == Verdict.Outcome.NOT_JUDGED else verdict.outcome,  # type: ignore[typeddict-item]
        "row_kind": kind,
        "row_reason": text_of(kind_reason) if kind_reason else "",
        "evidence": [
            {"run_uid": str(attempt.run.uid), "file": file.name, "sha256": file.sha256}
            for attempt in attempts_of(verdict)
            for file in attempt.files.all()
            if file.name in ("journal.log", "samples.npz", "output.xml")
        ],
    }


def _printed(found: Measurement) -> tuple[str, shape.Uncertainty]:
    band = expanded(found)
    none: shape.Uncertainty = {
        "u": "", "U": "", "k": "", "dof": "", "u_exact": None, "U_exact": None,
        "reason": text_of(found.reason) if found.reason else "",
    }  # fmt: skip
    if found.value is None:
        return "", none
    if band is None:
        return str(round_to_decimals(found.value, DECIMALS, RULE)), none
    reported = round_with_uncertainty(found.value, band, rule=RULE, decimals=DECIMALS)
    assert found.standard_uncertainty is not None
    small = round_with_uncertainty(
        found.standard_uncertainty, found.standard_uncertainty, rule=RULE, decimals=DECIMALS
    )
    return f"{reported.value:f}", {
        "u": f"{small.value:f}",
        "U": f"{reported.uncertainty:f}",
        "k": f"{found.coverage_factor:.2f}",
        "dof": "" if found.degrees_of_freedom is None else f"{found.degrees_of_freedom:.0f}",
        "u_exact": found.standard_uncertainty,
        "U_exact": band,
        "reason": "",
    }


def _count(value: float | None) -> str:
    return "" if value is None else f"{value:g}"


def _criterion(item: AgreedItem) -> str:
    if not item.comparator or item.limit is None:
        return ""
    limit = f"{Decimal(item.limit).normalize():f}"
    unit = "" if item.unit in ("", "1") else f" {item.unit}"
    return f"{item.comparator} {limit}{unit}"
