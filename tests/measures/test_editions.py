"""The catalogue's own rows, and what a broken file is told."""

import csv
import io

import pytest

from measures.catalogue import Direction, edition, editions
from measures.catalogue.reading import MEASURE_COLUMNS, parse_measures
from measures.errors import ErrorCode, MeasureError

SOFTWARE, DATA = "ISO/IEC 25023:2016", "ISO/IEC 25024:2015"
ROW = {
    "id": "FCp-1-G",
    "characteristic": "Functional suitability",
    "group": "Functional completeness",
    "name_en": "Functional coverage",
    "name_ko": "기능 구현율",
    "formula": "X = 1 - A/B",
    "a_en": "functions missing",
    "a_ko": "누락된 기능 수",
    "b_en": "functions specified",
    "b_ko": "명세된 기능 수",
    "direction": "higher",
    "unit": "1",
    "largest": "1",
    "disputed": "",
    "source": "general knowledge",
}


def file_of(*rows: dict[str, str]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, MEASURE_COLUMNS, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def test_the_software_edition_has_48_generic_and_38_specific_measures():
    measures = edition(SOFTWARE).measures.values()

    assert [sum(row.is_generic for row in measures), len(measures)] == [48, 86]


def test_the_data_edition_has_63_measures_none_of_them_confirmed():
    measures = edition(DATA).measures.values()

    assert len(measures) == 63
    assert all({"formula", "variables"} <= set(row.disputed) for row in measures)


@pytest.mark.parametrize(
    ("measure_id", "formula", "direction", "unit", "largest"),
    [
        ("FCp-1-G", "X = 1 - A/B", Direction.HIGHER, "1", 1.0),
        ("FCr-1-G", "X = 1 - A/B", Direction.HIGHER, "1", 1.0),
        ("PTb-1-G", "X = SUM(Ai)/n", Direction.LOWER, "ms", None),
        ("PTb-5-G", "X = SUM(Ai/Bi)/n", Direction.HIGHER, "1/s", None),
        ("PCa-1-G", "X = A/B", Direction.HIGHER, "1/s", None),
        ("RMa-2-G", "X = A/B", Direction.HIGHER, "h", None),
    ],
)
def test_measures_with_a_formula_here_are_described_as_it_computes(
    measure_id, formula, direction, unit, largest
):
    row = edition(SOFTWARE).measure(measure_id)

    assert (row.formula, row.direction, row.unit, row.largest) == (formula, direction, unit, largest)


def test_disputed_rows_say_so():
    measures = edition(SOFTWARE).measures

    assert measures["SCo-1-G"].disputed == ("formula",)
    assert measures["MTe-2-S"].disputed == ("id", "variables")
    assert measures["FCp-1-G"].disputed == ()


@pytest.mark.parametrize("name", editions())
def test_no_edition_claims_a_confirmation_nobody_gave(name):
    assert not edition(name).is_confirmed


@pytest.mark.parametrize("name", editions())
def test_korean_columns_hold_hangul_and_english_ones_none(name):
    hangul = {chr(code) for code in range(0xAC00, 0xD7A4)}

    for row in edition(name).measures.values():
        korean = [row.name_ko, *(variable.meaning_ko for variable in row.variables)]
        english = [row.name_en, row.source, *(variable.meaning_en for variable in row.variables)]
        assert all(hangul & set(text) for text in korean), row.id
        assert not any(hangul & set(text) for text in english), row.id


@pytest.mark.parametrize("name", editions())
def test_a_ratio_with_a_bound_is_without_unit_and_of_counts(name):
    for row in edition(name).measures.values():
        assert row.largest in (None, 1.0), row.id
        assert row.largest is None or row.unit == "1", row.id


def test_an_unknown_edition_is_refused_with_those_there_are():
    with pytest.raises(MeasureError) as refused:
        edition("ISO/IEC 25023:2026")

    assert refused.value.code == ErrorCode.UNKNOWN_EDITION
    assert refused.value.params["known"] == f"{DATA}, {SOFTWARE}"


def test_an_unknown_measure_is_refused():
    with pytest.raises(MeasureError) as refused:
        edition(SOFTWARE).measure("XYz-1-G")

    assert refused.value.params == {"measure": "XYz-1-G", "edition": SOFTWARE}


@pytest.mark.parametrize(
    ("column", "found"),
    [
        ("id", "FCp-1"),
        ("characteristic", ""),
        ("group", " padded "),
        ("name_ko", ""),
        ("formula", "X = B/A"),
        ("a_ko", ""),
        ("n_en", "repeats"),  # the formula has no n
        ("direction", "up"),
        ("unit", "minutes"),
        ("largest", "one"),
        ("largest", "inf"),
        ("disputed", "colour"),
        ("source", ""),
    ],
)
def test_a_broken_row_is_refused_by_line_and_column(column, found):
    text = file_of(ROW | {"id": "FAp-1-G"}, ROW | {column: found})

    with pytest.raises(MeasureError) as refused:
        parse_measures("rows.csv", text)

    assert refused.value.code == ErrorCode.CATALOGUE_BROKEN
    assert refused.value.params == {"file": "rows.csv", "line": 3, "column": column, "found": found}


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("", "header"),
        ("id,name\n", "header"),
        (file_of(), "rows"),
        (file_of() + "FCp-1-G\n", "columns"),
        (file_of(ROW, ROW), "id"),
    ],
)
def test_a_file_that_is_no_table_is_refused(text, column):
    with pytest.raises(MeasureError) as refused:
        parse_measures("rows.csv", text)

    assert refused.value.params["column"] == column
