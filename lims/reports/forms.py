"""What is written in a report by hand, and what its reviewer answers."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.reports.models import TestReport

MOST_TEXT = 8000
MOST_WHY = 1000


class DraftForm(forms.Form):
    """The two free texts of a report; empty ones are printed as none."""

    deviations = forms.CharField(
        label=_("Deviations from the method"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Empty: there were none."),
    )
    opinions = forms.CharField(
        label=_("Opinions and interpretations"),
        required=False,
        max_length=MOST_TEXT,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Empty: none are given."),
    )


class ReviewForm(forms.Form):
    """One tick for each question of the checklist; a missing one is the guard's to refuse."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        for name, text in TestReport.QUESTIONS.items():
            self.fields[name] = forms.BooleanField(label=text)  # the browser asks; the guard decides


class ReturnForm(forms.Form):
    """Why a draft goes back."""

    why = forms.CharField(
        label=_("Why it goes back"), max_length=MOST_WHY, widget=forms.Textarea(attrs={"rows": 2})
    )
