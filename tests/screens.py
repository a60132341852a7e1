"""Trying addresses as different people: what a person may not see looks like what does not exist."""

from __future__ import annotations

import html
import re
from uuid import uuid4

from django.test import Client
from django.test.client import ClientHandler
from django.urls import reverse

from lims.organization.models import User

CHANGING = re.compile(
    r'(name="csrfmiddlewaretoken" value=")[^"]*|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|request-id">[^<]*'
)


HANDLER = ClientHandler(enforce_csrf_checks=False)  # one for all: each new one looks at every static file


def client_of(person: User | None) -> Client:
    client = Client()
    client.handler = HANDLER
    if person:
        client.force_login(person)
    return client


def ask(person: User | None, method: str, name: str, uid: object = None, /, **sent: object):
    """The answer to one request; `uid` is the row's, when the address has one."""
    address = reverse(name, args=[uid] if uid else [])
    client = client_of(person)
    return client.post(address, sent) if method == "POST" else client.get(address, sent)


def without_what_changes(content: bytes) -> str:
    return CHANGING.sub("", content.decode())


def assert_hidden(person: User, method: str, name: str, uid: object) -> None:
    """A row of somebody else's answers 404, with the same page as a row that is not there."""
    foreign, absent = ask(person, method, name, uid), ask(person, method, name, uuid4())

    assert (foreign.status_code, absent.status_code) == (404, 404), f"{method} {name}"
    assert without_what_changes(foreign.content) == without_what_changes(absent.content), name


def assert_asks_for_login(method: str, name: str, uid: object = None) -> None:
    answer = ask(None, method, name, uid)

    assert answer.status_code == 302, f"{method} {name}"
    assert answer.headers["Location"].startswith("/accounts/login/"), name


def text_of_page(answer) -> str:
    """The words of a page, without tags and runs of blanks."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", answer.content.decode())))
