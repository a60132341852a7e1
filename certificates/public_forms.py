"""What a stranger may ask about a report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.records.reasons import text_of


class CheckForm(forms.Form):
    """Either the file, or the number together with the code: numbers alone are guessable."""

    number = forms.CharField(label=_("Report number"), max_length=40, required=False)
    code = forms.CharField(label=_("Verification code"), max_length=20, required=False)
    file = forms.FileField(
        label=_("PDF file"),
        required=False,
        allow_empty_file=True,
        widget=forms.FileInput(attrs={"accept": "application/pdf,.pdf"}),
    )

    def __init__(self, *args: Any, most_bytes: int, **more: Any) -> None:
        super().__init__(*args, **more)
        self.most_bytes = most_bytes
        self.status = 422

    def clean_code(self) -> str:
        return str(self.cleaned_data["code"]).strip().upper()

    def clean_file(self) -> Any:
        sent = self.cleaned_data["file"]
        if sent is None:
            return None
        params = {"name": sent.name, "limit_mb": self.most_bytes >> 20}
        if sent.size > self.most_bytes:
            self.status = 413
            raise forms.ValidationError(text_of("upload.too_large", params))
        if not sent.size:
            raise forms.ValidationError(text_of("upload.empty", params))
        if b"%PDF-" not in sent.read(1024):
            self.status = 415
            raise forms.ValidationError(text_of("upload.not_a_pdf", params))
        sent.seek(0)
        return sent

    def clean(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().clean() or {}
        if not self.errors and not kept.get("file") and not (kept.get("number") and kept.get("code")):
            raise forms.ValidationError(_("Give the number together with its code, or the PDF file."))
        return kept
