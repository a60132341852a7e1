"""The pages of runs, tried by each actor; the steps they offer and the reasons they give."""

from __future__ import annotations

import pytest

from lims.records import store
from lims.records.reasons import text_of
from lims.runs.models import Attempt, RawFile, TestRun
from tests.laboratory import approve, end, start
from tests.screens import ask, assert_asks_for_login, assert_hidden, client_of, text_of_page

PAGES = ("detail", "live")
STEPS = ("stop", "requeue", "decide", "rerun")


@pytest.fixture
def run(lab) -> TestRun:
    (queued,) = start(lab, approve(lab))
    return queued


def test_stranger_and_customer_find_no_run(lab, run):
    for person in (lab.stranger, lab.customer, lab.other_customer):
        for page in PAGES:
            assert_hidden(person, "GET", f"runs:{page}", run.uid)
        for step in STEPS:
            assert_hidden(person, "POST", f"runs:{step}", run.uid)
        for page in ("line", "line_live"):
            assert_hidden(person, "GET", f"runs:{page}", run.plan_line.uid)
        assert_hidden(person, "POST", "runs:start", run.plan_line.uid)


def test_stranger_and_customer_find_no_raw_file(lab, run):
    file = end(run).files.get()

    for person in (lab.stranger, lab.customer, lab.other_customer):
        assert_hidden(person, "GET", "runs:raw_file", file.uid)


def test_nobody_sees_runs_without_signing_in(lab, run):
    for page in PAGES:
        assert_asks_for_login("GET", f"runs:{page}", run.uid)
    for step in STEPS:
        assert_asks_for_login("POST", f"runs:{step}", run.uid)
    assert_asks_for_login("POST", "runs:start", run.plan_line.uid)
    assert_asks_for_login("GET", "runs:list")


def test_list_holds_only_what_the_person_may_see(lab, run):
    own, foreign = ask(lab.tester, "GET", "runs:list"), ask(lab.stranger, "GET", "runs:list")

    assert str(run.uid) in own.content.decode()
    assert str(run.uid) not in foreign.content.decode()


def test_list_is_filtered_by_the_state_in_the_address(lab, run):
    queued = ask(lab.tester, "GET", "runs:list", state="queued")
    ended = ask(lab.tester, "GET", "runs:list", state="ended")

    assert str(run.uid) in queued.content.decode()
    assert str(run.uid) not in ended.content.decode()


def test_steps_are_not_taken_by_following_a_link(lab, run):
    for step in STEPS:
        assert ask(lab.tester, "GET", f"runs:{step}", run.uid).status_code == 405


def test_start_queues_every_repeat_once(lab):
    line = approve(lab).lines.get()

    first = ask(lab.tester, "POST", "runs:start", line.uid)
    second = ask(lab.tester, "POST", "runs:start", line.uid)

    assert (first.status_code, second.status_code) == (302, 409)
    assert line.runs.count() == line.repeats


def test_line_page_says_why_another_tester_may_not_start(lab):
    line = approve(lab).lines.get()

    page = ask(lab.second_tester, "GET", "runs:line", line.uid)

    assert "disabled" in page.content.decode()
    assert text_of("run.of_another_tester") in text_of_page(page)


def test_run_page_asks_again_only_while_the_run_goes_on(lab, run):
    going = ask(lab.tester, "GET", "runs:detail", run.uid).content.decode()
    end(run)
    ended = ask(lab.tester, "GET", "runs:detail", run.uid).content.decode()

    assert 'hx-trigger="every 1s"' in going
    assert "hx-trigger" not in ended


def test_live_part_carries_the_title_of_the_tab(lab, run):
    answer = client_of(lab.tester).get(f"/runs/{run.uid}/live", headers={"HX-Request": "true"})

    assert answer.content.decode().lstrip().startswith("<title>")
    assert "<html" not in answer.content.decode()


def test_ended_run_shows_how_each_attempt_ended(lab, run):
    attempt = end(run, Attempt.State.BROKEN)
    attempt.files.get()

    page = text_of_page(ask(lab.tester, "GET", "runs:detail", run.uid))

    assert "robotframework 7.5" in page
    assert "bubblewrap" in page
    assert attempt.files.get().sha256 in page


def test_stop_of_a_queued_run_takes_it_out_of_the_queue(lab, run):
    ask(lab.tester, "POST", "runs:stop", run.uid)

    run.refresh_from_db()
    assert run.state == TestRun.State.PLANNED


def test_run_that_was_taken_out_is_queued_again_by_its_tester(lab, run):
    ask(lab.tester, "POST", "runs:stop", run.uid)

    assert ask(lab.second_tester, "POST", "runs:requeue", run.uid).status_code == 409
    assert ask(lab.tester, "POST", "runs:requeue", run.uid).status_code == 302
    run.refresh_from_db()
    assert run.state == TestRun.State.QUEUED


@pytest.mark.parametrize(("decision", "state"), [("again", "queued"), ("end", "ended")])
def test_waiting_run_is_decided_by_a_named_person(lab, run, decision, state):
    TestRun.objects.filter(pk=run.pk).update(state=TestRun.State.WAITING)

    answer = ask(lab.tester, "POST", "runs:decide", run.uid, decision=decision, why="전원 복구")

    run.refresh_from_db()
    assert answer.status_code == 302
    assert run.state == state


def test_decision_without_a_reason_is_asked_for_again(lab, run):
    TestRun.objects.filter(pk=run.pk).update(state=TestRun.State.WAITING)

    answer = ask(lab.tester, "POST", "runs:decide", run.uid, decision="again", why=" ")

    run.refresh_from_db()
    assert answer.status_code == 422
    assert run.state == TestRun.State.WAITING


def test_run_without_result_is_run_again_as_a_new_row(lab, run):
    end(run, Attempt.State.BROKEN)

    answer = ask(lab.tester, "POST", "runs:rerun", run.uid, why="도구 고장")

    again = run.rerun_by.get()
    assert answer.headers["Location"] == f"/runs/{again.uid}/"
    assert again.repeat_no == run.repeat_no


def test_complete_run_is_not_offered_a_rerun(lab, run):
    end(run)

    page = ask(lab.tester, "GET", "runs:detail", run.uid)
    answer = ask(lab.tester, "POST", "runs:rerun", run.uid, why="다시")

    assert "/rerun" not in page.content.decode()
    assert answer.status_code == 409


def test_raw_file_is_a_download_that_no_browser_runs(lab, run):
    file = end(run, files={"log.html": b"<script>1</script>"}).files.get()

    answer = ask(lab.tester, "GET", "runs:raw_file", file.uid)

    assert answer.content == b"<script>1</script>"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="log.html"'
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")


def test_name_of_a_raw_file_cannot_break_the_header(lab, run):
    file = end(run, files={'a";x=".txt': b"1"}).files.get()

    answer = ask(lab.tester, "GET", "runs:raw_file", file.uid)

    assert '"a\\";x=\\".txt"' in answer.headers["Content-Disposition"]


def test_raw_file_that_was_changed_is_not_handed_out(lab, run):
    file = RawFile.objects.get(attempt=end(run))
    path = store.path_of(file.sha256)
    path.chmod(0o640)
    path.write_bytes(b"something else")

    answer = ask(lab.tester, "GET", "runs:raw_file", file.uid)

    assert answer.status_code == 409
    assert b"something else" not in answer.content
