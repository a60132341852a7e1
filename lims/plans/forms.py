"""Function lists, drafts of plans and their lines as people hand them in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lims.items.models import TestItem
from lims.items.permissions import visible_items
from lims.organization.models import Centre, Product, User
from lims.organization.permissions import centres_of, visible_products
from lims.plans.models import FunctionList
from lims.plans.permissions import visible_function_lists
from test_modules.contract import Value
from test_modules.manifest import Manifest, Parameter

MOST_ENVIRONMENT = 4000


class FunctionListForm(forms.Form):
    """A function list as a TOML file."""

    product = forms.ModelChoiceField(label=_("Product"), queryset=Product.objects.none(), to_field_name="uid")
    centre = forms.ModelChoiceField(
        label=_("Centre"), queryset=Centre.objects.none(), to_field_name="uid", empty_label=None
    )
    file = forms.FileField(
        label=_("Function list (TOML)"), widget=forms.ClearableFileInput(attrs={"accept": ".toml"})
    )

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        _choose(self, "product", visible_products(by).order_by("name"))
        _choose(self, "centre", centres_of(by))


class PlanForm(forms.Form):
    """What a plan begins with."""

    item = forms.ModelChoiceField(label=_("Test item"), queryset=TestItem.objects.none(), to_field_name="uid")
    function_list = forms.ModelChoiceField(
        label=_("Function list"),
        queryset=FunctionList.objects.none(),
        to_field_name="uid",
        required=False,
        empty_label=_("None: no functional module will run"),
    )
    deployment = forms.FileField(
        label=_("How the item is brought up (TOML)"),
        widget=forms.ClearableFileInput(attrs={"accept": ".toml"}),
        help_text=_("Command, readiness, configuration and accounts, in a deployment file."),
    )
    environment = forms.CharField(
        label=_("Environment of the system under test"),
        max_length=MOST_ENVIRONMENT,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("Hardware, operating system, network: what a reader needs to judge the values."),
    )

    def __init__(self, *args: Any, by: User, item: TestItem | None = None, **more: Any) -> None:
        super().__init__(*args, **more)
        items, lists = visible_items(by), visible_function_lists(by)
        if item:
            items = items.filter(pk=item.pk)
            lists = lists.filter(product=item.request.product_id)
            self.fields["item"].initial = item.uid
        _choose(self, "item", items.order_by("-received_at"))
        _choose(self, "function_list", lists.order_by("product", "-number"))


class LineForm(forms.Form):
    """One module's parameters, made from its manifest. The limits are the module's own and are checked by it."""

    repeats = forms.IntegerField(label=_("Repeats"))

    def __init__(self, *args: Any, module: Manifest, **more: Any) -> None:
        super().__init__(*args, **more)
        self.module = module
        least = module.engine.repeats
        self.fields["repeats"].initial = least
        self.fields["repeats"].widget.attrs.update({"min": least, "max": 100})
        self.fields["repeats"].help_text = _("Independent runs: at least %(least)s, at most 100.") % {
            "least": least
        }
        for parameter in module.parameters:
            self.fields[parameter.name] = _field_of(parameter)

    def parameters(self) -> dict[str, Value]:
        """What was handed in, in the types the manifest asks for as far as it can be read so; empty: the default."""
        given: dict[str, Value] = {}
        for parameter in self.module.parameters:
            value = self.cleaned_data[parameter.name]
            is_left_out = parameter.type != "bool" and parameter.name not in self.data
            if not is_left_out and (value != "" or _takes_empty(parameter)):
                given[parameter.name] = _read(parameter, value)
        return given


class TesterForm(forms.Form):
    """Who runs a line."""

    tester = forms.ModelChoiceField(label=_("Tester"), queryset=User.objects.none(), to_field_name="uid")

    def __init__(self, *args: Any, people: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        _choose(self, "tester", people)


def read_upload(file: UploadedFile[Any], most_bytes: int) -> bytes:
    """The bytes of an upload, one more than allowed at most: the reader of the format names the limit."""
    content: bytes = file.read(most_bytes + 1)
    return content


def _choose(form: forms.Form, name: str, rows: Any) -> None:
    form.fields[name].queryset = rows  # type: ignore[attr-defined]


def _field_of(parameter: Parameter) -> forms.Field:
    label = parameter.title_ko if get_language() == "ko" else parameter.title_en
    common: dict[str, Any] = {
        "label": label,
        "initial": parameter.default,
        "help_text": _limits(parameter),
        "required": False,
    }
    if parameter.type == "bool":
        return forms.BooleanField(**common)
    if parameter.choices:
        return forms.ChoiceField(choices=[(name, name) for name in parameter.choices], **common)
    if parameter.type == "text":
        return forms.CharField(**common)
    step = "1" if parameter.type == "int" else "any"
    bounds = {"min": parameter.minimum, "max": parameter.maximum, "step": step}
    return forms.CharField(
        widget=forms.NumberInput(
            attrs={name: _plain(value) for name, value in bounds.items() if value is not None}
        ),
        **common,
    )


def _takes_empty(parameter: Parameter) -> bool:
    return parameter.type == "text" and not parameter.choices


def _limits(parameter: Parameter) -> str:
    """Unit, default and limits in one line."""
    unit = "" if parameter.unit in ("", "1") else parameter.unit
    parts = [_("Unit: %(unit)s") % {"unit": unit}] if unit else []
    if parameter.default != "":
        parts.append(_("Default: %(value)s") % {"value": parameter.default})
    if parameter.minimum is not None:
        parts.append(_("At least %(limit)s") % {"limit": _plain(parameter.minimum)})
    if parameter.maximum is not None:
        parts.append(_("At most %(limit)s") % {"limit": _plain(parameter.maximum)})
    return " · ".join(str(part) for part in parts)


def _plain(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _read(parameter: Parameter, given: object) -> Value:
    kinds: Mapping[str, Any] = {"int": int, "float": float}
    kind = kinds.get(parameter.type)
    if kind is None or not isinstance(given, str):
        return given if isinstance(given, bool) else str(given)
    try:
        number: Value = kind(given)
    except ValueError:
        return given  # the module says which type it wants
    return number
