"""Opening centres, appointing and authorizing people, registering customers."""

from __future__ import annotations

from datetime import date

from django.db import transaction
from django.utils import timezone

from lims.organization import guards
from lims.organization.models import (
    AccreditationState,
    Appointment,
    Authorization,
    Centre,
    Customer,
    Product,
    ScopeRow,
    User,
)
from lims.organization.permissions import end_acting, end_work, grant_acting, grant_work
from lims.records.chain import record
from lims.records.services import hold, require, step_of


def open_centre(
    *, code: str, name_ko: str, name_en: str, address: str, accreditation_no: str, by: User
) -> Centre:
    """Add a testing laboratory of its own. Source: ISO/IEC 17025:2017, 5.1."""
    require(guards.against_managing(by), step="open_centre", by=by)
    with transaction.atomic():
        centre = Centre.objects.create(
            code=code, name_ko=name_ko, name_en=name_en, address=address, accreditation_no=accreditation_no
        )
        record("centre.opened", centre, chain=code, by=by)
    return centre


def open_account(*, username: str, name: str, password: str, by: User, email: str = "") -> User:
    """Give a person an account; what the person may do comes with appointments."""
    require(guards.against_managing(by), step="open_account", by=by)
    with transaction.atomic():
        person = User.objects.create_user(username=username, name=name, password=password, email=email)
        record("account.opened", person, by=by)
    return person


def set_accreditation(
    *, centre: Centre, state: str, valid_from: date, by: User, why: str = ""
) -> AccreditationState:
    """Write down what the accreditation body says of the centre, from a day on."""
    require(guards.against_managing(by, centre), step="set_accreditation", row=centre, by=by)
    with transaction.atomic():
        row = AccreditationState.objects.create(centre=centre, state=state, valid_from=valid_from)
        record("accreditation.set", row, chain=centre.code, by=by, why=why)
    return row


def add_scope_row(
    *,
    centre: Centre,
    standard: str,
    test_item: str,
    place: str,
    valid_from: date,
    by: User,
    valid_until: date | None = None,
) -> ScopeRow:
    """Add one line of the scope of accreditation."""
    require(guards.against_managing(by, centre), step="add_scope_row", row=centre, by=by)
    with transaction.atomic():
        row = ScopeRow.objects.create(
            centre=centre,
            standard=standard,
            test_item=test_item,
            place=place,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        record("scope.row_added", row, chain=centre.code, by=by)
    return row


def appoint(
    *, person: User, centre: Centre, role: str, valid_from: date, by: User, valid_until: date | None = None
) -> Appointment:
    """Give a person a role in a centre. Source: ISO/IEC 17025:2017, 6.2."""
    require(guards.against_managing(by, centre), step="appoint", row=centre, by=by)
    with transaction.atomic():
        hold(person)
        row = Appointment.objects.create(
            person=person, centre=centre, role=role, valid_from=valid_from, valid_until=valid_until
        )
        grant_work(person, centre)
        record("person.appointed", row, chain=centre.code, by=by)
    return row


def authorize_person(
    *, person: User, centre: Centre, module_id: str, step: str, basis: str, valid_from: date, by: User
) -> Authorization:
    """Allow a person one step with one test module. Source: ISO/IEC 17025:2017, 6.2.6."""
    reasons = guards.against_authorizing_person(by, centre, person, step)
    require(reasons, step="authorize_person", row=person, by=by)
    with transaction.atomic():
        row = Authorization.objects.create(
            person=person,
            centre=centre,
            module_id=module_id,
            step=step,
            basis=basis,
            valid_from=valid_from,
            granted_by=by,
        )
        record("person.authorized", row, chain=centre.code, by=by)
    return row


def end_appointment(*, appointment: Appointment, last_day: date, by: User, why: str) -> None:
    """Let a role end with a day; without any other role there the person works in the centre no more.

    Raises: Blocked
    """
    centre, person = appointment.centre, appointment.person
    with step_of("end_appointment", row=appointment, by=by) as ask:
        ask(guards.against_ending(by, appointment, last_day))
        hold(person)  # who is appointed at this moment keeps access
        appointment.valid_until = last_day
        appointment.save(update_fields=["valid_until"])
        posts = Appointment.objects.filter(person=person, centre=centre)
        if not posts.exclude(valid_until__lt=timezone.localdate()).exists():  # one that begins later is kept
            end_work(person, centre)
        record("person.appointment_ended", appointment, chain=centre.code, by=by, why=why)


def withdraw_authorization(*, authorization: Authorization, last_day: date, by: User, why: str) -> None:
    """Let an authorization end with a day. Source: ISO/IEC 17025:2017, 6.2.6. Raises: Blocked."""
    centre = authorization.centre
    with step_of("withdraw_authorization", row=authorization, by=by) as ask:
        ask(guards.against_ending(by, authorization, last_day))
        authorization.valid_until = last_day
        authorization.save(update_fields=["valid_until"])
        record("person.authorization_withdrawn", authorization, chain=centre.code, by=by, why=why)


def set_review_policy(*, centre: Centre, one_person_may: bool, by: User, why: str) -> None:
    """Decide whether reviewer and authorizer of a report may be one person at this centre. Raises: Blocked."""
    require(guards.against_managing(by, centre), step="set_review_policy", row=centre, by=by)
    with transaction.atomic():
        centre.one_person_may_review_and_authorize = one_person_may
        centre.save(update_fields=["one_person_may_review_and_authorize"])
        record("centre.review_policy_set", centre, chain=centre.code, by=by, why=why)


def register_customer(
    *, name: str, address: str, contact: str, centre: Centre, by: User, is_fictitious: bool = False
) -> Customer:
    """Register a customer at a centre."""
    require(guards.against_receiving(by, centre), step="register_customer", row=centre, by=by)
    with transaction.atomic():
        customer = Customer.objects.create(
            name=name, address=address, contact=contact, is_fictitious=is_fictitious
        )
        customer.centres.add(centre)
        record("customer.registered", customer, chain=centre.code, by=by)
    return customer


def let_act_for(*, person: User, customer: Customer, centre: Centre, by: User) -> None:
    """Let a person act for a customer. Raises: Blocked."""
    require(guards.against_letting_act(by, centre, customer), step="let_act_for", row=customer, by=by)
    with transaction.atomic():
        grant_acting(person, customer)
        record("customer.person_added", customer, person, chain=centre.code, by=by)


def stop_acting_for(*, person: User, customer: Customer, centre: Centre, by: User, why: str) -> None:
    """A person no longer acts for a customer. Raises: Blocked."""
    require(guards.against_letting_act(by, centre, customer), step="stop_acting_for", row=customer, by=by)
    with transaction.atomic():
        end_acting(person, customer)
        record("customer.person_removed", customer, person, chain=centre.code, by=by, why=why)


def register_product(*, customer: Customer, name: str, developer: str, by: User) -> Product:
    """Register a product of one's own company."""
    require(guards.against_acting(by, customer), step="register_product", row=customer, by=by)
    with transaction.atomic():
        product = Product.objects.create(customer=customer, name=name, developer=developer)
        record("product.registered", product, by=by)
    return product
