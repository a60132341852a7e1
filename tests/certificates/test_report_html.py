"""The page as laid out from a snapshot, and the document made of it."""

import re
import subprocess
from datetime import UTC, datetime

import pytest
from django.utils import translation
from django.utils.translation import gettext

from certificates.canonical import canonical_json
from certificates.rendering import report_html
from lims.documents import checking
from lims.documents.rendering import render
from tests.certificates.snapshots import make_function, make_result, make_snapshot, make_uncertainty

pytestmark = pytest.mark.process

WARNING = "NOT ACCREDITED / 비공인 시험용"


def text_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", html.partition("<body>")[2]))


def test_everything_that_the_standard_asks_for_is_printed():
    snapshot = make_snapshot()

    text = text_of(report_html(snapshot))

    asked = [
        snapshot["number"],
        snapshot["centre"]["name_ko"],
        snapshot["centre"]["address"],
        snapshot["centre"]["accreditation_no"],
        snapshot["customer"]["name"],
        snapshot["customer"]["contact"],
        snapshot["purpose"],
        snapshot["item"]["version"],
        snapshot["item"]["digest"],
        snapshot["item"]["condition"],
        snapshot["item"]["received_on"],
        f"{snapshot['test']['started_on']} ~ {snapshot['test']['ended_on']}",
        snapshot["test"]["place"],
        "ISO/IEC 25023:2016",
        snapshot["decision_rule"]["text"],
        snapshot["issued_on"],
        snapshot["people"]["tested"][0]["name"],
        snapshot["people"]["reviewed"]["name"],
        snapshot["people"]["authorized"]["name"],
        snapshot["environment"]["fingerprint"],
        "Robot Framework 7.5",
        snapshot["modules"][0]["digest"],
        snapshot["sampling"]["none_reason"],
        snapshot["deviations"]["none_reason"],
        snapshot["item"]["files"][0]["sha256"],
        snapshot["results"][0]["evidence"][0]["sha256"][:24],
        snapshot["verify_code"],
    ]
    assert [value for value in asked if value not in text] == []


def test_result_row_carries_value_unit_terms_uncertainty_criterion_and_kind():
    row = make_result(
        "PTb-1-G",
        "평균 응답 시간",
        "Mean response time",
        value="4.31",
        unit="ms",
        a="",
        b="",
        n=10,
        uncertainty=make_uncertainty(u="0.06", U="0.14", k="2.26", dof="9"),
        criterion="≤ 50 ms",
        row_kind="outside_scope",
        row_reason="범위 밖 이유",
    )

    text = text_of(report_html(make_snapshot(results=[row], functions=[], function_list=None)))

    for shown in ("4.31 ms", "± 0.14 ms", "k = 2.26", "≤ 50 ms", "※ PTb-1-G", "PTb-1-G: 범위 밖 이유"):
        assert shown in text, shown


def test_result_that_was_not_measured_prints_its_reason_and_no_number():
    row = make_result("PCa-1-G", "용량", "Capacity", value="", not_applicable_reason="포화가 확인되지 않음")

    text = text_of(report_html(make_snapshot(results=[row])))

    assert "포화가 확인되지 않음" in text


def test_deficient_functions_stand_in_the_body_and_all_of_them_in_the_annex():
    functions = [make_function(1), make_function(2, "incorrect"), make_function(3, "missing")]

    text = text_of(report_html(make_snapshot(functions=functions)))

    assert [text.count(f"F0{number} ") for number in (1, 2, 3)] == [1, 2, 2]


@pytest.mark.parametrize(("development", "expected"), [(True, True), (False, False)])
def test_warning_of_a_trial_is_printed_for_development_seals_only(development, expected):
    html = report_html(make_snapshot(seal__development=development))

    assert (WARNING in html) is expected
    assert ("NOT ACCREDITED" in html) is expected


def test_replacing_report_names_the_old_one_its_reason_and_the_changes():
    replaces = {"number": "DIP-2026-K-0000", "sha256": "ab" * 32, "reason": "오기", "changes": ["3항 판정"]}

    text = text_of(report_html(make_snapshot(replaces=replaces)))

    assert all(shown in text for shown in ("DIP-2026-K-0000", "오기", "3항 판정", "ab" * 32))


def test_texts_of_the_customer_are_text_and_never_markup():
    html = report_html(
        make_snapshot(item__product='<img src="file:///etc/passwd">', purpose="</style><script>")
    )

    assert "<img src=" not in html.replace('<img class="qr"', "")
    assert "<script>" not in html


def test_same_snapshot_gives_the_same_page():
    assert report_html(make_snapshot()) == report_html(make_snapshot())


@pytest.mark.parametrize("language", ["ko", "en"])
def test_whole_report_is_pdfa_with_number_and_warning_on_every_page(language):
    snapshot = make_snapshot(language=language)
    pdf = render(
        report_html(snapshot),
        canonical_json(snapshot),
        number=snapshot["number"],
        title=snapshot["title"],
        language=language,
        created=datetime(2026, 11, 6, tzinfo=UTC),
    )

    told = subprocess.run(["pdftotext", "-layout", "-", "-"], input=pdf, capture_output=True, check=True)
    pages = told.stdout.decode().split("\f")[:-1]

    assert checking.check(pdf) == []
    assert len(pages) >= 3
    for number, page in enumerate(pages, 1):
        assert snapshot["number"] in page
        assert WARNING in page
        assert f"{number}/{len(pages)}" in page.replace(" ", "")
    with translation.override(language):
        assert f"- {gettext('End of report')} -" in pages[-1]
