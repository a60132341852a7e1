"""What a customer asks for, how the laboratory answers it, and what is offered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.forms import formset_factory
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from lims.intake.guards import Wanted, measured_units
from lims.intake.models import Comparator, Contract, ContractReview, TestRequest
from lims.organization.models import User
from lims.organization.permissions import centres_to_ask, customers_of
from measures.catalogue import edition, editions
from test_modules import catalogue

MOST_MEASURES = 60
FIRST_ROWS = 5


class RequestForm(forms.ModelForm):  # type: ignore[type-arg]
    """The head of a request; the customer is the one whose product it is."""

    class Meta:
        model = TestRequest
        fields = ("centre", "product", "product_version", "purpose", "wants_accredited")

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        mine = customers_of(by)
        self.fields["centre"].queryset = centres_to_ask(by).order_by("code")  # type: ignore[attr-defined]
        products = self.fields["product"]
        products.queryset = products.queryset.filter(customer__in=mine).order_by("name")  # type: ignore[attr-defined]

    @classmethod
    def unfinished(cls, posted: Any, *, by: User) -> RequestForm:
        """What was filled in so far, without complaints about what is still missing."""
        return cls(by=by, initial={name: posted.get(name) for name in cls._meta.fields or ()})


def measure_choices() -> list[tuple[str, Any]]:
    """Every measure of every edition, grouped by characteristic; "edition|id" is its value."""
    korean, units = get_language() == "ko", module_units()
    groups: dict[str, list[tuple[str, str]]] = {}
    for name in editions():
        for measure in edition(name).measures.values():
            title = measure.name_ko if korean else measure.name_en
            found = units.get((name, measure.id), measure.unit)
            unit = "" if found == "1" else f" [{found}]"
            label = f"{measure.id} {title}{unit}"
            group = groups.setdefault(f"{name} · {measure.characteristic}", [])
            group.append((f"{name}|{measure.id}", label))
    return [("", "---------"), *groups.items()]


def module_units() -> dict[tuple[str, str], str]:
    """The unit each measure of this laboratory's modules is given in, from one look at the library."""
    sources = [source for module in catalogue.all_modules() for source in module.measures]
    units = sorted({(source.edition, source.id, source.unit) for source in sources}, reverse=True)
    return {(edition_name, measure_id): unit for edition_name, measure_id, unit in units}


def unit_of(edition_name: str, measure_id: str) -> str:
    """The unit a criterion is given in: the one this laboratory's modules yield."""
    return min(measured_units(edition_name, measure_id))


class WantedForm(forms.Form):
    """One measure, with a criterion when the customer has one."""

    measure = forms.ChoiceField(label=_("Measure"), required=False)
    comparator = forms.ChoiceField(
        label=_("Comparison"), choices=[("", _("no criterion")), *Comparator.choices], required=False
    )
    limit = forms.DecimalField(label=_("Limit"), max_digits=16, decimal_places=6, required=False)

    def __init__(self, *args: Any, choices: list[tuple[str, Any]], **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["measure"].choices = choices  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        kept: dict[str, Any] = super().clean() or {}
        if not kept.get("measure") and (kept.get("comparator") or kept.get("limit") is not None):
            self.add_error("measure", _("Choose the measure this criterion is for."))
        return kept

    @property
    def wanted(self) -> Wanted | None:
        """What was asked for in this row; None for an empty one."""
        value = self.cleaned_data.get("measure")
        if not value:
            return None
        edition_name, measure_id = value.split("|")
        return Wanted(
            measure_id=measure_id,
            edition=edition_name,
            comparator=self.cleaned_data["comparator"],
            limit=self.cleaned_data["limit"],
            unit=unit_of(edition_name, measure_id),
        )


WantedRows = formset_factory(
    WantedForm, extra=FIRST_ROWS, max_num=MOST_MEASURES, absolute_max=MOST_MEASURES, validate_max=True
)


class ReviewForm(forms.Form):
    """The seven questions; a no wants its note."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        for name, question in ContractReview.QUESTIONS.items():
            self.fields[name] = forms.ChoiceField(
                label=question,
                choices=[("yes", _("Yes")), ("no", _("No"))],
                widget=forms.RadioSelect,
                required=False,
            )
            self.fields[f"{name}_note"] = forms.CharField(label=_("Note"), max_length=500, required=False)

    @property
    def questions(self) -> list[tuple[Any, Any]]:
        """Each question with its note, to be laid out together."""
        return [(self[name], self[f"{name}_note"]) for name in ContractReview.QUESTIONS]

    @property
    def answers(self) -> dict[str, dict[str, Any]]:
        """Only the questions that were answered: the guard names the open ones."""
        given = self.cleaned_data
        return {
            name: {"yes": given[name] == "yes", "note": given[f"{name}_note"]}
            for name in ContractReview.QUESTIONS
            if given.get(name)
        }


class OfferForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Contract
        fields = ("decision_rule", "place")
