"""The authorizer's one-time code, and why a number is voided."""

from __future__ import annotations

from django import forms
from django.core.validators import RegexValidator
from django.utils.translation import gettext_lazy as _

MOST_WHY = 1000


class CodeForm(forms.Form):
    """Six digits from the authorizer's own device; the signer checks them, not this program."""

    code = forms.CharField(
        label=_("One-time code"),
        max_length=7,
        validators=[RegexValidator(r"^\s*[0-9]{6}\s*$", _("The code has six digits."))],
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "pattern": r"[0-9]{6}", "size": 8}
        ),
        help_text=_("It is good once, for exactly the document shown here."),
    )


class VoidForm(forms.Form):
    """Why a number will not be issued; the number itself is asked for, because it cannot be taken back."""

    number = forms.CharField(label=_("Number of the document, to confirm"), max_length=40)
    why = forms.CharField(
        label=_("Why it is void"), max_length=MOST_WHY, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, *args: object, expected: str = "", **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]
        self.expected = expected

    def clean_number(self) -> str:
        number: str = self.cleaned_data["number"].strip()
        if number != self.expected:
            raise forms.ValidationError(_("This is not the number of this document."))
        return number
