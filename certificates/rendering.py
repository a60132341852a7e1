"""From the frozen snapshot to the page: nothing is asked of the database, nothing is computed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import segno
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from certificates.snapshot_shape import Function, Result, Snapshot

TEMPLATE = "certificates/report.html"
VERDICTS = {"pass": _("Pass"), "fail": _("Fail"), "inconclusive": _("Inconclusive"), "none": _("Not judged")}
ROW_KINDS = {
    "accredited": _("Accredited"),
    "outside_scope": _("Outside the accredited scope"),
    "not_to_criteria": _("In scope, not done to its criteria"),
    "external": _("From an external provider"),
}
ROW_SIGNS = {"accredited": "", "outside_scope": "※", "not_to_criteria": "※※", "external": "†"}
OUTCOMES = {
    "correct": _("Correct"),
    "incorrect": _("Incorrect"),
    "missing": _("Missing"),
    "not_executed": _("Not executed"),
}
PLACES = {"fixed": _("Permanent laboratory"), "on_site": _("On site"), "remote": _("Remote")}


def report_html(snapshot: Snapshot) -> str:
    """Lay out the report in its own language; the same snapshot gives the same text."""
    with translation.override(snapshot["language"]):
        return render_to_string(TEMPLATE, _context(snapshot))


def _context(snapshot: Snapshot) -> dict[str, Any]:
    functions = [_function(function) for function in snapshot["functions"]]
    return {
        **snapshot,
        "qr": qr_code(snapshot["verify_url"]) if snapshot["verify_url"] else "",
        "results": [_result(number, result) for number, result in enumerate(snapshot["results"], 1)],
        "functions": functions,
        "deficient_functions": [row for row in functions if row["outcome"] != "correct"],
        "row_kinds": _kinds_used(snapshot),
        "places": [(kind == snapshot["test"]["place_kind"], label) for kind, label in PLACES.items()],
        "counts": _counts(snapshot),
    }


def qr_code(address: str) -> str:
    """A QR code as a data URL: the renderer fetches nothing else."""
    return segno.make(address, error="m", micro=False).svg_data_uri(border=0, omitsize=True)


def _result(number: int, result: Result) -> dict[str, Any]:
    return {
        **result,
        "row": number,
        "unit": "" if result["unit"] == "1" else result["unit"],
        "verdict_word": VERDICTS[result["verdict"]],
        "sign": ROW_SIGNS[result["row_kind"]],
        "kind_word": ROW_KINDS[result["row_kind"]],
    }


def _function(function: Function) -> dict[str, Any]:
    return {**function, "outcome_word": OUTCOMES[function["outcome"]]}


def _kinds_used(snapshot: Snapshot) -> list[tuple[str, Any, list[str]]]:
    """Sign, words and reasons of each kind of row that is not accredited and stands in this report."""
    used = []
    for kind, sign in ROW_SIGNS.items():
        of_kind = [row for row in snapshot["results"] if row["row_kind"] == kind]
        if sign and of_kind:
            reasons = [f"{row['measure_id']}: {row['row_reason']}" for row in of_kind]
            used.append((sign, ROW_KINDS[kind], reasons))
    return used


def _counts(snapshot: Mapping[str, Any]) -> dict[str, int]:
    outcomes: list[str] = [function["outcome"] for function in cast(list[Function], snapshot["functions"])]
    return {outcome: outcomes.count(outcome) for outcome in OUTCOMES} | {"all": len(outcomes)}
