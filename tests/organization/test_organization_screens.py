"""Centres, people and customers on screen, tried by each actor."""

from __future__ import annotations

import pytest

from lims.organization.models import Centre, Customer, Product, User
from lims.organization.permissions import customers_of
from tests.screens import ask, assert_asks_for_login, assert_hidden, text_of_page

CENTRE_FORMS = ("accreditation_new", "scope_new", "appointment_new", "authorization_new")
NEW_CENTRE = {
    "code": "NEW",
    "name_ko": "새 센터",
    "name_en": "New",
    "address": "주소",
    "accreditation_no": "",
}
DAY = {"valid_from": "2026-01-01"}


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser("admin", "시스템 관리자 1")


@pytest.fixture
def firm(lab) -> Customer:
    return lab.product.customer


def test_foreign_centres_and_customers_are_not_there(lab, firm):
    for person in (lab.stranger, lab.other_customer):
        for method in ("GET", "POST"):
            for name in ("acting_new", "product_new"):
                assert_hidden(person, method, f"organization:{name}", firm.uid)
            for name in CENTRE_FORMS:
                assert_hidden(person, method, f"organization:{name}", lab.centre.uid)
        assert_hidden(person, "GET", "organization:customer", firm.uid)
        assert_hidden(person, "GET", "organization:centre", lab.centre.uid)
    assert_hidden(lab.customer, "GET", "organization:centre", lab.centre.uid)


def test_nobody_comes_in_without_signing_in(lab, firm):
    for name in ("centres", "centre_new", "people", "person_new", "customers", "customer_new"):
        assert_asks_for_login("GET", f"organization:{name}")
    for name in CENTRE_FORMS:
        assert_asks_for_login("POST", f"organization:{name}", lab.centre.uid)


def test_lists_hold_only_what_the_person_may_see(lab, firm):
    assert "TWO" not in ask(lab.tester, "GET", "organization:centres").content.decode()
    assert firm.name not in text_of_page(ask(lab.other_customer, "GET", "organization:customers"))
    assert "stranger" not in text_of_page(ask(lab.tester, "GET", "organization:people"))
    assert "stranger" not in text_of_page(ask(lab.customer, "GET", "organization:people"))


def test_administrator_opens_a_centre_and_sees_it(administrator):
    answer = ask(administrator, "POST", "organization:centre_new", **NEW_CENTRE)

    centre = Centre.objects.get()
    assert answer.headers["Location"] == f"/centres/{centre.uid}/"
    assert ask(administrator, "GET", "organization:centre", centre.uid).status_code == 200


@pytest.mark.parametrize("code", ["../x", "a b", "n", "가나", "TOOLONGCODE12", "NEW\n"])
def test_code_that_would_spoil_numbers_and_files_is_refused(administrator, code):
    answer = ask(administrator, "POST", "organization:centre_new", **{**NEW_CENTRE, "code": code})

    assert answer.status_code == 422
    assert not Centre.objects.exists()


def test_second_centre_of_a_code_is_refused_on_the_form(administrator):
    ask(administrator, "POST", "organization:centre_new", **NEW_CENTRE)

    assert ask(administrator, "POST", "organization:centre_new", **NEW_CENTRE).status_code in (409, 422)
    assert Centre.objects.count() == 1


def test_others_are_refused_with_the_reason(lab):
    answer = ask(lab.quality, "POST", "organization:centre_new", **NEW_CENTRE)

    assert answer.status_code == 409
    assert not Centre.objects.filter(code="NEW").exists()


def test_administrator_opens_an_account_with_a_good_password(administrator):
    sent = {"username": "new", "name": "시험원 9", "email": ""}

    weak = ask(administrator, "POST", "organization:person_new", **sent, password="1234")
    good = ask(administrator, "POST", "organization:person_new", **sent, password="tall-quiet-river-8")
    twice = ask(administrator, "POST", "organization:person_new", **sent, password="tall-quiet-river-8")

    assert (weak.status_code, good.status_code, twice.status_code) == (422, 302, 422)
    assert User.objects.get(username="new").check_password("tall-quiet-river-8")


def test_quality_manager_fills_the_centre_page(lab):
    sent = {
        "accreditation_new": {"state": "mark_suspended", "why": "심사"},
        "scope_new": {"standard": "ISO/IEC 25023:2016", "test_item": "FAp-1-G", "place": "fixed"},
        "appointment_new": {"person": "customer", "role": "tester"},
        "authorization_new": {
            "person": lab.tester.pk,
            "module_id": "func-http",
            "step": "review",
            "basis": "교육 이수",
        },
    }
    for name, given in sent.items():
        answer = ask(lab.quality, "POST", f"organization:{name}", lab.centre.uid, **DAY, **given)
        assert answer.status_code == 302, (name, text_of_page(answer))

    page = text_of_page(ask(lab.tester, "GET", "organization:centre", lab.centre.uid))
    assert "FAp-1-G" in page
    assert "교육 이수" in page


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("scope_new", {"standard": "ISO/IEC 25023:2016", "test_item": "none", "place": "fixed"}),
        ("scope_new", {"standard": "ISO/IEC 25023:2016", "test_item": "Acc-I-1", "place": "fixed"}),
        ("appointment_new", {"person": "nobody-here", "role": "tester"}),
        ("appointment_new", {"person": "tester", "role": "king"}),
        ("accreditation_new", {"state": "valid", "valid_from": "yesterday"}),
    ],
)
def test_wrong_field_is_said_on_the_form(lab, name, sent):
    answer = ask(lab.quality, "POST", f"organization:{name}", lab.centre.uid, **{**DAY, **sent})

    assert answer.status_code == 422


def test_person_of_another_centre_cannot_be_chosen_for_an_authorization(lab):
    sent = {"person": lab.stranger.pk, "module_id": "func-http", "step": "run", "basis": "x", **DAY}

    assert (
        ask(lab.quality, "POST", "organization:authorization_new", lab.centre.uid, **sent).status_code == 422
    )


def test_tester_sees_the_centre_but_cannot_add(lab):
    page = ask(lab.tester, "GET", "organization:centre", lab.centre.uid)
    sent = {"person": "customer", "role": "tester", **DAY}
    answer = ask(lab.tester, "POST", "organization:appointment_new", lab.centre.uid, **sent)

    assert "appointments/new" not in page.content.decode()
    assert answer.status_code == 409


def test_reception_registers_a_customer_and_lets_a_person_act(lab):
    firm = {"centre": lab.centre.pk, "name": "새 의뢰자", "address": "주소", "contact": "담당"}

    ask(lab.reception, "POST", "organization:customer_new", **firm)
    made = Customer.objects.get(name="새 의뢰자")
    sent = {"person": "other_customer", "centre": lab.centre.pk}
    answer = ask(lab.reception, "POST", "organization:acting_new", made.uid, **sent)

    assert answer.status_code == 302
    assert customers_of(lab.other_customer).contains(made)


def test_customer_registers_a_product_once(lab, firm):
    sent = {"name": "새 제품", "developer": "개발사"}

    first = ask(lab.customer, "POST", "organization:product_new", firm.uid, **sent)
    second = ask(lab.customer, "POST", "organization:product_new", firm.uid, **sent)

    assert (first.status_code, second.status_code) == (302, 409)
    assert Product.objects.filter(name="새 제품").count() == 1


def test_people_who_act_for_a_customer_are_shown_to_the_centre_only(lab, firm):
    assert "customer (customer)" in text_of_page(ask(lab.reception, "GET", "organization:customer", firm.uid))
    assert "(customer)" not in text_of_page(ask(lab.customer, "GET", "organization:customer", firm.uid))
