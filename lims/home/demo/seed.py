"""Opens the centres and appoints the people of the demonstration, once, by the services that the screens call."""

from __future__ import annotations

from lims.home.demo.cast import (
    CENTRES,
    CUSTOMERS,
    EDITION,
    MEASURES,
    MODULES,
    SINCE,
    STAFF,
    CentreFacts,
    CustomerFacts,
    login_of,
)
from lims.organization import services
from lims.organization.models import AccreditationState, Centre, Customer, ScopeRow, User

ADMINISTRATOR = "admin"


def seed(password: str) -> None:
    """Make what is not there yet; a second call changes nothing."""
    admin = User.objects.filter(username=ADMINISTRATOR).first()
    if admin is None:
        admin = User.objects.create_superuser(ADMINISTRATOR, "시스템 관리자 1", password)
    for facts in CENTRES:
        if not Centre.objects.filter(code=facts.code).exists():
            _open(facts, admin, password)
    for company in CUSTOMERS:
        if not Customer.objects.filter(name=company.name).exists():
            _register(company, admin, password)


def person(login: str) -> User:
    return User.objects.get(username=login)


def _register(company: CustomerFacts, admin: User, password: str) -> None:
    centre, reception = Centre.objects.get(code=CENTRES[0].code), person("dip-reception")
    customer = services.register_customer(
        name=company.name,
        address=company.address,
        contact=company.contact,
        centre=centre,
        is_fictitious=True,
        by=reception,
    )
    who = services.open_account(username=company.login, name=company.person, password=password, by=admin)
    services.let_act_for(person=who, customer=customer, centre=centre, by=reception)


def _open(facts: CentreFacts, admin: User, password: str) -> None:
    centre = services.open_centre(**vars(facts), by=admin)
    services.set_accreditation(
        centre=centre, state=AccreditationState.State.VALID, valid_from=SINCE, by=admin, why="시연"
    )
    for measure in MEASURES:
        services.add_scope_row(
            centre=centre,
            standard=EDITION,
            test_item=measure,
            place=ScopeRow.Place.FIXED,
            valid_from=SINCE,
            by=admin,
        )
    for part in STAFF:
        who = services.open_account(
            username=login_of(facts.code, part), name=part.name, password=password, by=admin
        )
        for role in part.roles:
            services.appoint(person=who, centre=centre, role=role, valid_from=SINCE, by=admin)
    for part in STAFF:
        for step in part.steps:
            for module_id in MODULES:
                services.authorize_person(
                    person=person(login_of(facts.code, part)),
                    centre=centre,
                    module_id=module_id,
                    step=step,
                    basis="시연 자격부여",
                    valid_from=SINCE,
                    by=person(login_of(facts.code, STAFF[5])),
                )
