"""Appointments, authorizations and acting for a customer end; what a person saw and did ends with them."""

from __future__ import annotations

import re
from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from guardian.shortcuts import get_perms

from lims.errors import Blocked
from lims.home.words import event_text, step_text
from lims.organization import services
from lims.organization.models import Appointment, Authorization, Centre, Customer, User
from lims.organization.permissions import (
    centres_of,
    customers_of,
    visible_centres,
    visible_customers,
    visible_people,
)
from lims.organization.queries import holds, roles_held
from lims.records.models import AuditEvent, Refusal
from lims.runs import services as runs
from tests import laboratory
from tests.laboratory import SINCE, Role, Step
from tests.screens import (
    ask,
    assert_asks_for_login,
    assert_hidden,
    client_of,
    text_of_page,
    without_what_changes,
)

WHY = {"why": "퇴사"}
UID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@pytest.fixture
def today() -> date:
    return timezone.localdate()


@pytest.fixture
def yesterday(today) -> date:
    return today - timedelta(days=1)


@pytest.fixture
def firm(lab) -> Customer:
    return lab.product.customer


def post_of(person: User) -> Appointment:
    return Appointment.objects.get(person=person)


def grant_of(person: User) -> Authorization:
    return Authorization.objects.get(person=person, module_id="func-http")


def acting_url(firm: Customer, person: User) -> str:
    return reverse("organization:acting_end", args=[firm.uid, person.uid])


def codes(call, **given) -> set[str]:
    with pytest.raises(Blocked) as refusal:
        call(**given, why="퇴사")
    return refusal.value.codes


def end(lab, person: User, day: date) -> None:
    services.end_appointment(appointment=post_of(person), last_day=day, by=lab.quality, why="퇴사")


def pass_to(monkeypatch, day: date) -> None:
    monkeypatch.setattr(timezone, "localdate", lambda *_: day)


# What ends with an appointment


def test_who_left_sees_nothing_of_the_centre_any_more(lab, yesterday):
    report = laboratory.drafted_report(lab)
    plan = report.plan
    rows = {
        "organization:centre": lab.centre,
        "organization:customer": lab.product.customer,
        "home:request": plan.contract.request,
        "items:detail": plan.item,
        "plans:detail": plan,
        "runs:detail": plan.lines.get().runs.get(),
        "reports:detail": report,
    }
    before = {name: ask(lab.tester, "GET", name, row.uid).status_code for name, row in rows.items()}
    sent = {"last_day": yesterday, **WHY}
    answer = ask(lab.quality, "POST", "organization:appointment_end", post_of(lab.tester).uid, **sent)

    assert answer.status_code == 302
    assert set(before.values()) == {200}, before
    for name, row in rows.items():
        assert_hidden(lab.tester, "GET", name, row.uid)
    assert lab.centre.name_ko not in text_of_page(ask(lab.tester, "GET", "organization:centres"))
    assert "reception" not in text_of_page(ask(lab.tester, "GET", "organization:people"))
    assert not visible_customers(lab.tester).exists()
    assert not visible_people(lab.tester).exists()
    assert get_perms(lab.tester, lab.centre) == []


def test_last_day_that_comes_ends_the_access_by_itself(lab, today, monkeypatch):
    last = today + timedelta(days=3)
    end(lab, lab.tester, last)

    pass_to(monkeypatch, last)
    assert centres_of(lab.tester).contains(lab.centre)
    assert holds(lab.tester, lab.centre, Role.TESTER, on=last)
    pass_to(monkeypatch, last + timedelta(days=1))
    assert not centres_of(lab.tester).exists()
    assert not holds(lab.tester, lab.centre, Role.TESTER, on=last + timedelta(days=1))
    assert_hidden(lab.tester, "GET", "organization:centre", lab.centre.uid)


def test_appointment_that_begins_later_opens_nothing_before(lab, today, monkeypatch):
    newcomer = User.objects.create_user("new", "새 시험원")
    first = today + timedelta(days=5)
    services.appoint(person=newcomer, centre=lab.centre, role=Role.TESTER, valid_from=first, by=lab.quality)

    assert not centres_of(newcomer).exists()
    pass_to(monkeypatch, first)
    assert centres_of(newcomer).contains(lab.centre)


def test_end_of_one_post_leaves_another_that_begins_later(lab, today, yesterday, monkeypatch):
    later = {"centre": lab.centre, "role": Role.RECEPTION, "valid_from": today + timedelta(days=5)}
    first_post = post_of(lab.tester)
    services.appoint(person=lab.tester, by=lab.quality, **later)
    services.end_appointment(appointment=first_post, last_day=yesterday, by=lab.quality, why="휴직")

    assert not centres_of(lab.tester).exists()
    pass_to(monkeypatch, later["valid_from"])
    assert list(roles_held(lab.tester, Role.RECEPTION, Role.TESTER, on=later["valid_from"])) == [
        Appointment.objects.get(person=lab.tester, role=Role.RECEPTION)
    ]


def test_end_of_one_of_two_roles_keeps_the_centre(lab, yesterday):
    first_post = post_of(lab.tester)
    services.appoint(
        person=lab.tester, centre=lab.centre, role=Role.CONSULTANT, valid_from=SINCE, by=lab.quality
    )
    services.end_appointment(appointment=first_post, last_day=yesterday, by=lab.quality, why="전보")

    assert centres_of(lab.tester).contains(lab.centre)
    assert not holds(lab.tester, lab.centre, Role.TESTER, on=timezone.localdate())


def test_post_in_another_centre_stays(lab, yesterday):
    other = Centre.objects.get(code="TWO")
    first_post = post_of(lab.tester)
    administrator = User.objects.create_superuser("admin", "시스템 관리자 1")
    services.appoint(person=lab.tester, centre=other, role=Role.TESTER, valid_from=SINCE, by=administrator)
    services.end_appointment(appointment=first_post, last_day=yesterday, by=lab.quality, why="퇴사")

    assert list(centres_of(lab.tester)) == [other]


def test_grant_without_any_post_opens_nothing(lab):
    Appointment.objects.filter(person=lab.tester).update(valid_until=SINCE)

    assert "work_in_centre" in get_perms(lab.tester, lab.centre)
    assert not centres_of(lab.tester).exists()


def test_centres_of_a_person_are_one_question(lab):
    list(centres_of(lab.tester))  # the content type is cached now
    with CaptureQueriesContext(connection) as asked:
        assert list(centres_of(lab.tester)) == [lab.centre]

    assert len(asked) == 1


def test_administrator_needs_no_post(lab):
    administrator = User.objects.create_superuser("admin", "시스템 관리자 1")
    sent = {"last_day": timezone.localdate(), **WHY}

    answer = ask(administrator, "POST", "organization:appointment_end", post_of(lab.tester).uid, **sent)

    assert answer.status_code == 302
    assert not centres_of(administrator).exists()
    assert visible_centres(administrator).count() == 2


def test_quality_manager_who_ends_the_own_post_is_led_to_the_list(lab, yesterday):
    sent = {"last_day": yesterday, **WHY}
    answer = ask(lab.quality, "POST", "organization:appointment_end", post_of(lab.quality).uid, **sent)

    assert answer.headers["Location"] == reverse("organization:centres")
    assert ask(lab.quality, "GET", "organization:centres").status_code == 200


# What ends with an authorization and with acting for a customer


def test_withdrawn_authorization_blocks_the_next_step(lab, yesterday):
    plan = laboratory.approve(lab)
    sent = {"last_day": yesterday, "why": "재교육 필요"}
    answer = ask(lab.quality, "POST", "organization:authorization_withdraw", grant_of(lab.tester).uid, **sent)
    line = plan.lines.get()
    refused = ask(lab.tester, "POST", "runs:start", line.uid)

    assert answer.status_code == 302
    assert refused.status_code == 409
    assert not line.runs.exists()
    with pytest.raises(Blocked) as refusal:
        runs.start_line(line=line, by=lab.tester)
    assert refusal.value.codes == {"person.not_authorized"}


def test_authorization_holds_through_its_last_day(lab, today, monkeypatch):
    plan = laboratory.approve(lab)
    services.withdraw_authorization(
        authorization=grant_of(lab.tester), last_day=today, by=lab.quality, why="재교육"
    )

    assert len(laboratory.start(lab, plan)) == 1
    second = laboratory.approve(lab)
    pass_to(monkeypatch, today + timedelta(days=1))
    with pytest.raises(Blocked) as refusal:
        laboratory.start(lab, second)
    assert "person.not_authorized" in refusal.value.codes


def test_who_no_longer_acts_for_the_customer_sees_nothing_of_it(lab, firm):
    request = laboratory.agree(lab).request
    address = acting_url(firm, lab.customer)
    answer = client_of(lab.reception).post(address, {"centre": lab.centre.pk, **WHY})

    assert answer.status_code == 302
    assert not customers_of(lab.customer).exists()
    assert_hidden(lab.customer, "GET", "organization:customer", firm.uid)
    assert_hidden(lab.customer, "GET", "home:request", request.uid)
    assert client_of(lab.reception).get(address).status_code == 404  # acts no more: nothing to end


# Each step on screen: who, why not, what stays written


def address_of(name: str, row) -> str:
    return reverse(f"organization:{name}", args=[row.uid])


def steps(lab, firm):
    """Address, who takes the step, what is sent, which event it leaves."""
    today = timezone.localdate()
    post, grant = post_of(lab.tester), grant_of(lab.tester)
    ending = {"last_day": today, **WHY}
    return [
        (address_of("appointment_end", post), lab.quality, ending, "person.appointment_ended"),
        (address_of("authorization_withdraw", grant), lab.quality, ending, "person.authorization_withdrawn"),
        (address_of("review_policy", lab.centre), lab.quality, WHY, "centre.review_policy_set"),
        (
            acting_url(firm, lab.customer),
            lab.reception,
            {"centre": lab.centre.pk, **WHY},
            "customer.person_removed",
        ),
    ]


def test_right_person_takes_each_step_and_the_reason_is_kept(lab, firm):
    for address, person, sent, event in steps(lab, firm):
        assert client_of(person).get(address).status_code == 200, address
        assert client_of(person).post(address, sent).status_code == 302, address
        assert AuditEvent.objects.get(kind=event).why == "퇴사"
        assert event_text(event) != event  # the history says it in words


def test_refused_steps_have_words_in_the_history(lab, firm):
    for address, _right, sent, _event in steps(lab, firm):
        assert client_of(lab.tester).post(address, sent).status_code == 409

    refused = list(Refusal.objects.values_list("step", flat=True))
    assert len(refused) == 4
    assert [step for step in refused if step_text(step) == step] == []


def test_no_step_without_a_reason_or_with_a_broken_day(lab, firm):
    for address, person, sent, event in steps(lab, firm):
        assert client_of(person).post(address, {**sent, "why": " "}).status_code == 422, address
        if "last_day" in sent:
            assert client_of(person).post(address, {**sent, "last_day": "bald"}).status_code == 422, address
            assert client_of(person).post(address, WHY).status_code == 422, address
        assert not AuditEvent.objects.filter(kind=event).exists()


def test_colleagues_without_the_role_are_refused_with_the_reason(lab, firm):
    for address, right, sent, event in steps(lab, firm):
        for person in (lab.tester, lab.technical, lab.reception, lab.quality):
            if person != right:
                answer = client_of(person).post(address, sent)
                assert answer.status_code == 409, (address, person)
        assert not AuditEvent.objects.filter(kind=event).exists()
    said = [reason["code"] for row in Refusal.objects.all() for reason in row.reasons]
    assert set(said) == {"person.without_role"}


def test_outsiders_find_no_such_address(lab, firm):
    for address, _right, sent, event in steps(lab, firm):
        for person in (lab.stranger, lab.customer, lab.other_customer):
            for answer in (client_of(person).get(address), client_of(person).post(address, sent)):
                assert answer.status_code == 404, (address, person)
        hidden = client_of(lab.stranger).get(address)
        absent = client_of(lab.stranger).get(UID.sub(str(uuid4()), address))
        assert without_what_changes(hidden.content) == without_what_changes(absent.content)
        assert client_of(None).post(address, sent).headers["Location"].startswith("/accounts/login/")
        assert not AuditEvent.objects.filter(kind=event).exists()


def test_rows_of_another_centre_look_like_rows_that_are_not_there(lab):
    for method in ("GET", "POST"):
        assert_hidden(lab.quality, method, "organization:appointment_end", post_of(lab.stranger).uid)
        assert_hidden(lab.quality, method, "organization:authorization_withdraw", grant_of_stranger(lab).uid)
        assert_hidden(lab.quality, method, "organization:review_policy", Centre.objects.get(code="TWO").uid)
    assert_asks_for_login("GET", "organization:appointment_end", post_of(lab.tester).uid)


def grant_of_stranger(lab) -> Authorization:
    return Authorization.objects.filter(person=lab.stranger).first()


def test_person_who_does_not_act_for_the_customer_cannot_be_ended(lab, firm):
    assert client_of(lab.reception).get(acting_url(firm, lab.other_customer)).status_code == 404
    assert client_of(lab.reception).post(acting_url(firm, lab.tester), WHY).status_code == 404


def test_centre_that_does_not_know_the_customer_ends_nobody(lab, firm):
    other = Centre.objects.get(code="TWO")
    Appointment.objects.create(person=lab.reception, centre=other, role=Role.RECEPTION, valid_from=SINCE)
    services.grant_work(lab.reception, other)
    sent = {"centre": other.pk, **WHY}

    assert client_of(lab.reception).post(acting_url(firm, lab.customer), sent).status_code == 422
    given = {"person": lab.customer, "customer": firm, "centre": other, "by": lab.reception}
    assert codes(services.stop_acting_for, **given) == {"customer.unknown_to_centre"}
    assert customers_of(lab.customer).contains(firm)


def test_what_is_over_is_neither_ended_again_nor_prolonged(lab, today, yesterday):
    for name, row, step in (
        ("appointment", post_of(lab.tester), services.end_appointment),
        ("authorization", grant_of(lab.tester), services.withdraw_authorization),
    ):
        given = {name: row, "by": lab.quality}
        assert codes(step, **given, last_day=SINCE - timedelta(days=2)) == {"term.ends_before_start"}
        step(**given, last_day=today + timedelta(days=9), why="퇴사")
        assert codes(step, **given, last_day=today + timedelta(days=10)) == {"term.not_prolonged"}
        step(**given, last_day=yesterday, why="퇴사")
        assert codes(step, **given, last_day=today) == {"term.already_over"}
        row.refresh_from_db()
        assert row.valid_until == yesterday


def test_nobody_prolongs_the_own_authorization_by_ending_it_later(lab, today):
    own = laboratory.authorize(lab.quality, lab.centre, "func-http", Step.AUTHORIZE)
    services.withdraw_authorization(authorization=own, last_day=today, by=lab.quality, why="재교육")
    sent = {"last_day": today + timedelta(days=400), **WHY}

    answer = ask(lab.quality, "POST", "organization:authorization_withdraw", own.uid, **sent)

    assert answer.status_code == 409
    own.refresh_from_db()
    assert own.valid_until == today


def test_what_was_given_by_mistake_today_is_taken_back_at_once(lab, today, yesterday):
    sent = {"person": lab.customer, "centre": lab.centre, "role": Role.TESTER, "valid_from": today}
    mistake = services.appoint(**sent, by=lab.quality)

    services.end_appointment(appointment=mistake, last_day=yesterday, by=lab.quality, why="오기")

    assert not centres_of(lab.customer).exists()


def test_review_policy_is_changed_and_shown(lab):
    ask(lab.quality, "POST", "organization:review_policy", lab.centre.uid, one_person_may="on", **WHY)
    lab.centre.refresh_from_db()
    form = ask(lab.quality, "GET", "organization:review_policy", lab.centre.uid)

    assert lab.centre.one_person_may_review_and_authorize
    assert b"checked" in form.content
    ask(lab.quality, "POST", "organization:review_policy", lab.centre.uid, **WHY)
    lab.centre.refresh_from_db()
    assert not lab.centre.one_person_may_review_and_authorize


def test_pages_offer_the_steps_to_those_who_may_and_for_rows_in_force(lab, firm, yesterday):
    end(lab, lab.second_tester, yesterday)
    page = ask(lab.quality, "GET", "organization:centre", lab.centre.uid).content.decode()
    others = ask(lab.tester, "GET", "organization:centre", lab.centre.uid).content.decode()
    customer_page = ask(lab.reception, "GET", "organization:customer", firm.uid).content.decode()

    assert f"/appointments/{post_of(lab.tester).uid}/end" in page
    assert f"/authorizations/{grant_of(lab.tester).uid}/withdraw" in page
    assert "/review-policy" in page
    assert f"/appointments/{post_of(lab.second_tester).uid}/end" not in page
    assert "/end" not in others
    assert "/withdraw" not in others
    assert "/review-policy" not in others
    assert acting_url(firm, lab.customer) in customer_page
