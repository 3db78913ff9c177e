"""Where on the earth rows are: in a circle, in a drawn area, how far away.

The functions take any queryset whose model has the columns ``latitude`` and ``longitude`` (degrees, WGS84). A row
without them is nowhere. Distances are metres along the surface of the earth, to 0.5 %. The edges of an area are
straight in longitude and latitude, as GeoJSON says (RFC 7946, 3.1.1).
"""

from typing import Any, Final, TypeVar

from django.db.models import Expression, Q, QuerySet

from aiqleads.core.geo.areas import Area, AreaRefused
from aiqleads.core.geo.engines import engine_of

__all__ = [
    "METRES_PER_MILE",
    "Area",
    "AreaRefused",
    "distance_metres",
    "in_area",
    "in_circle",
    "inside",
    "nearest_first",
    "nearness",
    "read_area",
    "within",
]

METRES_PER_MILE: Final = 1609.344

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


def in_circle(*, latitude: float, longitude: float, metres: float) -> Q:
    """The condition that a row lies within ``metres`` of a point."""
    return engine_of().in_circle(latitude=latitude, longitude=longitude, metres=metres)


def in_area(area: Area) -> Q:
    """The condition that a row lies in ``area``. On its very edge it may be in or out."""
    return engine_of().in_area(area)


def distance_metres(*, latitude: float, longitude: float) -> Expression:
    """How far a row is from a point."""
    return engine_of().distance_metres(latitude=latitude, longitude=longitude)


def nearness(*, latitude: float, longitude: float) -> Expression:
    """A number that grows with the distance from a point, and that an index can sort by."""
    return engine_of().nearness(latitude=latitude, longitude=longitude)


def within(rows: Rows, *, latitude: float, longitude: float, metres: float) -> Rows:
    """Keep the rows within ``metres`` of a point, each with its ``distance_metres``."""
    far = distance_metres(latitude=latitude, longitude=longitude)
    here = in_circle(latitude=latitude, longitude=longitude, metres=metres)
    return rows.annotate(distance_metres=far).filter(here)


def inside(rows: Rows, area: Area) -> Rows:
    """Keep the rows that lie in ``area``."""
    return rows.filter(in_area(area))


def nearest_first(rows: Rows, *, latitude: float, longitude: float) -> Rows:
    """Sort the rows by their distance from a point; those that are nowhere come last."""
    return rows.order_by(nearness(latitude=latitude, longitude=longitude).asc(nulls_last=True), "pk")


def read_area(text: str) -> Area:
    """Read a GeoJSON Polygon or MultiPolygon: see ``drawing.read_area``.

    :raises AreaRefused: it is none, crosses itself, or is too fine or too large
    """
    from aiqleads.core.geo import drawing  # noqa: PLC0415  (its libraries cost 20 MB, for those who ask)

    return drawing.read_area(text)
