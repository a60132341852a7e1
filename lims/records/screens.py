"""The same few lines of every page with a form: show, take the step, say why not beside what was filled in."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lims.errors import BadInput, Blocked, Reason
from lims.records.forms import refused

FORM_PAGE = "components/form_page.html"


def form_page(
    request: HttpRequest,
    form: BaseForm,
    step: Callable[[dict[str, Any]], str],
    *,
    done: str,
    reasons: Sequence[Reason] = (),
    template: str = FORM_PAGE,
    **shown: Any,
) -> HttpResponse:
    """Show a form; when it is sent and holds, take the step and go to the address it answers.

    Shape:  `reasons` say on the empty form why the step is not possible now; the service asks again
    """
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                address = step(form.cleaned_data)
            except Blocked as refusal:
                reasons, status = refusal.reasons, 409
            except BadInput as trouble:
                refused(form, trouble)  # type: ignore[arg-type]
                status = trouble.status
            except IntegrityError:
                reasons, status = [Reason("row.already_there")], 409
            else:
                messages.success(request, done)
                return redirect(address)
    return render(request, template, {"form": form, "reasons": reasons, **shown}, status=status)
