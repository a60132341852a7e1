"""Who opens, appoints, authorizes and registers; every reason with a step that it stops."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from lims.errors import Blocked
from lims.organization import services
from lims.organization.models import Appointment, Authorization, Centre, Customer, User
from lims.organization.permissions import centres_of
from tests.laboratory import SINCE, Role, Step


@pytest.fixture
def administrator(db) -> User:
    return User.objects.create_superuser("admin", "시스템 관리자 1")


def codes(call, **given) -> set[str]:
    with pytest.raises(Blocked) as refusal:
        call(**given)
    return refusal.value.codes


def test_only_the_administrator_opens_centres_and_accounts(lab):
    centre = {"code": "NEW", "name_ko": "새", "name_en": "New", "address": "", "accreditation_no": ""}

    assert codes(services.open_centre, **centre, by=lab.quality) == {"person.not_administrator"}
    account = {"username": "new", "name": "새", "password": "x"}
    assert codes(services.open_account, **account, by=lab.quality) == {"person.not_administrator"}
    assert not Centre.objects.filter(code="NEW").exists()


def test_administrator_who_left_opens_nothing(administrator):
    administrator.is_active = False

    account = {"username": "new", "name": "새", "password": "x"}
    assert codes(services.open_account, **account, by=administrator) == {"person.not_administrator"}


def test_quality_manager_manages_only_the_own_centre(lab):
    other = Centre.objects.get(code="TWO")
    steps = (
        (services.set_accreditation, {"state": "valid"}),
        (services.add_scope_row, {"standard": "x", "test_item": "y", "place": "fixed"}),
        (services.appoint, {"person": lab.tester, "role": Role.TESTER}),
    )
    for step, given in steps:
        for by, centre in ((lab.quality, other), (lab.tester, lab.centre), (lab.customer, lab.centre)):
            assert codes(step, centre=centre, valid_from=SINCE, by=by, **given) == {"person.without_role"}


def authorize(lab, **changed) -> Authorization:
    given = {"person": lab.tester, "step": Step.REVIEW, "by": lab.quality, **changed}
    return services.authorize_person(
        centre=lab.centre, module_id="func-http", basis="교육", valid_from=SINCE, **given
    )


def test_authorization_is_for_people_with_a_post_and_by_others(lab):
    assert codes(authorize, lab=lab, person=lab.stranger) == {"person.without_post"}
    assert codes(authorize, lab=lab, person=lab.customer) == {"person.without_post"}
    assert codes(authorize, lab=lab, step="fly") == {"authorization.unknown_step"}
    assert codes(authorize, lab=lab, person=lab.quality) == {"person.own_authorization"}
    assert codes(authorize, lab=lab, by=lab.technical) == {"person.without_role"}


def test_post_that_has_ended_gives_nothing(lab):
    yesterday = timezone.localdate() - timedelta(days=1)
    Appointment.objects.filter(person=lab.quality).update(valid_until=yesterday)

    assert codes(authorize, lab=lab) == {"person.without_role"}


def test_reception_registers_at_the_own_centre_only(lab):
    other = Centre.objects.get(code="TWO")
    firm = {"name": "새 의뢰자", "address": "", "contact": ""}

    assert codes(services.register_customer, **firm, centre=other, by=lab.reception) == {
        "person.without_role"
    }
    assert codes(services.register_customer, **firm, centre=lab.centre, by=lab.tester) == {
        "person.without_role"
    }
    act = {"person": lab.other_customer, "customer": lab.product.customer, "centre": lab.centre}
    assert codes(services.let_act_for, **act, by=lab.tester) == {"person.without_role"}


def test_only_the_own_customer_registers_products(lab):
    firm = Customer.objects.get(products=lab.product)
    product = {"customer": firm, "name": "새 제품", "developer": ""}

    assert codes(services.register_product, **product, by=lab.other_customer) == {"person.not_of_customer"}


def test_appointment_opens_the_centre_to_the_person(lab, administrator):
    newcomer = services.open_account(username="new", name="새 시험원", password="x", by=administrator)

    services.appoint(person=newcomer, centre=lab.centre, role=Role.TESTER, valid_from=SINCE, by=lab.quality)

    assert list(centres_of(newcomer)) == [lab.centre]
