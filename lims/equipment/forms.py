"""What is asked about modules: for which centre."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.organization.models import Centre, User
from lims.organization.permissions import centres_of


class CentreForm(forms.Form):
    """One of the centres the person works in."""

    centre = forms.ModelChoiceField(
        label=_("Centre"), queryset=Centre.objects.none(), to_field_name="uid", empty_label=None
    )

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["centre"].queryset = centres_of(by)  # type: ignore[attr-defined]
