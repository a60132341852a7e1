"""What comes in with an item: files of two kinds, the version and the condition."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from lims.items.models import ItemFile, TestItem
from lims.items.services import Upload


class ManyFilesInput(forms.ClearableFileInput):
    allow_multiple_selected = True


class ManyFilesField(forms.FileField):
    """Several files in one field; whether a file is taken is the service's to say, with its limit."""

    def __init__(self, **more: Any) -> None:
        super().__init__(widget=ManyFilesInput(), allow_empty_file=True, **more)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        if not data:
            super().clean(None, initial)  # says that it is required
            return []
        return list(data)


class ReceiveForm(forms.ModelForm):  # type: ignore[type-arg]
    product_files = ManyFilesField(
        label=_("Product files"), help_text=_("Packages, archives or programs of this build.")
    )
    dependency_files = ManyFilesField(
        label=_("Lists of dependencies"),
        required=False,
        help_text=_("With versions and hashes, if the product needs others to run."),
    )
    field_order = ("version", "product_files", "dependency_files", "condition")

    class Meta:
        model = TestItem
        fields = ("version", "condition")

    @property
    def uploads(self) -> list[Upload]:
        """The files with their kind, as the service takes them."""
        kinds = (
            (ItemFile.Kind.PRODUCT, "product_files"),
            (ItemFile.Kind.DEPENDENCIES, "dependency_files"),
        )
        return [
            Upload(sent.name or "", sent.size or 0, sent.file, kind)
            for kind, name in kinds
            for sent in self.cleaned_data[name]
        ]
