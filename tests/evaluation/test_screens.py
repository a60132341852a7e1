"""The pages of results, tried by each actor."""

from __future__ import annotations

from lims.evaluation.models import Measurement, Verdict
from lims.records.reasons import text_of
from tests.laboratory import agree, approve, end, judged, measure, measured, start
from tests.screens import ask, assert_asks_for_login, assert_hidden, text_of_page


def test_stranger_and_customer_find_no_results(lab):
    plan = judged(lab)
    row = Measurement.objects.first()

    for person in (lab.stranger, lab.customer, lab.other_customer):
        assert_hidden(person, "GET", "evaluation:plan", plan.uid)
        assert_hidden(person, "POST", "evaluation:judge", plan.uid)
        assert_hidden(person, "POST", "evaluation:derive", plan.lines.get().uid)
        assert_hidden(person, "GET", "evaluation:measurement", row.uid)


def test_nobody_sees_results_without_signing_in(lab):
    plan = approve(lab)

    assert_asks_for_login("GET", "evaluation:plan", plan.uid)
    assert_asks_for_login("POST", "evaluation:judge", plan.uid)
    assert_asks_for_login("POST", "evaluation:derive", plan.lines.get().uid)


def test_page_says_why_nothing_can_be_computed_yet(lab):
    plan = approve(lab)
    start(lab, plan)

    page = text_of_page(ask(lab.tester, "GET", "evaluation:plan", plan.uid))

    assert text_of("line.runs_going") in page
    assert text_of("line.repeat_missing", {"repeat": 1}) in page
    assert text_of("item.not_measured", {"measure": "FCp-1-G"}) in page


def test_results_are_judged_on_screen(lab):
    plan = measured(lab)

    answer = ask(lab.tester, "POST", "evaluation:judge", plan.uid)

    assert answer.status_code == 302
    assert Verdict.objects.count() == 2


def test_refused_computation_is_a_page_with_the_reason(lab):
    plan = measured(lab)

    answer = ask(lab.tester, "POST", "evaluation:derive", plan.lines.get().uid)

    assert answer.status_code == 409
    assert text_of("line.already_derived") in text_of_page(answer)


def test_measurement_opens_onto_its_rows_and_raw_files(lab):
    plan = judged(lab)
    row = Measurement.objects.get(measure_id="FCp-1-G")
    file = row.sources.get().attempt.files.get()

    page = ask(lab.tester, "GET", "evaluation:measurement", row.uid)

    assert "F1" in text_of_page(page)
    assert f"/raw-files/{file.uid}/" in page.content.decode()
    assert file.sha256 in page.content.decode()
    assert "robotframework 7.5" in text_of_page(page)
    assert str(plan.uid) in page.content.decode()


def test_windows_of_a_load_line_are_shown_a_row_each(lab):
    plan = approve(lab, "load-http", contract=agree(lab, "PTb-1-G", "PTb-5-G"))
    for run in start(lab, plan):
        end(run)
    windows = [{"repeat": number, "users": 5, "requests": 100 + number} for number in range(1, 11)]
    row = measure(lab, plan.lines.get(), details={"repeats": windows}, values=[2.5] * 10)[0]

    page = text_of_page(ask(lab.tester, "GET", "evaluation:measurement", row.uid))

    assert all(f" {100 + number} " in page for number in range(1, 11))
    assert page.count(" 2.5 ") == 10
