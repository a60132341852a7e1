import pytest

from certificates.completeness import Missing, missing
from tests.certificates.snapshots import make_snapshot

NOTHING_SAID = {"entries": [], "none_reason": " "}


def test_complete_report_lacks_nothing():
    assert missing(make_snapshot()) == []


@pytest.mark.parametrize(
    ("clause", "field", "change"),
    [
        ("a", "title", {"title": ""}),
        ("b", "centre.name_ko", {"centre__name_ko": " "}),
        ("b", "centre.address", {"centre__address": ""}),
        ("c", "test.place", {"test__place": ""}),
        ("c", "test.place_kind", {"test__place_kind": ""}),
        ("d", "number", {"number": ""}),
        ("e", "customer.name", {"customer__name": ""}),
        ("e", "customer.contact", {"customer__contact": ""}),
        ("f", "methods", {"methods": []}),
        ("f", "methods.1.edition", {"methods__1__edition": ""}),
        ("g", "item.version", {"item__version": ""}),
        ("g", "item.digest", {"item__digest": None}),
        ("g", "item.condition", {"item__condition": ""}),
        ("g", "item.files", {"item__files": []}),
        ("h", "item.received_on", {"item__received_on": ""}),
        ("i", "test.started_on", {"test__started_on": ""}),
        ("i", "test.ended_on", {"test__ended_on": ""}),
        ("j", "issued_on", {"issued_on": ""}),
        ("k", "sampling", {"sampling": NOTHING_SAID}),
        ("l", "relates_only_to_items", {"relates_only_to_items": False}),
        ("m", "results", {"results": []}),
        ("m", "results.0.value", {"results__0__value": ""}),
        ("m", "results.0.unit", {"results__0__unit": ""}),
        ("m", "results.2.row_reason", {"results__2__row_reason": ""}),
        ("m", "results.1.evidence", {"results__1__evidence": []}),
        ("n", "deviations", {"deviations": NOTHING_SAID}),
        ("o", "people.authorized.name", {"people__authorized__name": ""}),
        ("p", "external_providers", {"external_providers": NOTHING_SAID}),
        (
            "p",
            "external_providers.entries",
            {"results__0__row_kind": "external", "results__0__row_reason": "x"},
        ),
        ("7.8.3.1", "results.2.uncertainty", {"results__2__uncertainty__U": ""}),
        ("7.8.6", "results.0.criterion", {"results__0__criterion": ""}),
        ("7.8.6", "decision_rule.text", {"decision_rule__text": ""}),
        ("7.8.7", "opinions", {"opinions": NOTHING_SAID}),
    ],
)
def test_each_clause_names_exactly_what_is_missing(clause, field, change):
    assert missing(make_snapshot(**change)) == [Missing(clause, field)]


def test_a_number_of_zero_is_an_answer():
    assert missing(make_snapshot(results__0__n=0, results__0__value="0")) == []


def test_result_without_value_is_complete_with_its_reason():
    row = {"results__0__value": "", "results__0__not_applicable_reason": "B = 0"}

    assert missing(make_snapshot(**row)) == []


@pytest.mark.parametrize("damaged", [{}, {"results": "none", "item": None, "customer": []}])
def test_damaged_snapshot_is_reported_and_never_crashes(damaged):
    clauses = {found.clause for found in missing(damaged)}

    assert set("abcdefghijklmnop") <= clauses


def test_everything_is_named_at_once():
    found = missing(make_snapshot(title="", number="", methods=[]))

    assert {entry.clause for entry in found} == {"a", "d", "f"}
