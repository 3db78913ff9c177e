"""The engine of a PostgreSQL with PostGIS: ``geography`` for distances, ``geometry`` for areas, GiST for both.

Areas are not ``geography``: its edges are great circles, and an area's edges are straight in degrees.
"""

from typing import Final

from django.db import models
from django.db.models import Expression, F, FloatField, Func, Q, Value
from django.db.models.functions import Cast

from aiqleads.core.geo.areas import Area


class Spot(Func):
    """``core_geo_spot(latitude, longitude)``: a place on the earth as ``geography``."""

    function = "core_geo_spot"
    output_field = models.TextField()


class FlatSpot(Func):
    """``core_geo_flat_spot(latitude, longitude)``: a place on a plane of degrees, as ``geometry``."""

    function = "core_geo_flat_spot"
    output_field = models.TextField()


class IsWithin(Func):
    """``ST_DWithin(place, place, metres)``. An index answers it."""

    function = "ST_DWithin"
    output_field = models.BooleanField()


class Covers(Func):
    """``ST_Covers(area, place)``. An index answers it."""

    function = "ST_Covers"
    output_field = models.BooleanField()


class Distance(Func):
    """``ST_Distance(place, place)``: metres along the WGS84 ellipsoid."""

    function = "ST_Distance"
    output_field = FloatField()


class Nearness(Func):
    """Metres between two places on a ball. An index reads rows in its order."""

    template = "(%(expressions)s)"
    arg_joiner = " <-> "
    output_field = FloatField()


class GeoJSON(Func):
    """``ST_GeomFromGeoJSON(text)``."""

    function = "ST_GeomFromGeoJSON"
    output_field = models.TextField()


PLACES: Final = Spot(F("latitude"), F("longitude"))
FLAT_PLACES: Final = FlatSpot(F("latitude"), F("longitude"))


def in_circle(*, latitude: float, longitude: float, metres: float) -> Q:
    """Whether a row lies within ``metres`` of a point."""
    return Q(IsWithin(PLACES, _place(latitude, longitude), Cast(Value(metres), FloatField())))


def in_area(area: Area) -> Q:
    """Whether a row lies in an area."""
    return Q(Covers(GeoJSON(Value(area.geojson)), FLAT_PLACES))


def distance_metres(*, latitude: float, longitude: float) -> Expression:
    """Along the WGS84 ellipsoid."""
    return Distance(PLACES, _place(latitude, longitude))


def nearness(*, latitude: float, longitude: float) -> Expression:
    """What sorts rows as their distance from a point does; an index reads them in its order."""
    return Nearness(PLACES, _place(latitude, longitude))


def _place(latitude: float, longitude: float) -> Spot:
    return Spot(*(Cast(Value(degrees), FloatField()) for degrees in (latitude, longitude)))
