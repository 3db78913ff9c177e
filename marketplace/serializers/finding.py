"""What a search takes."""

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.fields import empty

from aiqleads.core.documents import QuestionSerializer
from aiqleads.core.geo import Area, AreaRefused, read_area
from leads import usps
from leads.gazetteer import Place, find_county
from leads.models import Kind, Tier
from marketplace.filters import (
    DEFAULT_RADIUS_MILES,
    MOST_DAYS,
    MOST_SQFT,
    MOST_ZIPS,
    PLACE,
    PROPERTY_TYPES,
    ListingFilters,
    Sort,
)
from marketplace.understanding import (
    LONGEST,
    Understanding,
    miles_around,
    place_named,
    read_literally,
    understand,
)

MOST_DOLLARS: Final = 999_999_999
SEVERAL: Final = ("kind", "tier", "property_type")
BESIDE_FILTERS: Final = frozenset({"facets", "literal", "place"})


@extend_schema_field(OpenApiTypes.STR)
class PointField(serializers.Field[tuple[float, float], str, str, Any]):
    """``latitude,longitude`` in degrees."""

    default_error_messages = {"point": "Enter latitude,longitude in degrees, such as 30.27,-97.74."}

    def to_internal_value(self, data: str) -> tuple[float, float]:
        try:
            latitude, longitude = (float(part) for part in data.split(","))
        except (AttributeError, ValueError):
            self.fail("point")
        if not (abs(latitude) <= 90 and abs(longitude) <= 180):  # false for NaN too
            self.fail("point")
        return latitude, longitude

    def to_representation(self, value: tuple[float, float]) -> str:
        return "{},{}".format(*value)


@extend_schema_field(OpenApiTypes.STR)
class AreaField(serializers.Field[Area, str, str, Any]):
    """A GeoJSON Polygon or MultiPolygon, bare or as a Feature."""

    def to_internal_value(self, data: str) -> Area:
        try:
            return read_area(data)
        except AreaRefused as refusal:
            raise serializers.ValidationError(str(refusal)) from refusal

    def to_representation(self, value: Area) -> str:
        return value.geojson


class FiniteFloatField(serializers.FloatField):
    """A number; neither NaN, which passes every bound, nor an infinity."""

    def to_internal_value(self, data: Any) -> float:
        number = super().to_internal_value(data)
        if not math.isfinite(number):
            self.fail("invalid")
        return number


@extend_schema_field(OpenApiTypes.STR)
class PlaceField(serializers.Field[Place, str, str, Any]):
    """A place by its name, as one looks for it: ``Lake Travis``, ``downtown Dallas``, ``Austin, TX``."""

    default_error_messages = {"place": "No such place is known here. Try a city with its state, or a ZIP code."}

    def to_internal_value(self, data: str) -> Place:
        place = place_named(data) if isinstance(data, str) and len(data) <= LONGEST else None
        return place or self.fail("place")

    def to_representation(self, value: Place) -> str:
        return value.label


@extend_schema_field({"type": "array", "items": {"type": "string", "pattern": "^[0-9]{5}$"}})
class ZipsField(serializers.Field[tuple[str, ...], list[str], list[str], Any]):
    """ZIP codes: the parameter several times, or several in one, apart by commas."""

    default_error_messages = {"zip": f"Enter ZIP codes of five digits, at most {MOST_ZIPS}."}

    def get_value(self, dictionary: Any) -> Any:
        return dictionary.getlist(self.field_name) if self.field_name in dictionary else empty

    def to_internal_value(self, data: list[str]) -> tuple[str, ...]:
        zips = tuple(dict.fromkeys(code for value in data for code in value.replace(",", " ").split(" ")))
        are_codes = all(len(code) == 5 and code.isascii() and code.isdigit() for code in zips)
        return zips if are_codes and len(zips) <= MOST_ZIPS else self.fail("zip")

    def to_representation(self, value: tuple[str, ...]) -> list[str]:
        return list(value)


class FilterSerializer(QuestionSerializer):
    """The query of a search."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=LONGEST,
        help_text="Words, understood: `2 bed condo near UT Austin under 400k`. Other parameters win over them.",
    )
    literal = serializers.BooleanField(default=False, help_text="`1` searches for the words of `q` as they are.")
    near = PointField(required=False, help_text="`latitude,longitude` in degrees.")
    place = PlaceField(required=False, help_text="The name of what to search near, instead of `near`.")
    radius_miles = FiniteFloatField(
        required=False,
        min_value=0.1,
        max_value=500,
        help_text="With `near` or `place`; 10 unless told, 5 around what is smaller than a city.",
    )
    polygon = AreaField(
        required=False,
        help_text="A GeoJSON Polygon or MultiPolygon of at most 1,000 points and 785,000 square miles.",
    )
    state = serializers.CharField(required=False, allow_blank=True, max_length=40)
    city = serializers.CharField(required=False, allow_blank=True, max_length=80)
    county = serializers.CharField(
        required=False, allow_blank=True, max_length=80, help_text="The most populous of its name without `state`."
    )
    zip = ZipsField(required=False)
    kind = serializers.MultipleChoiceField(choices=Kind.choices, required=False)
    tier = serializers.MultipleChoiceField(choices=Tier.choices, required=False)
    property_type = serializers.MultipleChoiceField(choices=PROPERTY_TYPES, required=False)
    beds_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    beds_max = FiniteFloatField(required=False, min_value=0, max_value=100)
    baths_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    area_min = serializers.IntegerField(required=False, min_value=0, max_value=MOST_SQFT, help_text="Square feet.")
    area_max = serializers.IntegerField(required=False, min_value=0, max_value=MOST_SQFT, help_text="Square feet.")
    price_max = serializers.IntegerField(required=False, min_value=1, max_value=10_000, help_text="Credits.")
    asking_min = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    asking_max = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    quality_min = serializers.IntegerField(required=False, min_value=0, max_value=100)
    listed_within_days = serializers.IntegerField(required=False, min_value=1, max_value=MOST_DAYS)
    sort = serializers.ChoiceField(
        choices=[sort.value for sort in Sort],
        required=False,
        help_text="`match` (with `q`) puts in order what comes nearest to the words, by what offers say and by what"
        " it means; in every other order an offer has to say all words. Unless told `match` where words are left,"
        " `newest` otherwise and with `literal=1`.",
    )
    facets = serializers.BooleanField(
        default=False, help_text="`1` adds `facets`: how many offers each further choice would leave."
    )

    def validate_state(self, state: str) -> str:
        code = usps.state_code(state)
        if state and code is None:
            raise serializers.ValidationError("Enter a US state, such as TX.")
        return code or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "radius_miles" in attrs and attrs.keys().isdisjoint({"near", "place"}):
            raise serializers.ValidationError({"radius_miles": "Say with near where the circle's centre is."})
        needed = Sort(attrs.get("sort", Sort.NEWEST)).needs
        if needed and not attrs.get(needed) and not (needed == "near" and (attrs.get("place") or attrs.get("q"))):
            raise serializers.ValidationError({"sort": f"Say with {needed} what to sort by."})
        for low, high in (("asking_min", "asking_max"), ("beds_min", "beds_max"), ("area_min", "area_max")):
            if high in attrs and attrs.get(low, 0) > attrs[high]:
                raise serializers.ValidationError({high: f"Enter an amount above {low}."})
        if attrs.get("county"):
            attrs["state"] = _state_of_county(attrs["county"], attrs.get("state", ""))
        return attrs

    @cached_property
    def understood(self) -> Understanding | None:
        """What the words of a valid query mean; ``None`` where they are words to search for and nothing else."""
        words = self.validated_data.get("q", "")
        understood = (read_literally if self.validated_data["literal"] else understand)(words)
        return understood if understood.says_something else None

    def filters(self) -> ListingFilters:
        """The typed filters of a valid query: what it says, and what its words mean beside that."""
        asked = {name: value for name, value in self.validated_data.items() if name not in BESIDE_FILTERS}
        for name in SEVERAL:  # a choice of several that is not in the query is an empty one
            if chosen := asked.pop(name, ()):
                asked[name] = tuple(sorted(chosen))
        place = self.validated_data.get("place")
        if place or "near" in asked:
            asked.setdefault("near", place and place.point)
            asked.setdefault("radius_miles", miles_around(place) if place else DEFAULT_RADIUS_MILES)
        if self.understood:
            asked = {**_beside(self.understood.facts, asked), **asked, "q": self.understood.text}
        sort = asked.pop("sort", None)
        filters = ListingFilters(**asked).sorted_unless_told(is_literal=self.validated_data["literal"])
        return replace(filters, sort=Sort(sort)) if sort and filters.allow(Sort(sort)) else filters


def _beside(facts: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """What was understood, without its place where the query says one."""
    has_place = not asked.keys().isdisjoint(PLACE)
    return {name: fact for name, fact in facts.items() if not (has_place and name in PLACE)}


def _state_of_county(county: str, state: str) -> str:
    found = find_county(county, state=state)
    if found is None:
        raise serializers.ValidationError({"county": "There is no such county. Is its state right?"})
    return found.state
