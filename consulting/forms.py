"""Who advises on which product."""

from __future__ import annotations

from typing import Any

from django import forms

from consulting.models import Engagement
from lims.organization.forms import DAYS
from lims.organization.models import User
from lims.organization.permissions import centres_of, visible_people, visible_products


class EngagementForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Engagement
        fields = ("centre", "product", "consultant", "subject", "valid_from", "valid_until")
        widgets = DAYS

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = {
            "centre": centres_of(by).order_by("code"),
            "product": visible_products(by).filter(customer__centres__in=centres_of(by)).distinct(),
            "consultant": visible_people(by).order_by("name"),
        }
        for name, rows in choices.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]
