"""What the API takes and tells about territories."""

import json
from collections.abc import Callable, Sequence
from typing import Any

from django import forms
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aiqleads.core.geo import Area, AreaRefused, read_area
from marketplace import grounds
from marketplace.grounds import MOST_WORDS, Ground
from marketplace.models import Territory


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            "type": {"type": "string", "enum": ["Polygon", "MultiPolygon"]},
            "coordinates": {"type": "array", "items": {}, "minItems": 1},
        },
        "required": ["type", "coordinates"],
    }
)
class GeometryField(serializers.JSONField):
    """GeoJSON, or null."""


class TerritorySerializer(serializers.Serializer[Any]):
    """Ground that the organisation calls its own: ZIP codes, counties, a drawn area, or some of each."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=80)
    zip_codes = serializers.ListField(
        child=serializers.CharField(max_length=20), max_length=MOST_WORDS, required=False
    )
    counties = serializers.ListField(
        child=serializers.CharField(max_length=80),
        max_length=MOST_WORDS,
        required=False,
        help_text="With their states: `Travis County, TX`.",
    )
    area = GeometryField(
        required=False, allow_null=True, help_text="A GeoJSON Polygon or MultiPolygon without holes; null for none."
    )
    member = serializers.UUIDField(
        source="membership_id",
        required=False,
        allow_null=True,
        help_text="The membership of the agent whose it is; null for the whole organisation.",
    )
    early_access = serializers.BooleanField(
        source="has_early_access", required=False, help_text="Whether its new leads open to its holder first."
    )
    square_miles = serializers.FloatField(read_only=True, help_text="Of the drawn area.")
    zip_count = serializers.SerializerMethodField(help_text="ZIP codes, those of the counties included.")
    since = serializers.DateTimeField(read_only=True, help_text="It counts for leads that opened from then on.")

    def get_zip_count(self, territory: Territory) -> int:
        return len(territory.covered_zips)

    def validate_zip_codes(self, given: list[str]) -> tuple[str, ...]:
        return _read(grounds.read_zips, given)

    def validate_counties(self, given: list[str]) -> tuple[str, ...]:
        return _read(grounds.read_counties, given)

    def validate_area(self, given: object) -> Area | None:
        if given is None:
            return None
        try:
            return grounds.whole(read_area(given if isinstance(given, str) else json.dumps(given)))
        except (AreaRefused, forms.ValidationError) as refusal:
            raise serializers.ValidationError(_messages(refusal)) from refusal

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        ground = self.ground(attrs)
        if not (ground.zip_codes or ground.counties or ground.area):
            raise serializers.ValidationError("Say where it lies: zip_codes, counties or an area.")
        return attrs

    def ground(self, said: dict[str, Any]) -> Ground:
        """Where it is to lie: what is said, and what is not said as it was."""
        known: Territory | None = self.instance
        return Ground(
            zip_codes=tuple(said.get("zip_codes", known.zip_codes if known else ())),
            counties=tuple(said.get("counties", known.counties if known else ())),
            area=said["area"] if "area" in said else _area_of(known),
        )

    def to_representation(self, instance: Territory) -> dict[str, Any]:
        told = super().to_representation(instance)
        return {**told, "area": json.loads(instance.area) if instance.area else None}


def _area_of(territory: Territory | None) -> Area | None:
    return read_area(territory.area) if territory and territory.area else None


def _read(read: Callable[[Sequence[str]], tuple[str, ...]], given: list[str]) -> tuple[str, ...]:
    try:
        return read(given)
    except forms.ValidationError as refusal:
        raise serializers.ValidationError(refusal.messages) from refusal


def _messages(refusal: AreaRefused | forms.ValidationError) -> list[str]:
    return refusal.messages if isinstance(refusal, forms.ValidationError) else [str(refusal)]
