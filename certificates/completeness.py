"""Does a frozen report say everything that ISO/IEC 17025:2017, 7.8.2.1 a to p asks for?

Only sampling, external providers, deviations and opinions may be empty, and then with a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Missing(NamedTuple):
    """One thing a report lacks: the letter of 7.8.2.1, or another clause in full, and the field."""

    clause: str
    field: str


REQUIRED = {
    "a": ("title",),
    "b": ("centre.name_ko", "centre.name_en", "centre.address"),
    "c": ("test.place", "test.place_kind"),
    "d": ("number",),
    "e": ("customer.name", "customer.address", "customer.contact"),
    "g": ("item.product", "item.version", "item.description", "item.digest", "item.condition"),
    "h": ("item.received_on",),
    "i": ("test.started_on", "test.ended_on"),
    "j": ("issued_on",),
    "l": ("relates_only_to_items",),
    "o": ("people.authorized.name", "people.authorized.role"),
}
LISTS = {
    "f": ("methods", ("standard", "edition")),
    "g": ("item.files", ("name", "sha256", "size")),
    "m": ("results", ("measure_id", "name_ko", "name_en", "edition", "unit", "n", "row_kind", "verdict")),
}
STATED = {"k": "sampling", "n": "deviations", "p": "external_providers", "7.8.7": "opinions"}
JUDGED = {"pass", "fail", "inconclusive"}


def missing(snapshot: Mapping[str, Any]) -> list[Missing]:
    """Name everything that the report lacks, in the order of the clauses; empty means it may be numbered."""
    found = [
        *_required(snapshot),
        *_lists(snapshot),
        *_stated(snapshot),
        *_results(snapshot),
        *_external(snapshot),
    ]
    return sorted(set(found))


def _at(value: object, path: str) -> Any:
    for name in path.split("."):
        value = value.get(name) if isinstance(value, Mapping) else None
    return value


def _is_empty(value: object) -> bool:
    """Blank text says nothing; zero does."""
    if isinstance(value, str):
        return not value.strip()
    return value is None or value is False or value == []


def _required(snapshot: Mapping[str, Any]) -> Iterator[Missing]:
    for clause, paths in REQUIRED.items():
        yield from (Missing(clause, path) for path in paths if _is_empty(_at(snapshot, path)))


def _lists(snapshot: Mapping[str, Any]) -> Iterator[Missing]:
    for clause, (path, names) in LISTS.items():
        rows = _at(snapshot, path)
        if not isinstance(rows, list) or not rows:
            yield Missing(clause, path)
            continue
        for index, row in enumerate(rows):
            yield from (
                Missing(clause, f"{path}.{index}.{name}") for name in names if _is_empty(_at(row, name))
            )


def _stated(snapshot: Mapping[str, Any]) -> Iterator[Missing]:
    for clause, path in STATED.items():
        if _is_empty(_at(snapshot, f"{path}.entries") or []) and _is_empty(
            _at(snapshot, f"{path}.none_reason")
        ):
            yield Missing(clause, path)


def _results(snapshot: Mapping[str, Any]) -> Iterator[Missing]:
    rows = _at(snapshot, "results")
    for index, row in enumerate(rows if isinstance(rows, list) else []):
        yield from (Missing(clause, f"results.{index}.{name}") for clause, name in _of_result(row))
        if _at(row, "verdict") in JUDGED and _is_empty(_at(snapshot, "decision_rule.text")):
            yield Missing("7.8.6", "decision_rule.text")


def _of_result(row: object) -> Iterator[tuple[str, str]]:
    if _is_empty(_at(row, "value")):
        if _is_empty(_at(row, "not_applicable_reason")):
            yield "m", "value"
    elif _is_empty(_at(row, "uncertainty.U")) and _is_empty(_at(row, "uncertainty.reason")):
        yield "7.8.3.1", "uncertainty"
    if _at(row, "verdict") in JUDGED and _is_empty(_at(row, "criterion")):
        yield "7.8.6", "criterion"
    if _at(row, "row_kind") != "accredited" and _is_empty(_at(row, "row_reason")):
        yield "m", "row_reason"
    if _is_empty(_at(row, "evidence")):
        yield "m", "evidence"


def _external(snapshot: Mapping[str, Any]) -> Iterator[Missing]:
    """A result of somebody else needs that somebody named, whatever reason stands for there being none."""
    rows = _at(snapshot, "results")
    kinds = [_at(row, "row_kind") for row in rows] if isinstance(rows, list) else []
    if "external" in kinds and _is_empty(_at(snapshot, "external_providers.entries") or []):
        yield Missing("p", "external_providers.entries")
