"""Where on the earth rows are: in a circle, in a drawn area, how far away.

The functions take any queryset whose model has the columns ``latitude`` and ``longitude`` (degrees, WGS84). A row
without them is nowhere. Distances are metres along the surface of the earth, to 0.5 %. The edges of an area are
straight in longitude and latitude, as GeoJSON says (RFC 7946, 3.1.1).
"""

from typing import Any, Final, NamedTuple, TypeVar

from django.db.models import QuerySet

from aiqleads.core.geo import native
from aiqleads.core.geo.areas import Area, AreaRefused

__all__ = ["METRES_PER_MILE", "Area", "AreaRefused", "Point", "inside", "read_area", "within"]

METRES_PER_MILE: Final = 1609.344

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])


class Point(NamedTuple):
    """A place in degrees."""

    latitude: float
    longitude: float


def within(rows: Rows, *, latitude: float, longitude: float, metres: float) -> Rows:
    """Keep the rows within ``metres`` of a point, each with its ``distance_metres``."""
    return native.within(rows, latitude=latitude, longitude=longitude, metres=metres)


def inside(rows: Rows, area: Area) -> Rows:
    """Keep the rows that lie in ``area``. On its very edge they may be in or out."""
    return native.inside(rows, area)


def read_area(text: str) -> Area:
    """Read a GeoJSON Polygon or MultiPolygon: see ``drawing.read_area``.

    :raises AreaRefused: it is none, crosses itself, or is too fine or too large
    """
    from aiqleads.core.geo import drawing  # noqa: PLC0415  (its libraries cost 20 MB, for those who ask)

    return drawing.read_area(text)
