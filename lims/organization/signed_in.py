"""The request as views see it behind the login: whoever asks is a person with an account."""

from __future__ import annotations

from django.http import HttpRequest

from lims.organization.models import User


class SignedInRequest(HttpRequest):
    """For annotations only; `LoginRequiredMiddleware` sees to it that it is true."""

    user: User
