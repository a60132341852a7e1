"""Drafting, changing, assigning and approving a plan; importing function lists. Every reason of a guard refuses."""

from __future__ import annotations

import pytest

from lims.equipment.models import ModuleAdoption
from lims.errors import BadInput, Blocked, Reason
from lims.intake.models import Contract
from lims.organization.models import Product
from lims.plans import services
from lims.plans.models import FunctionList, PlanLine, TestPlan
from lims.records.models import AuditEvent, Refusal
from tests.laboratory import DEPLOYMENT, FUNCTIONS, add_line, agree, approve, draft, receive
from tests.moves import pairs_against_the_table

State = TestPlan.State


@pytest.fixture
def plan(lab) -> TestPlan:
    return draft(lab)


def refused(step, *expected: str, **given) -> None:
    before = Refusal.objects.count()

    with pytest.raises(Blocked) as refusal:
        step(**given)

    assert set(expected) <= refusal.value.codes
    assert Refusal.objects.count() == before + 1


def bad(step, code: str, **given) -> dict[str, object]:
    with pytest.raises(BadInput) as trouble:
        step(**given)

    assert trouble.value.reason.code == code
    return dict(trouble.value.reason.params)


def test_import_keeps_every_version(lab):
    given = {"product": lab.product, "centre": lab.centre, "text": FUNCTIONS, "by": lab.tester}

    first, second = services.import_function_list(**given), services.import_function_list(**given)

    assert (first.number, second.number) == (1, 2)
    assert [case.code for case in second.functions.get().cases.all()] == ["1"]


def test_import_names_the_place_of_an_error_and_keeps_nothing(lab):
    text = FUNCTIONS.replace(b"expect.status = [200]", b"expect.status = [2000]")

    params = bad(
        services.import_function_list,
        "file.out_of_range",
        product=lab.product,
        centre=lab.centre,
        text=text,
        by=lab.tester,
    )

    assert params["where"] == "function F1, case 1, step 1.expect"
    assert (params["field"], params["limit"]) == ("status", 599)
    assert not FunctionList.objects.exists()


def test_import_of_too_large_a_file_is_refused_with_its_limit(lab):
    with pytest.raises(BadInput) as trouble:
        services.import_function_list(
            product=lab.product, centre=lab.centre, text=b"#" * ((4 << 20) + 1), by=lab.tester
        )

    assert trouble.value.status == 413
    assert trouble.value.reason.params["limit"] == 4 << 20


def test_import_by_reception_is_refused(lab):
    refused(
        services.import_function_list,
        "person.without_role",
        product=lab.product,
        centre=lab.centre,
        text=FUNCTIONS,
        by=lab.reception,
    )


def test_import_for_a_product_unknown_to_the_centre_is_refused(lab):
    foreign = Product.objects.get(name="다른 제품")

    refused(
        services.import_function_list,
        "product.unknown_to_centre",
        product=foreign,
        centre=lab.centre,
        text=FUNCTIONS,
        by=lab.tester,
    )


def draft_of(lab, **change):
    contract = change.pop("contract", None) or agree(lab)
    given = {
        "contract": contract,
        "item": receive(lab, contract) if "item" not in change else change.pop("item"),
        "function_list": None,
        "deployment_text": DEPLOYMENT,
        "environment": "시험 장비",
        "by": lab.tester,
    }
    return {**given, **change}


def test_draft_by_reception_is_refused(lab):
    refused(services.draft_plan, "person.without_role", **draft_of(lab, by=lab.reception))


def test_draft_without_agreed_contract_is_refused(lab):
    given = draft_of(lab)
    given["contract"].state = Contract.State.OFFERED

    refused(services.draft_plan, "contract.not_agreed", **given)


def test_draft_for_the_item_of_another_request_is_refused(lab):
    other = receive(lab, agree(lab))

    refused(services.draft_plan, "item.of_another_request", **draft_of(lab, item=other))


def test_draft_with_the_function_list_of_another_product_is_refused(lab):
    other = Product.objects.create(customer=lab.product.customer, name="둘째 제품", developer="첫 의뢰자")
    listed = services.import_function_list(product=other, centre=lab.centre, text=FUNCTIONS, by=lab.tester)

    refused(services.draft_plan, "function_list.of_another_product", **draft_of(lab, function_list=listed))


def test_draft_names_what_the_deployment_file_lacks(lab):
    params = bad(services.draft_plan, "file.missing_field", **draft_of(lab, deployment_text=b"[product]\n"))

    assert params["where"] == "file.product"
    assert not TestPlan.objects.exists()


def test_draft_needs_the_accounts_that_the_cases_use(lab):
    text = FUNCTIONS.replace(b'call = "GET /"', b'call = "GET /"\nas = "clerk"')
    listed = services.import_function_list(product=lab.product, centre=lab.centre, text=text, by=lab.tester)

    params = bad(services.draft_plan, "cases.no_account", **draft_of(lab, function_list=listed))

    assert params["account"] == "clerk"


def test_line_takes_defaults_and_says_which_measures_it_feeds(lab, plan):
    line = services.add_line(plan=plan, module_id="load-http", parameters={"users": 3}, by=lab.tester)

    assert line.parameters["users"] == 3
    assert line.parameters["profile"] == "steady"
    assert line.measures == ["PTb-1-G", "PTb-5-G"]


@pytest.mark.parametrize(
    ("parameters", "code", "limit"),
    [
        ({"users": 100000}, "parameter.too_large", 200),
        ({"users": 0}, "parameter.too_small", 1),
        ({"users": "many"}, "parameter.wrong_type", None),
        ({"colour": 1}, "parameter.unknown", None),
        ({"profile": "wild"}, "parameter.not_a_choice", None),
    ],
)
def test_wrong_parameter_is_named_with_its_limit(lab, plan, parameters, code, limit):
    params = bad(
        services.add_line, code, plan=plan, module_id="load-http", parameters=parameters, by=lab.tester
    )

    assert [params["field"]] == list(parameters)
    assert params.get("limit") == limit
    assert not PlanLine.objects.exists()


def test_fewer_repeats_than_the_module_needs_are_refused(lab, plan):
    params = bad(
        services.add_line,
        "parameter.repeats",
        plan=plan,
        module_id="load-http",
        parameters={},
        repeats=9,
        by=lab.tester,
    )

    assert params == {"least": 10, "most": 100}


def test_unknown_module_is_refused(lab, plan):
    refused(services.add_line, "module.unknown", plan=plan, module_id="nothing", parameters={}, by=lab.tester)


def test_approved_plan_takes_no_line_and_loses_none(lab):
    plan = approve(lab)

    refused(
        services.add_line, "plan.not_draft", plan=plan, module_id="func-http", parameters={}, by=lab.tester
    )
    refused(services.drop_line, "plan.not_draft", line=plan.lines.get(), by=lab.tester)


def test_line_is_changed_by_testers_only(lab, plan):
    line = add_line(lab, plan)

    refused(services.drop_line, "person.without_role", line=line, by=lab.technical)


def test_dropped_line_stays_on_record(lab, plan):
    line = add_line(lab, plan)

    services.drop_line(line=line, by=lab.tester)

    assert PlanLine.objects.get().dropped_at is not None


def test_tester_is_assigned_by_the_manager_only(lab, plan):
    line = add_line(lab, plan)

    refused(services.assign_tester, "person.without_role", line=line, tester=lab.tester, by=lab.tester)


def test_unauthorized_person_is_not_assigned(lab, plan):
    line = add_line(lab, plan)

    refused(services.assign_tester, "person.not_authorized", line=line, tester=lab.quality, by=lab.technical)


def test_tester_of_another_centre_is_not_assigned(lab, plan):
    line = add_line(lab, plan)

    refused(services.assign_tester, "person.not_authorized", line=line, tester=lab.stranger, by=lab.technical)


def test_tester_is_not_changed_after_approval(lab):
    line = approve(lab).lines.get()

    refused(services.assign_tester, "plan.not_draft", line=line, tester=lab.second_tester, by=lab.technical)


def test_consultant_of_the_product_is_not_assigned(lab, plan, monkeypatch):
    barred = [Reason("person.consulted_on_product", {"product": "제품"})]
    monkeypatch.setattr("lims.plans.guards.reasons_from_table", lambda step, *subjects: barred)
    line = add_line_without_tester(lab, plan)

    refused(
        services.assign_tester,
        "person.consulted_on_product",
        line=line,
        tester=lab.tester,
        by=lab.technical,
    )


def test_approval_freezes_and_says_who(lab, plan):
    add_line(lab, plan)

    services.approve_plan(plan=plan, by=lab.technical)

    plan.refresh_from_db()
    assert (plan.state, plan.approved_by) == (State.APPROVED, lab.technical)
    assert AuditEvent.objects.filter(kind="plan.approved", by_uid=lab.technical.uid).exists()


def test_approval_by_a_tester_is_refused(lab, plan):
    refused(services.approve_plan, "person.without_role", "plan.own_draft", plan=plan, by=lab.tester)


def test_approval_of_an_empty_plan_names_what_is_missing(lab, plan):
    refused(services.approve_plan, "plan.empty", "plan.measure_missing", plan=plan, by=lab.technical)


def test_approval_of_a_plan_that_measures_twice_is_refused(lab, plan):
    add_line(lab, plan)
    add_line(lab, plan)

    refused(services.approve_plan, "plan.measure_twice", plan=plan, by=lab.technical)


def test_approval_without_tester_is_refused(lab, plan):
    add_line_without_tester(lab, plan)

    refused(services.approve_plan, "plan.no_tester", plan=plan, by=lab.technical)


def test_approval_of_an_approved_plan_is_refused(lab):
    refused(services.approve_plan, "plan.not_draft", plan=approve(lab), by=lab.technical)


def test_functional_line_without_function_list_is_not_approved(lab):
    contract = agree(lab)
    plan = services.draft_plan(**draft_of(lab, contract=contract))
    add_line(lab, plan)

    refused(services.approve_plan, "plan.no_function_list", plan=plan, by=lab.technical)


def test_accredited_plan_needs_adopted_modules(lab, plan, monkeypatch):
    add_line(lab, plan)
    monkeypatch.setattr("lims.equipment.guards.ModuleAdoption.objects", ModuleAdoption.objects.none())

    refused(services.approve_plan, "module.not_adopted", plan=plan, by=lab.technical)


def test_plain_plan_needs_none(lab, monkeypatch):
    plan = draft(lab, agree(lab, wants_accredited=False))
    add_line(lab, plan)
    monkeypatch.setattr("lims.equipment.guards.ModuleAdoption.objects", ModuleAdoption.objects.none())

    services.approve_plan(plan=plan, by=lab.technical)

    assert TestPlan.objects.get(pk=plan.pk).state == State.APPROVED


def test_plan_moves_only_as_the_table_says(plan):
    assert pairs_against_the_table(plan) == []


def add_line_without_tester(lab, plan) -> PlanLine:
    return services.add_line(plan=plan, module_id="func-http", parameters={}, by=lab.tester)
