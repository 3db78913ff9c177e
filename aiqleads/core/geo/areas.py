"""An area of the earth's surface as plain numbers. ``drawing`` reads one from what somebody drew."""

import json
from dataclasses import dataclass

Position = tuple[float, float]
"""Longitude and latitude in degrees, as GeoJSON orders them."""
Ring = tuple[Position, ...]


class AreaRefused(ValueError):
    """What was drawn is no area that can be searched. The text is a sentence for who drew it."""


@dataclass(frozen=True, slots=True)
class Area:
    """A valid area: polygons that do not overlap, each within ±180° of longitude.

    :param polygons: the rings of each, the outline first, then its holes
    :param square_miles: its surface on the earth, to about one percent
    """

    polygons: tuple[tuple[Ring, ...], ...]
    square_miles: float

    @property
    def geojson(self) -> str:
        """The area as a GeoJSON MultiPolygon."""
        return json.dumps({"type": "MultiPolygon", "coordinates": self.polygons}, separators=(",", ":"))
