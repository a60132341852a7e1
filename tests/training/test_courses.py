"""Courses: who announces and who enrols."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lims.errors import Blocked
from tests.screens import ask, assert_asks_for_login, text_of_page
from training import services
from training.models import Course


def announce(lab, **changed) -> Course:
    today = timezone.localdate()
    given = {
        "centre": lab.centre,
        "title": "시험 입문",
        "starts_on": today,
        "ends_on": today,
        "places": 1,
        "by": lab.quality,
    }
    return services.open_course(**{**given, **changed})


def codes(call, **given) -> set[str]:
    with pytest.raises(Blocked) as refusal:
        call(**given)
    return refusal.value.codes


def test_only_instructor_or_quality_manager_announces(lab):
    for person in (lab.tester, lab.stranger, lab.customer):
        assert codes(announce, lab=lab, by=person) == {"person.without_role"}


def test_course_does_not_end_before_it_starts(lab):
    yesterday = timezone.localdate() - timedelta(days=1)

    assert codes(announce, lab=lab, ends_on=yesterday) == {"course.ends_before_start"}


def test_nobody_enrols_twice_nor_in_a_full_or_past_course(lab):
    course = announce(lab)
    services.enrol(course=course, by=lab.customer)
    past = announce(lab, starts_on=timezone.localdate() - timedelta(days=9), places=5)
    Course.objects.filter(pk=past.pk).update(ends_on=timezone.localdate() - timedelta(days=1))
    past.refresh_from_db()

    assert codes(services.enrol, course=course, by=lab.customer) == {"course.already_enrolled", "course.full"}
    assert codes(services.enrol, course=course, by=lab.stranger) == {"course.full"}
    assert codes(services.enrol, course=past, by=lab.stranger) == {"course.over"}


def test_course_is_announced_and_taken_on_screen(lab):
    sent = {"centre": lab.centre.pk, "title": "부하시험", "places": "2"}
    days = {"starts_on": "2099-01-01", "ends_on": "2099-01-02"}

    made = ask(lab.quality, "POST", "training:course_new", **sent, **days)
    course = Course.objects.get()
    taken = ask(lab.customer, "POST", "training:enrol", course.uid)

    assert (made.status_code, taken.status_code) == (302, 302)
    assert course.enrolments.get().person == lab.customer
    page = text_of_page(ask(lab.customer, "GET", "training:course", course.uid))
    assert "1 / 2" in page


def test_full_course_says_so_instead_of_the_button(lab):
    course = announce(lab)
    services.enrol(course=course, by=lab.customer)

    page = ask(lab.stranger, "GET", "training:course", course.uid)
    answer = ask(lab.stranger, "POST", "training:enrol", course.uid)

    assert f'action="/training/{course.uid}/enrol"' not in page.content.decode()
    assert answer.status_code == 409


def test_who_is_enrolled_is_shown_to_the_centre_only(lab):
    course = announce(lab)
    services.enrol(course=course, by=lab.other_customer)

    assert "other_customer" in text_of_page(ask(lab.tester, "GET", "training:course", course.uid))
    assert "other_customer" not in text_of_page(ask(lab.stranger, "GET", "training:course", course.uid))


@pytest.mark.parametrize("places", ["-1", "x", "99999999999999999999"])
def test_wrong_number_of_places_is_said_on_the_form(lab, places):
    sent = {"centre": lab.centre.pk, "title": "x", "starts_on": "2099-01-01", "ends_on": "2099-01-01"}

    assert ask(lab.quality, "POST", "training:course_new", **sent, places=places).status_code == 422


def test_pages_want_an_account_and_announcing_a_centre(lab):
    for name in ("courses", "course_new"):
        assert_asks_for_login("GET", f"training:{name}")
    assert ask(lab.customer, "GET", "training:course_new").status_code == 404
    assert ask(lab.tester, "GET", "training:course_new").status_code == 200
    assert ask(lab.customer, "GET", "training:enrol", announce(lab).uid).status_code == 405
