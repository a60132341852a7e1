"""What waits for whom, and where a request stands."""

from __future__ import annotations

import pytest

from lims.home.progress import journey_of
from lims.home.queries import requests_with_all, work_of
from lims.intake import services as intake
from lims.intake.models import ContractReview, DecisionRule, TestRequest
from lims.intake.permissions import visible_requests
from lims.organization.models import ScopeRow
from lims.reports import services as reports
from tests.intake.test_intake_guards import YES, submit
from tests.laboratory import (
    agree,
    approve,
    draft,
    drafted_report,
    end,
    judged,
    measured,
    receive,
    reviewed_report,
    start,
)
from tests.screens import ask, assert_hidden, text_of_page


def reviewed(lab) -> TestRequest:
    request = submit(lab)
    intake.review_request(request=request, answers=YES, by=lab.technical)
    return request


def offered(lab) -> TestRequest:
    request = reviewed(lab)
    intake.offer_contract(
        request=request, decision_rule=DecisionRule.SIMPLE, place=ScopeRow.Place.FIXED, by=lab.technical
    )
    return request


def refused(lab) -> TestRequest:
    request = submit(lab)
    answers = {**YES, "scope": {"yes": False, "note": "범위 밖"}}
    intake.review_request(request=request, answers=answers, by=lab.technical)
    return request


def started(lab):
    start(lab, approve(lab))


def ended_without_result(lab):
    for run in start(lab, approve(lab)):
        end(run, "broken")


def ended(lab):
    for run in start(lab, approve(lab)):
        end(run)


def returned(lab):
    reports.return_report(report=drafted_report(lab), why="다시", by=lab.technical)


def waits(lab) -> set[str]:
    """Who has something to do, and what."""
    people = ("reception", "tester", "second_tester", "technical", "reviewer", "authorizer", "quality")
    found = set()
    for name in (*people, "customer", "stranger", "other_customer"):
        person = getattr(lab, name)
        for waiting in work_of(person, visible_requests(person)):
            found |= {f"{name}: {step.code}" for step in waiting.steps}
    return found


MANAGERS = ("technical", "reviewer", "authorizer")
TESTERS = ("tester", "second_tester")


def each(people, code: str) -> set[str]:
    return {f"{name}: {code}" for name in people}


@pytest.mark.parametrize(
    ("stage", "now", "work"),
    [
        (submit, "under_review", each(MANAGERS, "review_request")),
        (refused, "under_review", each(MANAGERS, "review_request")),
        (reviewed, "contracted", each(MANAGERS, "offer_contract")),
        (offered, "contracted", {"customer: agree_contract"}),
        (agree, "received", {"reception: receive_item"}),
        (lambda lab: receive(lab, agree(lab)), "planned", each(TESTERS, "draft_plan")),
        (draft, "planned", each(TESTERS, "add_line")),
        (approve, "testing", {"tester: start_line"}),
        (started, "testing", set()),
        (ended_without_result, "testing", each(TESTERS, "rerun")),
        (ended, "evaluating", {"tester: derive"}),
        (measured, "evaluating", each(TESTERS, "judge_plan")),
        (judged, "report_review", each(TESTERS, "draft_report")),
        (returned, "report_review", each(TESTERS, "draft_report")),
        (drafted_report, "report_review", {"reviewer: review_report"}),
        (reviewed_report, "issued", {"authorizer: prepare_certificate"}),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_next_step_waits_for_exactly_those_who_may_take_it(lab, stage, now, work):
    stage(lab)

    journey = journey_of(requests_with_all(TestRequest.objects.all()).get())

    assert journey.state.code == now
    assert waits(lab) == work


def test_stages_are_done_in_their_order(lab):
    judged(lab)

    stages = journey_of(requests_with_all(TestRequest.objects.all()).get()).stages

    marks = [stage.at is not None for stage in stages]
    assert marks == sorted(marks, reverse=True)
    assert sum(stage.is_now for stage in stages) == 1


def test_interrupted_run_waits_for_a_decision(lab):
    (run,) = start(lab, approve(lab))
    run.move(run.State.RUNNING)
    run.move(run.State.WAITING)

    assert waits(lab) == each(TESTERS, "decide_waiting")


def test_work_list_asks_the_same_few_questions_whatever_the_number_of_requests(
    lab, django_assert_max_num_queries
):
    for _ in range(4):
        approve(lab)

    with django_assert_max_num_queries(14):
        assert len(work_of(lab.tester, visible_requests(lab.tester))) == 4


def test_work_list_leads_to_the_page_of_the_step(lab):
    request = submit(lab)

    page = ask(lab.technical, "GET", "home:worklist").content.decode()

    assert f'href="/requests/{request.uid}/review"' in page
    assert request.number not in ask(lab.stranger, "GET", "home:worklist").content.decode()
    assert request.number not in ask(lab.other_customer, "GET", "home:worklist").content.decode()


def test_foreign_request_is_not_there(lab):
    request = agree(lab).request

    for person in (lab.stranger, lab.other_customer):
        assert_hidden(person, "GET", "home:request", request.uid)
        assert request.number not in ask(person, "GET", "home:requests").content.decode()


def test_request_page_has_one_primary_step_for_whom_it_waits(lab):
    request = agree(lab).request

    own = ask(lab.reception, "GET", "home:request", request.uid).content.decode()
    other = ask(lab.customer, "GET", "home:request", request.uid).content.decode()

    assert own.count("btn-primary") == 1
    assert f"/requests/{request.uid}/items/new" in own
    assert "btn-primary" not in other


def test_customer_does_not_see_the_work_between(lab):
    plan = judged(lab)

    page = ask(lab.customer, "GET", "home:request", plan.contract.request.uid).content.decode()
    inside = ask(lab.tester, "GET", "home:request", plan.contract.request.uid).content.decode()

    assert str(plan.uid) in inside
    assert str(plan.uid) not in page
    assert str(plan.lines.get().uid) not in page


def test_administrator_without_a_post_sees_no_requests(lab, django_user_model):
    administrator = django_user_model.objects.create_superuser("admin", "시스템 관리자 1")
    request = submit(lab)

    assert_hidden(administrator, "GET", "home:request", request.uid)
    assert request.number not in text_of_page(ask(administrator, "GET", "home:requests"))


def test_questions_of_the_review_are_seven():
    assert len(ContractReview.QUESTIONS) == 7
