"""Centres, people, customers and products as they are entered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from lims.organization.models import (
    AccreditationState,
    Appointment,
    Authorization,
    Centre,
    Customer,
    Product,
    ScopeRow,
    User,
)
from lims.organization.permissions import visible_centres, visible_people
from measures.catalogue import edition, editions
from test_modules import catalogue


class DayInput(forms.DateInput):
    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


DAYS = {"valid_from": DayInput(), "valid_until": DayInput()}


class CentreForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Centre
        fields = ("code", "name_ko", "name_en", "address", "accreditation_no")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        # The code stands in every number and names the audit chain's file.
        self.fields["code"] = forms.RegexField(
            r"[A-Z][A-Z0-9]{1,11}\Z",
            label=_("code"),
            max_length=12,
            help_text=_("2 to 12 capital letters and digits; it stands in every number of the centre."),
        )


class AccreditationForm(forms.ModelForm):  # type: ignore[type-arg]
    why = forms.CharField(label=_("Reason"), max_length=200, required=False)

    class Meta:
        model = AccreditationState
        fields = ("state", "valid_from")
        widgets = DAYS


class ScopeForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ScopeRow
        fields = ("standard", "test_item", "place", "valid_from", "valid_until")
        widgets = DAYS

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        names = [(name, name) for name in editions()]
        self.fields["standard"] = forms.ChoiceField(label=_("standard and edition"), choices=names)
        items = [(name, [(key, key) for key in edition(name).measures]) for name in editions()]
        self.fields["test_item"] = forms.ChoiceField(label=_("test item"), choices=items)

    def clean(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().clean() or {}
        standard, item = kept.get("standard"), kept.get("test_item")
        if standard and item and item not in edition(standard).measures:
            self.add_error("test_item", _("This edition has no such measure."))
        return kept


class LoginNameField(forms.CharField):
    """Somebody's account, by its login name: people of other centres are in no list."""

    def __init__(self) -> None:
        super().__init__(label=_("login name"), max_length=60)

    def clean(self, value: Any) -> User:
        name = super().clean(value)
        person = User.objects.filter(username=name, is_active=True).first()
        if person is None:
            raise forms.ValidationError(_("There is no active account with this login name."))
        return person


class AppointmentForm(forms.ModelForm):  # type: ignore[type-arg]
    person = LoginNameField()
    field_order = ("person", "role", "valid_from", "valid_until")

    class Meta:
        model = Appointment
        fields = ("role", "valid_from", "valid_until")
        widgets = DAYS


class AuthorizationForm(forms.ModelForm):  # type: ignore[type-arg]
    field_order = ("person", "module_id", "step", "basis", "valid_from")

    class Meta:
        model = Authorization
        fields = ("person", "step", "basis", "valid_from")
        widgets = DAYS

    def __init__(self, *args: Any, by: User, centre: Centre, **more: Any) -> None:
        super().__init__(*args, **more)
        colleagues = visible_people(by).filter(appointments__centre=centre).distinct()
        self.fields["person"].queryset = colleagues.order_by("name")  # type: ignore[attr-defined]
        modules = [(module.id, f"{module.id} {module.version}") for module in catalogue.all_modules()]
        self.fields["module_id"] = forms.ChoiceField(label=_("test module"), choices=modules)
        self.order_fields(self.field_order)


class ReasonField(forms.CharField):
    def __init__(self) -> None:
        super().__init__(label=_("Reason"), max_length=200)


class EndForm(forms.Form):
    """The end of an appointment or an authorization."""

    last_day = forms.DateField(
        label=_("last day"),
        widget=DayInput,
        initial=timezone.localdate,
        help_text=_("In force until the end of this day. A day that has passed ends it at once."),
    )
    why = ReasonField()


class ReviewPolicyForm(forms.Form):
    one_person_may = forms.BooleanField(label=_("one person may review and authorize"), required=False)
    why = ReasonField()


class PersonForm(forms.ModelForm):  # type: ignore[type-arg]
    password = forms.CharField(
        label=_("first password"), widget=forms.PasswordInput(attrs={"autocomplete": "new-password"})
    )

    class Meta:
        model = User
        fields = ("username", "name", "email")

    def clean_password(self) -> str:
        password = str(self.cleaned_data["password"])
        validate_password(password, self.instance)
        return password


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    field_order = ("centre", "name", "address", "contact", "is_fictitious")

    class Meta:
        model = Customer
        fields = ("name", "address", "contact", "is_fictitious")

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["centre"] = forms.ModelChoiceField(
            visible_centres(by).order_by("code"), label=_("centre"), empty_label=None
        )
        self.order_fields(self.field_order)


class KnownCentreField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """For which of the centres that know the customer one speaks."""

    def __init__(self, by: User, customer: Customer) -> None:
        known = visible_centres(by).filter(customers=customer)
        super().__init__(known.order_by("code"), label=_("centre"), empty_label=None)


class ActingForm(forms.Form):
    person = LoginNameField()

    def __init__(self, *args: Any, by: User, customer: Customer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["centre"] = KnownCentreField(by, customer)


class StopActingForm(forms.Form):
    why = ReasonField()

    def __init__(self, *args: Any, by: User, customer: Customer, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["centre"] = KnownCentreField(by, customer)
        self.order_fields(("centre", "why"))


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Product
        fields = ("name", "developer")
