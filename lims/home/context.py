"""What every page needs besides its own content."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext_lazy as _

from lims.organization.permissions import centres_of, customers_of

EVERYBODY = (("home:worklist", _("Work list")), ("home:requests", _("Requests")))
STAFF = (
    ("organization:customers", _("Customers")),
    ("equipment:modules", _("Test modules")),
    ("consulting:engagements", _("Consulting")),
)
CUSTOMER = (("organization:customers", _("My company")),)
MANAGERS = (("organization:centres", _("Centres")),)
ADMINISTRATOR = (("organization:people", _("People")),)
PUBLIC = (("verify:check", _("Check a report")),)


@dataclass(frozen=True)
class Entry:
    label: Any
    url: str
    is_here: bool


def page(request: HttpRequest) -> dict[str, Any]:
    """The navigation by what the person is, and whether this installation only demonstrates."""
    return {
        "navigation": SimpleLazyObject(lambda: _navigation(request)),
        "is_demonstration": getattr(settings, "DEVELOPMENT_SEAL", False),
    }


def _navigation(request: HttpRequest) -> list[Entry]:
    return [
        Entry(label, url, _is_here(request.path, url))
        for name, label in _entries(request)
        for url in [reverse(name)]
    ]


def _entries(request: HttpRequest) -> list[tuple[str, Any]]:
    person = getattr(request, "user", None)
    if person is None or not person.is_authenticated:
        return [*PUBLIC]
    works = centres_of(person).exists()
    entries = [*EVERYBODY]
    if works:
        entries += STAFF
    elif customers_of(person).exists():
        entries += CUSTOMER
    if works or person.is_superuser:
        entries += MANAGERS
    if person.is_superuser:
        entries += ADMINISTRATOR
    return [*entries, ("training:courses", _("Training")), *PUBLIC]


def _is_here(path: str, url: str) -> bool:
    return path == url or (url != "/" and path.startswith(url))
