"""The pages of reports, tried by each actor."""

from __future__ import annotations

from lims.records import store
from lims.records.reasons import text_of
from lims.reports.models import TestReport
from lims.runs.models import RawFile
from tests.laboratory import drafted_report, judged, measured
from tests.screens import ask, assert_asks_for_login, assert_hidden, text_of_page

ALL = dict.fromkeys(TestReport.QUESTIONS, "on")


def test_stranger_and_customer_find_no_report(lab):
    report = drafted_report(lab)

    for person in (lab.stranger, lab.customer, lab.other_customer):
        assert_hidden(person, "GET", "reports:detail", report.uid)
        assert_hidden(person, "POST", "reports:review", report.uid)
        assert_hidden(person, "POST", "reports:return", report.uid)
        assert_hidden(person, "GET", "reports:of_plan", report.plan.uid)
        assert str(report.uid) not in ask(person, "GET", "reports:list").content.decode()


def test_nobody_sees_reports_without_signing_in(lab):
    report = drafted_report(lab)

    assert_asks_for_login("GET", "reports:list")
    for method, name in (("GET", "detail"), ("POST", "review"), ("POST", "return")):
        assert_asks_for_login(method, f"reports:{name}", report.uid)


def test_report_is_drafted_on_screen_with_its_free_texts(lab):
    plan = judged(lab)

    answer = ask(lab.tester, "POST", "reports:of_plan", plan.uid, deviations="없음이 아님", opinions="")

    report = TestReport.objects.get()
    assert answer.headers["Location"] == f"/reports/{report.uid}/"
    assert report.deviations == "없음이 아님"


def test_draft_page_says_what_is_not_judged(lab):
    plan = measured(lab)

    page = text_of_page(ask(lab.tester, "GET", "reports:of_plan", plan.uid))

    assert text_of("item.not_judged", {"measure": "FCp-1-G"}) in page


def test_draft_may_carry_no_free_text(lab):
    plan = judged(lab)

    answer = ask(lab.tester, "POST", "reports:of_plan", plan.uid)

    assert answer.status_code == 302
    assert TestReport.objects.get().opinions == ""


def test_page_shows_each_value_with_its_raw_files(lab):
    report = drafted_report(lab)
    file = RawFile.objects.get()

    page = ask(lab.reviewer, "GET", "reports:detail", report.uid).content.decode()

    assert "FCp-1-G" in page
    assert f"/raw-files/{file.uid}/" in page
    assert file.sha256 in page


def test_checks_panel_names_what_is_not_met(lab):
    report = drafted_report(lab)
    store.path_of(RawFile.objects.get().sha256).unlink()

    page = text_of_page(ask(lab.tester, "GET", "reports:detail", report.uid))

    assert text_of("report.own_work", {"step": "review"}) in page
    assert text_of("file.damaged", {"file": "journal.log"}) in page


def test_reviewer_accepts_on_screen_when_every_box_is_ticked(lab):
    report = drafted_report(lab)

    answer = ask(lab.reviewer, "POST", "reports:review", report.uid, **ALL)

    report.refresh_from_db()
    assert answer.status_code == 302
    assert (report.state, report.reviewed_by) == ("reviewed", lab.reviewer)


def test_review_with_an_open_box_is_refused(lab):
    report = drafted_report(lab)

    answer = ask(lab.reviewer, "POST", "reports:review", report.uid, items="on")

    report.refresh_from_db()
    assert answer.status_code == 409
    assert report.state == "draft"


def test_report_is_returned_with_a_reason(lab):
    report = drafted_report(lab)

    without = ask(lab.reviewer, "POST", "reports:return", report.uid, why="")
    with_one = ask(lab.reviewer, "POST", "reports:return", report.uid, why="단위 누락")

    report.refresh_from_db()
    assert (without.status_code, with_one.status_code) == (422, 302)
    assert report.return_reason == "단위 누락"
