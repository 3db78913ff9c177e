"""What the pages' forms ask for, turned into typed values. Nothing here saves."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.validators import RegexValidator
from django.http import QueryDict

from aiqleads.core.geo import Area, AreaRefused, read_area
from leads import usps
from leads.models import Kind, Tier
from marketplace.filters import ListingFilters, Sort

SORT_LABELS: Final = {
    Sort.NEWEST: "Newly listed first",
    Sort.QUALITY: "Best quality first",
    Sort.PRICE: "Lowest price first",
    Sort.DISTANCE: "Nearest first",
    Sort.RELEVANCE: "Best match first",
}
AT_LEAST: Final = [("", "Any"), *((str(number), f"{number}+") for number in range(1, 7))]


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFilter:
    """One filter in force, in words, and the query string that does without it."""

    label: str
    query_without: str


class AreaField(forms.CharField):
    """A drawn area as GeoJSON; the map fills it in."""

    widget = forms.HiddenInput

    def to_python(self, value: str) -> Area | None:  # type: ignore[override]
        text = super().to_python(value)
        try:
            return read_area(text) if text else None
        except AreaRefused as refusal:
            raise forms.ValidationError(str(refusal)) from refusal


class FilterForm(forms.Form):
    """The marketplace's filters, as they stand in the URL."""

    q = forms.CharField(label="Words", required=False, max_length=120)
    state = forms.CharField(label="State", required=False, max_length=40)
    city = forms.CharField(label="City", required=False, max_length=80)
    zip = forms.CharField(
        label="ZIP code",
        required=False,
        validators=[RegexValidator(r"^[0-9]{5}\Z", "Enter a ZIP code of five digits.")],
    )
    polygon = AreaField(label="Area", required=False)
    kind = forms.MultipleChoiceField(
        label="Kind of lead", required=False, choices=Kind, widget=forms.CheckboxSelectMultiple
    )
    tier = forms.MultipleChoiceField(
        label="Tier", required=False, choices=Tier, widget=forms.CheckboxSelectMultiple
    )
    beds_min = forms.TypedChoiceField(
        label="Beds", required=False, choices=AT_LEAST, coerce=float, empty_value=None
    )
    baths_min = forms.TypedChoiceField(
        label="Baths", required=False, choices=AT_LEAST, coerce=float, empty_value=None
    )
    asking_min = forms.IntegerField(label="Asking from ($)", required=False, min_value=0, max_value=999_999_999)
    asking_max = forms.IntegerField(label="Asking to ($)", required=False, min_value=0, max_value=999_999_999)
    price_max = forms.IntegerField(label="Credits at most", required=False, min_value=1, max_value=10_000)
    quality_min = forms.IntegerField(label="Quality at least", required=False, min_value=0, max_value=100)
    sort = forms.TypedChoiceField(
        label="Sort by",
        required=False,
        choices=[(sort.value, label) for sort, label in SORT_LABELS.items()],
        coerce=Sort,
        empty_value=Sort.NEWEST,
    )

    def clean_state(self) -> str:
        state: str = self.cleaned_data["state"]
        code = usps.state_code(state)
        if state and code is None:
            raise forms.ValidationError("Enter a US state, such as TX.")
        return code or ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        lowest, highest = cleaned.get("asking_min"), cleaned.get("asking_max")
        if lowest is not None and highest is not None and lowest > highest:
            self.add_error("asking_max", "Enter an amount above the lowest asking price.")
        return cleaned

    def filters(self) -> ListingFilters:
        """The typed filters of a valid form."""
        several = {name: tuple(self.cleaned_data[name]) for name in ("kind", "tier")}
        zips = (self.cleaned_data["zip"],) if self.cleaned_data["zip"] else ()
        filters = ListingFilters(**{**self.cleaned_data, **several, "zip": zips})
        return filters if filters.allow(filters.sort) else replace(filters, sort=Sort.NEWEST)

    def sorts(self) -> list[tuple[str, str]]:
        """The orders that the filters of a valid form allow: value and label."""
        filters = self.filters()
        return [(sort.value, label) for sort, label in SORT_LABELS.items() if filters.allow(sort)]

    def active_filters(self) -> list[ActiveFilter]:
        """Every filter in force, each with the way to drop it alone."""
        query = cast(QueryDict, self.data)
        return [
            ActiveFilter(label=self._in_words(name, value), query_without=_without(query, name, value))
            for name, value in self._values_in_force(query)
        ]

    def _values_in_force(self, query: QueryDict) -> Iterator[tuple[str, str]]:
        for name in self.fields:
            if name != "sort":
                yield from ((name, value) for value in query.getlist(name) if value)

    def _in_words(self, name: str, value: str) -> str:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            value = str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
        sayings = {
            "q": f"“{value}”",
            "polygon": "in the drawn area",
            "zip": f"ZIP {value}",
            "beds_min": f"{value} beds",
            "baths_min": f"{value} baths",
            "asking_min": f"from ${intcomma(value)}",
            "asking_max": f"up to ${intcomma(value)}",
            "price_max": f"at most {value} credits",
            "quality_min": f"quality {value} or better",
        }
        return sayings.get(name, value)


def _without(data: QueryDict, name: str, value: str) -> str:
    rest = data.copy()
    rest.pop("cursor", None)
    rest.setlist(name, [kept for kept in rest.getlist(name) if kept != value])
    return rest.urlencode()


class CheckoutForm(forms.Form):
    """The cart as its buyer saw it, and the token that makes a second click harmless."""

    idempotency_key = forms.UUIDField(error_messages={"required": "Reload the cart and try again."})
    total_credits = forms.IntegerField(min_value=1, error_messages={"required": "Reload the cart and try again."})
    lines = forms.CharField(max_length=4_000, error_messages={"required": "You are holding no lead."})

    def clean_lines(self) -> list[UUID]:
        try:
            return [UUID(line) for line in self.cleaned_data["lines"].split(",")]
        except ValueError as error:
            raise forms.ValidationError("Reload the cart and try again.") from error
