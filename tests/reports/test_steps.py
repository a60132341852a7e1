"""Drafting, reviewing and returning a report: four eyes, and every reason of a guard refuses."""

from __future__ import annotations

import pytest
from django.utils import timezone

from lims.errors import Blocked, Reason
from lims.evaluation.services import judge_plan
from lims.organization.models import Authorization
from lims.records import store
from lims.records.models import Refusal
from lims.reports import guards, services
from lims.reports.models import TestReport
from lims.reports.panels import against_review_so_far
from lims.runs.models import Attempt, RawFile, TestRun
from test_modules import catalogue
from tests.laboratory import MODULES, authorize, drafted_report, judged, measured, reviewed_report
from tests.moves import pairs_against_the_table

State = TestReport.State
ALL = dict.fromkeys(TestReport.QUESTIONS, True)


def refused(step, *expected: str, **given) -> None:
    before = Refusal.objects.count()

    with pytest.raises(Blocked) as refusal:
        step(**given)

    assert set(expected) <= refusal.value.codes
    assert Refusal.objects.count() == before + 1


def codes(reasons: list[Reason]) -> set[str]:
    return {reason.code for reason in reasons}


def let(person, centre, step: str) -> None:
    for module_id in MODULES:
        authorize(person, centre, module_id, step)


def test_draft_needs_every_verdict(lab):
    refused(services.draft_report, "item.not_judged", plan=measured(lab), by=lab.tester)


def test_draft_by_the_manager_is_refused(lab):
    refused(services.draft_report, "person.without_role", plan=judged(lab), by=lab.technical)


def test_second_draft_beside_a_living_one_is_refused(lab):
    report = drafted_report(lab)

    refused(services.draft_report, "report.already_drafted", plan=report.plan, by=lab.tester)


def test_returned_draft_stays_and_the_next_is_a_new_row(lab):
    first = drafted_report(lab)
    services.return_report(report=first, why="단위가 빠짐", by=lab.reviewer)

    second = services.draft_report(plan=first.plan, by=lab.tester)

    assert TestReport.objects.get(pk=first.pk).return_reason == "단위가 빠짐"
    assert second.pk != first.pk


def test_tester_does_not_review_own_measurement(lab):
    let(lab.tester, lab.centre, Authorization.Step.REVIEW)
    report = drafted_report(lab)

    refused(services.review_report, "report.own_work", report=report, answers=ALL, by=lab.tester)


def test_who_only_judged_does_not_review_either(lab):
    let(lab.second_tester, lab.centre, Authorization.Step.REVIEW)
    plan = measured(lab)
    judge_plan(plan=plan, by=lab.second_tester)
    report = services.draft_report(plan=plan, by=lab.tester)

    refused(services.review_report, "report.own_work", report=report, answers=ALL, by=lab.second_tester)


def test_who_only_drafted_does_not_review_either(lab):
    let(lab.second_tester, lab.centre, Authorization.Step.REVIEW)
    report = services.draft_report(plan=judged(lab), by=lab.second_tester)

    refused(services.review_report, "report.own_work", report=report, answers=ALL, by=lab.second_tester)


def test_tester_does_not_authorize_own_measurement(lab):
    let(lab.tester, lab.centre, Authorization.Step.AUTHORIZE)

    assert "report.own_work" in codes(guards.against_authorizing(reviewed_report(lab), lab.tester))


def test_reviewer_does_not_authorize(lab):
    let(lab.reviewer, lab.centre, Authorization.Step.AUTHORIZE)

    assert codes(guards.against_authorizing(reviewed_report(lab), lab.reviewer)) == {
        "report.reviewer_authorizes"
    }


def test_reviewer_authorizes_where_the_centre_says_so(lab):
    let(lab.reviewer, lab.centre, Authorization.Step.AUTHORIZE)
    report = reviewed_report(lab)
    lab.centre.one_person_may_review_and_authorize = True
    lab.centre.save()
    report.refresh_from_db()

    assert guards.against_authorizing(TestReport.objects.get(), lab.reviewer) == []


def test_review_without_authorization_is_refused(lab):
    refused(
        services.review_report,
        "person.not_authorized",
        report=drafted_report(lab),
        answers=ALL,
        by=lab.authorizer,
    )


@pytest.mark.parametrize("question", list(TestReport.QUESTIONS))
def test_review_with_an_open_question_is_refused(lab, question):
    answers = {**ALL, question: False}

    refused(
        services.review_report,
        "report.question_open",
        report=drafted_report(lab),
        answers=answers,
        by=lab.reviewer,
    )


def test_consultant_of_the_product_does_not_review(lab, monkeypatch):
    barred = [Reason("person.consulted_on_product", {"product": "제품"})]
    report = drafted_report(lab)
    monkeypatch.setattr("lims.reports.guards.reasons_from_table", lambda step, *subjects: barred)

    refused(
        services.review_report, "person.consulted_on_product", report=report, answers=ALL, by=lab.reviewer
    )


def test_review_is_done_once(lab):
    refused(
        services.review_report,
        "report.not_in_state",
        report=reviewed_report(lab),
        answers=ALL,
        by=lab.reviewer,
    )


def test_draft_that_was_not_reviewed_is_not_authorized(lab):
    reasons = guards.against_authorizing(drafted_report(lab), lab.authorizer)

    assert codes(reasons) == {"report.not_in_state"}


def test_return_by_a_tester_is_refused(lab):
    refused(services.return_report, "person.without_role", report=drafted_report(lab), why="", by=lab.tester)


def test_returned_report_is_not_returned_again(lab):
    report = drafted_report(lab)
    services.return_report(report=report, why="틀림", by=lab.reviewer)

    refused(services.return_report, "report.not_open", report=report, why="", by=lab.reviewer)


@pytest.mark.parametrize(
    "step",
    [
        lambda lab, report: services.return_report(report=report, why="", by=lab.quality),
        lambda lab, report: services.review_report(report=report, answers=ALL, by=lab.reviewer),
    ],
)
def test_step_asks_with_the_row_as_it_is_and_not_as_it_was_shown(lab, step):
    report = drafted_report(lab)
    shown = TestReport.objects.get(pk=report.pk)
    services.return_report(report=report, why="틀림", by=lab.reviewer)

    with pytest.raises(Blocked):
        step(lab, shown)

    assert Refusal.objects.count() == 1


def raw_path():
    return store.path_of(RawFile.objects.first().sha256)


def test_review_of_a_value_whose_raw_file_is_gone_is_refused(lab):
    report = drafted_report(lab)
    raw_path().unlink()

    refused(services.review_report, "file.damaged", report=report, answers=ALL, by=lab.reviewer)
    assert "file.damaged" in codes(against_review_so_far(report, lab.reviewer))


def test_review_of_a_value_whose_raw_file_was_changed_is_refused(lab):
    report = drafted_report(lab)
    raw_path().chmod(0o640)
    raw_path().write_bytes(b"changed!")

    refused(services.review_report, "file.damaged", report=report, answers=ALL, by=lab.reviewer)


def test_value_without_a_raw_file_is_neither_reviewed_nor_authorized(lab, monkeypatch):
    draft, monkey = drafted_report(lab), "lims.reports.guards.files_behind"
    monkeypatch.setattr(monkey, lambda verdict: [])

    refused(services.review_report, "measurement.no_evidence", report=draft, answers=ALL, by=lab.reviewer)
    assert "measurement.no_evidence" in codes(guards.against_authorizing(draft, lab.authorizer))


def test_review_of_what_an_unproven_module_measured_is_refused(lab, monkeypatch):
    report = drafted_report(lab)
    monkeypatch.setattr(catalogue, "engine_versions", lambda module_id: {"tool": "2.0"})

    refused(services.review_report, "module.engines_changed", report=report, answers=ALL, by=lab.reviewer)


def ran_into_trouble(lab, **deed) -> TestReport:
    """A drafted report one of whose runs was decided about by somebody else than its tester."""
    report = drafted_report(lab)
    on_attempt = {name: value for name, value in deed.items() if name == "stop_asked_by"}
    if on_attempt:
        run = TestRun.objects.get()
        Attempt.objects.create(
            run=run, number=2, owner=run.uid, started_at=timezone.now(), state="stopped", **on_attempt
        )
    else:
        TestRun.objects.update(**deed)
    return report


@pytest.mark.parametrize("deed", ["queued_by", "decided_by", "stop_asked_by"])
def test_who_decided_about_a_run_does_not_review_its_result(lab, deed):
    report = ran_into_trouble(lab, **{deed: lab.reviewer})

    refused(services.review_report, "report.own_work", report=report, answers=ALL, by=lab.reviewer)


def test_report_moves_only_as_the_table_says(lab):
    assert pairs_against_the_table(drafted_report(lab)) == []
