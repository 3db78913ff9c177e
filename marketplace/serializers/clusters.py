"""What a map asks for, and what it is told."""

import math
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from aiqleads.core.documents import DocumentSerializer
from leads.models import Kind, Tier
from marketplace.cards import LeadCard, Offer
from marketplace.selectors.clusters import LARGEST_ZOOM, MapView, Window

Box = tuple[float, float, float, float]


@extend_schema_field(OpenApiTypes.STR)
class BoxField(serializers.Field[Box, str, str, Any]):
    """``west,south,east,north`` in degrees, as RFC 7946 orders them (section 5)."""

    default_error_messages = {
        "box": "Enter west,south,east,north in degrees, such as -98.1,30.1,-97.5,30.6.",
    }

    def to_internal_value(self, data: str) -> Box:
        try:
            west, south, east, north = (float(part) for part in data.split(","))
        except (AttributeError, ValueError):
            self.fail("box")
        is_on_earth = max(abs(west), abs(east)) <= 180 and -90 <= south < north <= 90  # false for NaN too
        if not is_on_earth or west == east or not math.isfinite(west + east):
            self.fail("box")
        return west, south, east, north

    def to_representation(self, value: Box) -> str:
        return ",".join(map(str, value))


class WindowSerializer(serializers.Serializer[Any]):
    """Which part of the earth is looked at, and from how near."""

    bbox = BoxField(help_text="`west,south,east,north` in degrees; west beyond east spans the antimeridian.")
    zoom = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_ZOOM,
        help_text="At 0 the earth is 256 pixels wide, then twice as wide each.",
    )

    def window(self) -> Window:
        """The typed window of a valid query."""
        west, south, east, north = self.validated_data["bbox"]
        return Window(west=west, south=south, east=east, north=north, zoom=self.validated_data["zoom"])


class ClusterSerializer(DocumentSerializer):
    """Offers that lie close together: their number, their middle, and the box around them."""

    count = serializers.IntegerField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    south = serializers.FloatField()
    west = serializers.FloatField()
    north = serializers.FloatField()
    east = serializers.FloatField()


class MarkerSerializer(DocumentSerializer):
    """One offer on the map: a ``LeadCard``. The point lies 300–800 m from the home."""

    id = serializers.UUIDField(source="listing.lead_id")
    latitude = serializers.FloatField(source="listing.latitude")
    longitude = serializers.FloatField(source="listing.longitude")
    title = serializers.CharField(source="listing.title")
    kind = serializers.ChoiceField(choices=Kind.choices, source="listing.kind")
    tier = serializers.ChoiceField(choices=Tier.choices, source="listing.tier")
    price_credits = serializers.IntegerField(help_text="The caller's own price.")
    offer = serializers.ChoiceField(choices=[(offer.value, offer.value) for offer in Offer])


class MapSerializer(serializers.Serializer[Any]):
    """What a window shows of the matching offers."""

    count = serializers.IntegerField(help_text="In the window.")
    is_estimated = serializers.BooleanField(help_text="Counts come from a sample, and are rounded to two digits.")
    not_on_map = serializers.IntegerField(help_text="Matching offers without a point, wherever they are.")
    clusters = ClusterSerializer(many=True)
    leads = MarkerSerializer(many=True, help_text="Those that stand alone.")


def map_document(view: MapView, cards: list[LeadCard]) -> dict[str, Any]:
    """``view`` as JSON, with ``cards`` of its listings."""
    numbers = {"count": view.count, "is_estimated": view.is_estimated, "not_on_map": view.not_on_map}
    told: dict[str, Any] = MapSerializer({**numbers, "clusters": view.clusters, "leads": cards}).data
    return told
