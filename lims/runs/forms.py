"""What a person says about an interrupted or failed run."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

MOST_WHY = 1000


class WhyForm(forms.Form):
    """A reason in words; it stands in the record."""

    why = forms.CharField(label=_("Reason"), max_length=MOST_WHY, widget=forms.Textarea(attrs={"rows": 2}))


class DecisionForm(WhyForm):
    """Another attempt, or the end."""

    decision = forms.ChoiceField(
        label=_("Decision"),
        choices=[("again", _("Try again")), ("end", _("End the run"))],
        widget=forms.RadioSelect,
    )
