"""What a service refuses, said beside the field it refuses."""

from __future__ import annotations

from django.forms import Form

from lims.errors import BadInput
from lims.records.reasons import text_of


def refused(form: Form, trouble: BadInput, *, field: str = "") -> None:
    """Put a refusal beside the field it names, else beside `field`, else above the form."""
    named = str(trouble.reason.params.get("field", ""))
    place = next((name for name in (named, field) if name in form.fields), None)
    form.add_error(place, text_of(trouble.reason.code, trouble.reason.params))
