"""What a search takes."""

import math
from typing import Any, Final

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aiqleads.core.geo import Area, AreaRefused, read_area
from leads import usps
from leads.models import Kind, Tier
from marketplace.filters import ListingFilters, Sort

MOST_DOLLARS: Final = 999_999_999
DEFAULT_RADIUS_MILES: Final = 10.0


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


class FilterSerializer(serializers.Serializer[Any]):
    """The query of a search."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=120, help_text="Words.")
    near = PointField(required=False, help_text="`latitude,longitude` in degrees.")
    radius_miles = FiniteFloatField(
        required=False, min_value=0.1, max_value=500, help_text="With `near`; 10 unless told."
    )
    polygon = AreaField(
        required=False,
        help_text="A GeoJSON Polygon or MultiPolygon of at most 1,000 points and 785,000 square miles.",
    )
    state = serializers.CharField(required=False, allow_blank=True, max_length=40)
    city = serializers.CharField(required=False, allow_blank=True, max_length=80)
    zip = serializers.RegexField(r"^[0-9]{5}\Z", required=False)
    kind = serializers.MultipleChoiceField(choices=Kind.choices, required=False)
    tier = serializers.MultipleChoiceField(choices=Tier.choices, required=False)
    beds_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    baths_min = FiniteFloatField(required=False, min_value=0, max_value=100)
    price_max = serializers.IntegerField(required=False, min_value=1, max_value=10_000, help_text="Credits.")
    asking_min = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    asking_max = serializers.IntegerField(
        required=False, min_value=0, max_value=MOST_DOLLARS, help_text="US dollars."
    )
    quality_min = serializers.IntegerField(required=False, min_value=0, max_value=100)
    sort = serializers.ChoiceField(choices=[sort.value for sort in Sort], required=False)
    facets = serializers.BooleanField(
        default=False, help_text="`1` adds `facets`: how many offers each further choice would leave."
    )

    def validate_state(self, state: str) -> str:
        code = usps.state_code(state)
        if state and code is None:
            raise serializers.ValidationError("Enter a US state, such as TX.")
        return code or ""

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "radius_miles" in attrs and "near" not in attrs:
            raise serializers.ValidationError({"radius_miles": "Say with near where the circle's centre is."})
        needed = Sort(attrs.get("sort", Sort.NEWEST)).needs
        if needed and not attrs.get(needed):
            raise serializers.ValidationError({"sort": f"Say with {needed} what to sort by."})
        if attrs.get("asking_min", 0) > attrs.get("asking_max", MOST_DOLLARS):
            raise serializers.ValidationError({"asking_max": "Enter an amount above asking_min."})
        return attrs

    def filters(self) -> ListingFilters:
        """The typed filters of a valid query."""
        asked = {name: value for name, value in self.validated_data.items() if name != "facets"}
        asked |= {name: tuple(sorted(asked[name])) for name in ("kind", "tier") if name in asked}
        if "zip" in asked:
            asked["zip"] = (asked["zip"],)
        if "near" in asked:
            asked.setdefault("radius_miles", DEFAULT_RADIUS_MILES)
        return ListingFilters(**{**asked, "sort": Sort(asked.get("sort", Sort.NEWEST))})
