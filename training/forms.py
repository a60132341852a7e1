"""A course as it is announced."""

from __future__ import annotations

from typing import Any

from django import forms

from lims.organization.forms import DayInput
from lims.organization.models import User
from lims.organization.permissions import centres_of
from training.models import Course


class CourseForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Course
        fields = ("centre", "title", "starts_on", "ends_on", "places")
        widgets = {"starts_on": DayInput(), "ends_on": DayInput()}

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["centre"].queryset = centres_of(by).order_by("code")  # type: ignore[attr-defined]
