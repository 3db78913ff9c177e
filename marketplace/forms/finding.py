"""A search of leads as its form and its address ask for it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final, cast
from urllib.parse import urlencode

from django import forms
from django.contrib.humanize.templatetags.humanize import intcomma
from django.forms.renderers import Jinja2
from django.http import QueryDict

from leads.gazetteer import Place, find_county
from leads.models import Kind, Tier
from marketplace.filters import DEFAULT_RADIUS_MILES, MOST_DAYS, MOST_SQFT, PROPERTY_TYPES, ListingFilters, Sort
from marketplace.forms.fields import AreaField, PlaceField, PointField, RoomsField, StateField, ZipsField
from marketplace.understanding import miles_around

SORT_LABELS: Final = {
    Sort.NEWEST: "Newly listed first",
    Sort.QUALITY: "Best quality first",
    Sort.PRICE: "Lowest price first",
    Sort.DISTANCE: "Nearest first",
    Sort.RELEVANCE: "Best match first",
    Sort.MATCH: "Best match first",
}
AT_LEAST: Final = [("", "Any"), *((str(number), f"{number}+") for number in range(1, 7))]
AT_MOST: Final = [("", "Any"), ("0", "Studio"), *((str(number), str(number)) for number in range(1, 7))]
COUNTY_WORDS: Final = ("County", "Parish", "Borough")
RANGES: Final = [
    ("asking_min", "asking_max", "Enter an amount above the lowest asking price."),
    ("beds_min", "beds_max", "Enter a number above the fewest beds."),
    ("area_min", "area_max", "Enter an area above the smallest."),
]
SAYINGS: Final[dict[str, Callable[[str], str]]] = {
    "q": lambda words: f"“{words}”",
    "polygon": lambda _: "in the drawn area",
    "county": lambda county: county if county.endswith(COUNTY_WORDS) else f"{county} County",
    "zip": lambda code: f"ZIP {code}",
    "beds_min": lambda beds: f"{beds}+ beds",
    "beds_max": lambda beds: "studio" if beds == "0" else f"at most {beds} beds",
    "baths_min": lambda baths: f"{baths}+ baths",
    "area_min": lambda sqft: f"from {intcomma(sqft)} sq ft",
    "area_max": lambda sqft: f"up to {intcomma(sqft)} sq ft",
    "asking_min": lambda dollars: f"from ${intcomma(dollars)}",
    "asking_max": lambda dollars: f"up to ${intcomma(dollars)}",
    "price_max": lambda credits_most: f"at most {credits_most} credits",
    "quality_min": lambda score: f"quality {score} or better",
    "listed_within_days": lambda days: "listed today" if days == "1" else f"listed within {days} days",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveFilter:
    """One filter in force, in words, and the query string that does without it."""

    label: str
    query_without: str


class FilterForm(forms.Form):
    """The marketplace's filters, as they stand in the URL."""

    default_renderer = Jinja2()  # three dozen widgets on every page of the list
    q = forms.CharField(label="Words", required=False, max_length=120)
    literal = forms.BooleanField(label="Search the words as typed", required=False)
    place = PlaceField(label="Near", required=False, max_length=120)
    near = PointField(label="Point", required=False, max_length=60)
    radius_miles = forms.FloatField(label="Miles", required=False, min_value=0.1, max_value=500)
    city = forms.CharField(label="City", required=False, max_length=80)
    county = forms.CharField(label="County", required=False, max_length=80)
    state = StateField(label="State", required=False, max_length=40)
    zip = ZipsField(label="ZIP codes", required=False, max_length=400)
    polygon = AreaField(label="Area", required=False)
    kind = forms.MultipleChoiceField(
        label="Kind of lead", required=False, choices=Kind, widget=forms.CheckboxSelectMultiple
    )
    tier = forms.MultipleChoiceField(
        label="Tier", required=False, choices=Tier, widget=forms.CheckboxSelectMultiple
    )
    property_type = forms.MultipleChoiceField(
        label="Kind of home", required=False, choices=PROPERTY_TYPES, widget=forms.CheckboxSelectMultiple
    )
    beds_min = RoomsField(label="Beds", required=False, choices=AT_LEAST, coerce=float, empty_value=None)
    beds_max = RoomsField(label="Beds at most", required=False, choices=AT_MOST, coerce=float, empty_value=None)
    baths_min = RoomsField(label="Baths", required=False, choices=AT_LEAST, coerce=float, empty_value=None)
    area_min = forms.IntegerField(label="Sq ft from", required=False, min_value=0, max_value=MOST_SQFT)
    area_max = forms.IntegerField(label="Sq ft to", required=False, min_value=0, max_value=MOST_SQFT)
    asking_min = forms.IntegerField(label="Asking from ($)", required=False, min_value=0, max_value=999_999_999)
    asking_max = forms.IntegerField(label="Asking to ($)", required=False, min_value=0, max_value=999_999_999)
    price_max = forms.IntegerField(label="Credits at most", required=False, min_value=1, max_value=10_000)
    quality_min = forms.IntegerField(label="Quality at least", required=False, min_value=0, max_value=100)
    listed_within_days = forms.IntegerField(label="Days listed", required=False, min_value=1, max_value=MOST_DAYS)
    sort = forms.TypedChoiceField(
        label="Sort by",
        required=False,
        choices=[(sort.value, label) for sort, label in SORT_LABELS.items()],
        coerce=Sort,
        empty_value=None,
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for low, high, says in RANGES:
            lowest, highest = cleaned.get(low), cleaned.get(high)
            if lowest is not None and highest is not None and lowest > highest:
                self.add_error(high, says)
        if cleaned.get("county"):
            self._clean_county(cleaned["county"], cleaned.get("state", ""))
        return cleaned

    def _clean_county(self, county: str, state: str) -> None:
        """A county belongs to a state: the one that is said, or that of the most populous county of its name."""
        found = find_county(county, state=state)
        if found is None:
            self.add_error("county", f"There is no such county{f' in {state}' if state else ''}.")
        else:
            self.cleaned_data["state"] = found.state

    def filters(self) -> ListingFilters:
        """The typed filters of a valid form."""
        asked = {name: value for name, value in self.cleaned_data.items() if name not in {"place", "literal"}}
        asked |= {name: tuple(asked[name]) for name in ("kind", "tier", "property_type")}
        place: Place | None = self.cleaned_data["place"]
        if place:
            asked["near"] = asked["near"] or place.point
            asked["radius_miles"] = asked["radius_miles"] or miles_around(place)
        elif asked["near"]:
            asked["radius_miles"] = asked["radius_miles"] or DEFAULT_RADIUS_MILES
        sort = asked.pop("sort")
        filters = ListingFilters(**asked).sorted_unless_told(is_literal=self.cleaned_data["literal"])
        return replace(filters, sort=sort) if sort and filters.allow(sort) else filters

    def query(self) -> str:
        """What fills the form's fields, as a query string; the order of the list is no field of the panel."""
        query = cast(QueryDict, self.data)
        asked = {name: query.getlist(name) for name in self.fields if name in query and name != "sort"}
        return urlencode(asked, doseq=True)

    def sorts(self) -> list[tuple[str, str]]:
        """The orders that the filters of a valid form allow: value and label."""
        filters, asked = self.filters(), self.cleaned_data["sort"]
        best_match = Sort.RELEVANCE if self.cleaned_data["literal"] or asked == Sort.RELEVANCE else Sort.MATCH
        other = {Sort.RELEVANCE, Sort.MATCH} - {best_match}
        return [
            (sort.value, label) for sort, label in SORT_LABELS.items() if filters.allow(sort) and sort not in other
        ]

    def active_filters(self) -> list[ActiveFilter]:
        """Every filter in force, each with the way to drop it alone."""
        query = cast(QueryDict, self.data)
        return [
            ActiveFilter(label=self._in_words(name, value), query_without=_without(query, name, value))
            for name, value in self._values_in_force(query)
        ]

    def _values_in_force(self, query: QueryDict) -> Iterator[tuple[str, str]]:
        for name in self.fields:
            if name not in self._said_elsewhere(query):
                yield from ((name, value) for value in query.getlist(name) if value)

    def _said_elsewhere(self, query: QueryDict) -> set[str]:
        """Parameters that are no filter of their own: a distance goes with its place, a point with its name."""
        return {"sort", "literal", "radius_miles", *(["near"] if query.get("place") else [])}

    def _in_words(self, name: str, value: str) -> str:
        field = self.fields[name]
        if isinstance(field, forms.MultipleChoiceField):
            value = str(dict(field.choices).get(value, value))  # type: ignore[arg-type]
        return SAYINGS[name](value) if name in SAYINGS else self._where_in_words(name, value)

    def _where_in_words(self, name: str, value: str) -> str:
        if name in {"place", "near"}:
            asked = self.filters() if self.is_valid() else ListingFilters()
            around = f"within {asked.radius_miles or 0:g} miles of"
            return f"{around} {self.cleaned_data['place'].label}" if name == "place" else f"{around} {value}"
        return value


def _without(data: QueryDict, name: str, value: str) -> str:
    rest = data.copy()
    for gone in ("cursor", "typed", *(("near", "radius_miles") if name in {"place", "near"} else ())):
        rest.pop(gone, None)
    rest.setlist(name, [kept for kept in rest.getlist(name) if kept != value])
    return rest.urlencode()
