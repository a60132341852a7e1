"""The pages of plans and function lists, tried by each actor."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from lims.plans.models import FunctionList, PlanLine, TestPlan
from lims.records.reasons import text_of
from tests.laboratory import DEPLOYMENT, FUNCTIONS, add_line, agree, draft, receive
from tests.screens import ask, assert_asks_for_login, assert_hidden, client_of, text_of_page


@pytest.fixture
def plan(lab) -> TestPlan:
    return draft(lab)


def toml(content: bytes, name: str = "file.toml") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content)


def test_stranger_and_customer_find_no_plan(lab, plan):
    line = add_line(lab, plan)

    for person in (lab.stranger, lab.customer, lab.other_customer):
        assert_hidden(person, "GET", "plans:detail", plan.uid)
        assert_hidden(person, "POST", "plans:approve", plan.uid)
        assert_hidden(person, "POST", "plans:drop", line.uid)
        assert_hidden(person, "POST", "plans:assign", line.uid)
        assert client_of(person).get(f"/plans/{plan.uid}/lines/new?module=func-http").status_code == 404
        assert client_of(person).get(f"/plans/new?item={plan.item.uid}").status_code == 404


def test_stranger_finds_no_function_list_but_its_owner_does(lab, plan):
    for person in (lab.stranger, lab.other_customer):
        assert_hidden(person, "GET", "plans:function_list", plan.function_list.uid)

    assert ask(lab.customer, "GET", "plans:function_list", plan.function_list.uid).status_code == 200


def test_nobody_plans_without_signing_in(lab, plan):
    assert_asks_for_login("GET", "plans:detail", plan.uid)
    assert_asks_for_login("POST", "plans:approve", plan.uid)
    for name in ("list", "new", "function_lists", "function_list_new"):
        assert_asks_for_login("GET", f"plans:{name}")


def test_customer_is_shown_no_planning_form(lab):
    assert ask(lab.customer, "GET", "plans:new").status_code == 404
    assert ask(lab.customer, "GET", "plans:function_list_new").status_code == 404


def test_lists_hold_only_what_the_person_may_see(lab, plan):
    for name, uid in (("list", plan.uid), ("function_lists", plan.function_list.uid)):
        assert str(uid) in ask(lab.tester, "GET", f"plans:{name}").content.decode()
        assert str(uid) not in ask(lab.stranger, "GET", f"plans:{name}").content.decode()


def test_function_list_is_imported_and_shown_with_its_cases(lab):
    sent = {"product": lab.product.uid, "centre": lab.centre.uid, "file": toml(FUNCTIONS)}

    answer = ask(lab.tester, "POST", "plans:function_list_new", **sent)

    kept = FunctionList.objects.get()
    page = text_of_page(client_of(lab.tester).get(answer.headers["Location"]))
    assert "F1" in page
    assert "Handbook, 1" in page
    assert kept.sha256 in page


def test_error_in_a_function_list_is_said_with_its_place(lab):
    wrong = FUNCTIONS.replace(b"[200]", b"[2000]")

    answer = ask(
        lab.tester,
        "POST",
        "plans:function_list_new",
        product=lab.product.uid,
        centre=lab.centre.uid,
        file=toml(wrong),
    )

    assert answer.status_code == 422
    assert "function F1, case 1, step 1.expect" in text_of_page(answer)


def test_hostile_function_list_is_no_broken_page(lab):
    for content in (b"\xff\xfe\x00", b"[[" * 5000, b"a = 1\x00", "가".encode("utf-16")):
        answer = ask(
            lab.tester,
            "POST",
            "plans:function_list_new",
            product=lab.product.uid,
            centre=lab.centre.uid,
            file=toml(content),
        )
        assert answer.status_code == 422
    assert not FunctionList.objects.exists()


def test_plan_is_drafted_from_the_page_of_an_item(lab):
    item = receive(lab, agree(lab))

    answer = client_of(lab.tester).post(
        f"/plans/new?item={item.uid}",
        {"item": item.uid, "deployment": toml(DEPLOYMENT), "environment": "시험 장비"},
    )

    plan = TestPlan.objects.get()
    assert answer.headers["Location"] == f"/plans/{plan.uid}/"
    assert plan.item == item


def test_error_in_a_deployment_file_stands_beside_it(lab):
    item = receive(lab, agree(lab))

    answer = ask(
        lab.tester,
        "POST",
        "plans:new",
        item=item.uid,
        deployment=toml(b"[product]\nkind = 'zip'\n"),
        environment="시험 장비",
    )

    assert answer.status_code == 422
    assert "python-wheel" in text_of_page(answer)
    assert not TestPlan.objects.exists()


def test_line_form_is_made_from_the_manifest(lab, plan):
    page = client_of(lab.tester).get(f"/plans/{plan.uid}/lines/new?module=load-http").content.decode()

    assert 'name="users"' in page
    assert 'max="200"' in page
    assert 'value="5.0"' in page


def test_wrong_parameter_stands_beside_its_field_with_limit_and_unit(lab, plan):
    answer = client_of(lab.tester).post(
        f"/plans/{plan.uid}/lines/new?module=load-http",
        {"repeats": 10, "profile": "steady", "users": 5, "warm_up_s": 1, "duration_s": 99999},
    )

    expected = text_of("parameter.too_large", {"field": "duration_s", "limit": 1800.0, "unit": "s"})
    assert answer.status_code == 422
    assert expected in text_of_page(answer)
    assert not PlanLine.objects.exists()


def test_number_that_is_none_is_refused_by_the_module(lab, plan):
    answer = client_of(lab.tester).post(
        f"/plans/{plan.uid}/lines/new?module=load-http",
        {"repeats": 10, "profile": "steady", "users": "1e400", "warm_up_s": "nan", "duration_s": 1},
    )

    assert answer.status_code == 422
    assert not PlanLine.objects.exists()


def test_module_is_added_assigned_and_approved_on_screen(lab, plan):
    added = client_of(lab.tester).post(f"/plans/{plan.uid}/lines/new?module=func-http", {"repeats": 1})
    line = PlanLine.objects.get()
    assigned = ask(lab.technical, "POST", "plans:assign", line.uid, tester=lab.tester.uid)
    approved = ask(lab.technical, "POST", "plans:approve", plan.uid)

    plan.refresh_from_db()
    assert [answer.status_code for answer in (added, assigned, approved)] == [302, 302, 302]
    assert plan.state == TestPlan.State.APPROVED


def test_unknown_module_has_no_form(lab, plan):
    assert client_of(lab.tester).get(f"/plans/{plan.uid}/lines/new?module=nothing").status_code == 404


def test_page_says_why_the_plan_cannot_be_approved(lab, plan):
    page = text_of_page(ask(lab.tester, "GET", "plans:detail", plan.uid))

    for code in ("plan.own_draft", "plan.empty"):
        assert text_of(code) in page


def test_page_says_who_cannot_be_assigned_and_why(lab, plan):
    add_line(lab, plan)
    lab.second_tester.authorizations.all().update(valid_until="2020-01-02")

    page = text_of_page(ask(lab.technical, "GET", "plans:detail", plan.uid))

    barred = {"module": "func-http", "step": "run", "centre": "ONE"}
    assert text_of("person.not_authorized", barred) in page


def test_refused_approval_is_a_page_with_every_reason(lab, plan):
    answer = ask(lab.tester, "POST", "plans:approve", plan.uid)

    page = text_of_page(answer)
    assert answer.status_code == 409
    assert text_of("plan.own_draft") in page
    assert text_of("plan.empty") in page


def test_line_is_dropped_on_screen(lab, plan):
    line = add_line(lab, plan)

    ask(lab.tester, "POST", "plans:drop", line.uid)

    line.refresh_from_db()
    assert line.dropped_at is not None


def test_assigning_somebody_one_does_not_see_is_not_found(lab, plan):
    line = add_line(lab, plan)

    assert ask(lab.technical, "POST", "plans:assign", line.uid, tester=lab.stranger.uid).status_code == 404
