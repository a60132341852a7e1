"""Consulting engagements: who opens and sees them, and whom they bar."""

from __future__ import annotations

import pytest

from consulting import services
from consulting.guards import against_assigning
from consulting.models import Engagement
from lims.errors import Blocked
from lims.organization.models import Appointment, Product
from tests.laboratory import SINCE
from tests.screens import ask, assert_asks_for_login, text_of_page


def open_engagement(lab, **changed) -> Engagement:
    given = {
        "centre": lab.centre,
        "product": lab.product,
        "consultant": lab.tester,
        "subject": "시험 준비",
        "valid_from": SINCE,
        "by": lab.technical,
    }
    return services.open_engagement(**{**given, **changed})


def test_consultant_of_a_product_is_barred_from_it(lab):
    open_engagement(lab)

    assert [reason.code for reason in against_assigning(lab.tester, lab.product)] == [
        "person.consulted_on_product"
    ]
    assert not against_assigning(lab.second_tester, lab.product)


def test_engagement_that_has_ended_still_bars(lab):
    open_engagement(lab, valid_until=SINCE)

    assert against_assigning(lab.tester, lab.product)


def test_only_consultant_or_technical_manager_opens(lab):
    for person in (lab.tester, lab.stranger, lab.customer):
        with pytest.raises(Blocked) as refusal:
            open_engagement(lab, by=person)
        assert "person.without_role" in refusal.value.codes


def test_product_of_a_customer_the_centre_does_not_know_is_refused(lab):
    foreign = Product.objects.exclude(pk=lab.product.pk).get()

    with pytest.raises(Blocked) as refusal:
        open_engagement(lab, product=foreign)

    assert refusal.value.codes == {"product.unknown_to_centre"}


def test_engagement_is_opened_and_listed_on_screen(lab):
    Appointment.objects.create(
        person=lab.tester, centre=lab.centre, role=Appointment.Role.CONSULTANT, valid_from=SINCE
    )
    sent = {
        "centre": lab.centre.pk,
        "product": lab.product.pk,
        "consultant": lab.tester.pk,
        "subject": "시험 준비 상담",
        "valid_from": "2026-01-01",
    }

    answer = ask(lab.tester, "POST", "consulting:engagement_new", **sent)

    assert answer.status_code == 302
    assert "시험 준비 상담" in text_of_page(ask(lab.technical, "GET", "consulting:engagements"))
    assert "시험 준비 상담" not in text_of_page(ask(lab.stranger, "GET", "consulting:engagements"))


def test_foreign_product_cannot_be_chosen(lab):
    foreign = Product.objects.exclude(pk=lab.product.pk).get()
    sent = {"centre": lab.centre.pk, "product": foreign.pk, "consultant": lab.tester.pk, "subject": "x"}

    answer = ask(lab.technical, "POST", "consulting:engagement_new", **sent, valid_from="2026-01-01")

    assert answer.status_code == 422
    assert not Engagement.objects.exists()


def test_customers_find_no_consulting_page(lab):
    for name in ("engagements", "engagement_new"):
        assert ask(lab.customer, "GET", f"consulting:{name}").status_code == 404
        assert_asks_for_login("GET", f"consulting:{name}")
