"""The engine of any PostgreSQL: ``cube`` for distances, the native ``polygon`` for areas, GiST for both.

A place is kept as its point in space, in metres from the earth's centre (``core_geo_point``): near the poles and
across the antimeridian it is as any other. Straight lines through the earth (chords) sort places as distances do.
"""

from typing import Any, Final

from django.db import models
from django.db.models import Expression, F, FloatField, Func, Q, Value
from django.db.models.functions import ASin, Cast, Least
from django.db.models.lookups import LessThanOrEqual

from aiqleads.core.geo.areas import Area, Ring


class Place(Func):
    """``core_geo_point(latitude, longitude)``: a place in space."""

    function = "core_geo_point"
    output_field = models.TextField()


class FlatPlace(Func):
    """``point(longitude, latitude)``: a place on a plane of degrees."""

    function = "point"
    output_field = models.TextField()


class Radius(Func):
    """``core_geo_radius(latitude)``: metres from the earth's centre to its surface."""

    function = "core_geo_radius"
    output_field = FloatField()


class Chord(Func):
    """Metres between two places, straight through the earth. An index reads rows in its order."""

    template = "(%(expressions)s)"
    arg_joiner = " <-> "
    output_field = FloatField()


class Ball(Func):
    """``cube_enlarge(place, metres, 3)``: the box in space around a circle."""

    function = "cube_enlarge"
    output_field = models.TextField()


class Contains(Func):
    """Whether a box holds a place. An index answers it; the box's corners need a second look."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = models.BooleanField()


class InRing(Func):
    """Whether a flat place lies in a polygon. An index answers it."""

    template = "(%(expressions)s)"
    arg_joiner = " <@ "
    output_field = models.BooleanField()


class Polygon(models.Field):  # type: ignore[type-arg]
    """PostgreSQL's ``polygon``: one ring of points."""

    def db_type(self, connection: Any) -> str:
        return "polygon"


PLACES: Final = Place(F("latitude"), F("longitude"))
FLAT_PLACES: Final = FlatPlace(F("longitude"), F("latitude"))


def in_circle(*, latitude: float, longitude: float, metres: float) -> Q:
    """Whether a row lies within ``metres`` of a point."""
    box = Ball(_place(latitude, longitude), Value(metres), Value(3))
    distance = distance_metres(latitude=latitude, longitude=longitude)
    return Q(Contains(box, PLACES), LessThanOrEqual(distance, metres))


def in_area(area: Area) -> Q:
    """Whether a row lies in an area."""
    anywhere = Q()
    for rings in area.polygons:
        outline, *holes = map(_in_ring, rings)
        anywhere |= Q(outline, *(~hole for hole in holes))
    return anywhere


def distance_metres(*, latitude: float, longitude: float) -> Expression:
    """Along the surface of a ball that is as wide as the earth is at the two places."""
    diameter = Radius(F("latitude")) + Radius(Value(latitude, output_field=FloatField()))
    return diameter * ASin(Least(Value(1.0), nearness(latitude=latitude, longitude=longitude) / diameter))


def nearness(*, latitude: float, longitude: float) -> Expression:
    """What sorts rows as their distance from a point does; an index reads them in its order."""
    return Chord(PLACES, _place(latitude, longitude))


def _place(latitude: float, longitude: float) -> Place:
    return Place(*(Cast(Value(degrees), FloatField()) for degrees in (latitude, longitude)))


def _in_ring(ring: Ring) -> Q:
    corners = ",".join(f"({longitude!r},{latitude!r})" for longitude, latitude in ring)
    return Q(InRing(FLAT_PLACES, Cast(Value(f"({corners})"), Polygon())))
