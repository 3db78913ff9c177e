"""Distances on the earth, computed and indexed by PostgreSQL's ``earthdistance``."""

from typing import Any, Final, TypeVar

from django.db import models
from django.db.models import F, FloatField, Func, QuerySet, Value
from django.db.models.functions import Cast

METRES_PER_MILE: Final = 1609.344

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


class Earth(Func):
    """``ll_to_earth(latitude, longitude)``: a point as the extension keeps it."""

    function = "ll_to_earth"
    output_field = models.TextField()


class EarthDistance(Func):
    """``earth_distance(point, point)`` in metres."""

    function = "earth_distance"
    output_field = FloatField()


class EarthBox(Func):
    """``earth_box(point, metres)``: the box around a circle."""

    function = "earth_box"
    output_field = models.TextField()


class InBox(Func):
    """Whether a box contains a point. An index answers it; the box's corners need a second look."""

    template = "(%(expressions)s)"
    arg_joiner = " @> "
    output_field = models.BooleanField()


def within(rows: Rows, *, latitude: float, longitude: float, metres: float) -> Rows:
    """Keep the rows whose ``latitude`` and ``longitude`` columns (degrees) lie within ``metres`` of the point."""
    centre = Earth(*(Cast(Value(degrees), FloatField()) for degrees in (latitude, longitude)))
    place = Earth(F("latitude"), F("longitude"))
    near = rows.annotate(distance_metres=EarthDistance(centre, place))
    return near.filter(InBox(EarthBox(centre, Value(metres)), place), distance_metres__lte=metres)
