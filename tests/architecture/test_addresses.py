"""Every address of the site, as the resolver knows it, asked by somebody who has no business there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
from django.core.signing import Signer
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from tests.screens import client_of

PUBLIC = {
    "account_login",
    "account_logout",
    "account_inactive",
    "account_signup",
    "account_reset_password",
    "account_reset_password_done",
    "account_reset_password_from_key",
    "account_reset_password_from_key_done",
    "account_email_verification_sent",
    "account_confirm_email",
    "account_confirm_login_code",
    "set_language",
    "home:health",
    "home:language",
    "verify:check",
    "verify:number",
    "admin:login",
    "admin:jsi18n",
}
WELL = "home:health"  # 503 is its way to say that a process is missing
NOT_SHOWN = (302, 403, 404, 405)  # the administration pages send people away; a step takes POST only
ARGUMENTS = {
    "uid": uuid4,
    "person": uuid4,
    "number": lambda: "ONE-2026-K-9999",
    "module_id": lambda: "func-http",
    "kind": lambda: "request",
    "key": lambda: Signer().sign("x"),
    "uidb36": lambda: "1",
    "object_id": lambda: "1",
    "content_type_id": lambda: "1",
    "app_label": lambda: "runs",
    "url": lambda: "nowhere",
}
pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Address:
    """One address of the site, with made-up arguments."""

    name: str
    path: str
    names_a_row: bool


def addresses(patterns: Any = None, names: tuple[str, ...] = ()) -> Iterator[Address]:
    """Everything the site answers to."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            deeper = (*names, pattern.namespace) if pattern.namespace else names
            yield from addresses(pattern.url_patterns, deeper)
        elif pattern.name:
            yield _address(":".join((*names, pattern.name)), pattern)


def _address(name: str, pattern: URLPattern) -> Address:
    wanted = {*pattern.pattern.converters, *pattern.pattern.regex.groupindex}
    path = reverse(name, kwargs={argument: ARGUMENTS[argument]() for argument in wanted})
    return Address(name, path, bool(wanted & {"uid", "object_id"}))


@pytest.fixture(scope="module")
def every_address():
    return list(addresses())


def test_the_site_has_many_addresses(every_address):
    assert len(every_address) > 90
    assert sum(address.names_a_row for address in every_address) > 50


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_person_who_is_not_signed_in_sees_only_what_is_public(every_address, method):
    client = client_of(None)
    closed = [address for address in every_address if address.name not in PUBLIC]
    answers = {address.name: getattr(client, method)(address.path) for address in closed}

    let_in = {name: answer.status_code for name, answer in answers.items() if answer.status_code != 302}
    elsewhere = {
        name: answer.headers["Location"]
        for name, answer in answers.items()
        if answer.status_code == 302 and "/login/" not in answer.headers["Location"]
    }

    assert let_in == {}
    assert elsewhere == {}


def test_what_is_public_really_exists(every_address):
    assert {address.name for address in every_address} >= PUBLIC


@pytest.mark.parametrize(
    ("method", "actor"), [("get", "stranger"), ("get", "customer"), ("post", "tester"), ("post", "customer")]
)
def test_a_row_that_is_not_there_is_not_found_and_never_a_fault(lab, every_address, actor, method):
    client = client_of(getattr(lab, actor))
    client.raise_request_exception = False
    answers = {address: getattr(client, method)(address.path).status_code for address in every_address}

    faults = {
        address.name: status for address, status in answers.items() if status >= 500 and address.name != WELL
    }
    shown = {
        address.name: status
        for address, status in answers.items()
        if address.names_a_row and address.name not in PUBLIC and status not in NOT_SHOWN
    }

    assert faults == {}
    assert shown == {}
