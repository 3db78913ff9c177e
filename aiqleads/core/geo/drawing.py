"""Areas that people draw, read from GeoJSON (RFC 7946): checked, cut at the antimeridian, and bounded in size.

Imported when an area is read: shapely and numpy take 20 MB and a fifth of a second.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from aiqleads.core.geo.areas import Area, AreaRefused, Position, Ring

MOST_POINTS: Final = 1_000
MOST_SQUARE_MILES: Final = 785_000
"""As many as a circle of 500 miles around a point has: the largest circle that a search takes."""
SQUARE_METRES_PER_SQUARE_MILE: Final = 2_589_988.11
EARTH_RADIUS_METRES: Final = 6_371_007.2
"""Of the sphere that has as much surface as the earth."""


def read_area(text: str) -> Area:
    """Read a GeoJSON Polygon or MultiPolygon, bare or as a Feature.

    Between two positions whose longitudes differ by more than 180° the outline takes the short way, across the
    antimeridian; an outline that goes once around the earth holds the nearer pole. Altitudes are dropped.

    :raises AreaRefused: it is none, crosses itself, or is too fine or too large
    """
    polygons = list(_polygons(_geometry(text)))
    if sum(len(ring) for rings in polygons for ring in rings) > MOST_POINTS:
        raise AreaRefused(f"Draw the area with at most {MOST_POINTS:,} points.")
    area = _area(shapely.union_all([_shape(*rings) for rings in polygons]))
    if not area.polygons:
        raise AreaRefused("The area is empty: its holes leave nothing of it.")
    if area.square_miles > MOST_SQUARE_MILES:
        raise AreaRefused(
            f"The area has {area.square_miles:,.0f} square miles. Draw one of at most {MOST_SQUARE_MILES:,}."
        )
    return area


def _area(shape: shapely.Geometry) -> Area:
    """A shape as plain numbers; slivers without a surface, which cuts leave behind, are dropped."""
    polygons = [part for part in shapely.get_parts(shape) if isinstance(part, shapely.Polygon)]
    return Area(
        tuple(tuple(tuple(ring.coords) for ring in (polygon.exterior, *polygon.interiors)) for polygon in polygons),
        float(shapely.area(shapely.transform(shape, _equal_areas))) / SQUARE_METRES_PER_SQUARE_MILE,
    )


def _geometry(text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise AreaRefused("The area is not GeoJSON.") from error
    if isinstance(document, dict) and document.get("type") == "Feature":
        document = document.get("geometry")
    if not isinstance(document, dict) or document.get("type") not in ("Polygon", "MultiPolygon"):
        raise AreaRefused("The area has to be a GeoJSON Polygon or MultiPolygon.")
    return document


def _polygons(geometry: dict[str, Any]) -> Iterator[list[Ring]]:
    """The rings of each polygon, the outline first."""
    coordinates = geometry.get("coordinates")
    polygons = [coordinates] if geometry["type"] == "Polygon" else coordinates
    if not isinstance(polygons, list) or not polygons:
        raise AreaRefused("The area has no coordinates.")
    for rings in polygons:
        if not isinstance(rings, list) or not rings:
            raise AreaRefused("A polygon is a list of rings, the outline first.")
        yield [_ring(ring) for ring in rings]


def _ring(ring: object) -> Ring:
    if not isinstance(ring, list) or len(ring) < 4:
        raise AreaRefused("A ring needs at least four positions, the last of them the first again.")
    positions = [_position(position) for position in ring[: MOST_POINTS + 1]]
    if len(ring) <= MOST_POINTS and positions[0] != positions[-1]:
        raise AreaRefused("A ring has to end where it starts.")
    return tuple(positions)


def _position(position: object) -> Position:
    match position:
        case [int() | float() as longitude, int() | float() as latitude, *_]:
            if abs(longitude) <= 180 and abs(latitude) <= 90:  # false for NaN too
                return float(longitude), float(latitude)
    raise AreaRefused("A position is [longitude, latitude] in degrees, within ±180 and ±90.")


def _shape(outline: Ring, *holes: Ring) -> shapely.Geometry:
    shape = _filled(outline)
    for hole in map(_filled, holes):
        if not shapely.covers(shape, hole):
            raise AreaRefused("A hole of the area lies outside its outline.")
        shape = shapely.difference(shape, hole)
    return shape


def _filled(ring: Ring) -> shapely.Geometry:
    """What a ring encloses, within ±180° of longitude."""
    polygon = shapely.Polygon(_unrolled(ring))
    if not polygon.is_valid:
        *_, longitude, latitude = shapely.is_valid_reason(polygon).replace("[", " ").rstrip("]").split()
        raise AreaRefused(f"The area's outline crosses or touches itself near {latitude}, {longitude}.")
    return shapely.union_all([_of_one_world(polygon, west) for west in (-540, -180, 180)])


def _unrolled(ring: Ring) -> NDArray[np.float64]:
    """The positions with longitudes that run on across the antimeridian, around the nearer pole if need be."""
    positions = np.array(ring)
    longitudes = positions[:, 0]
    if np.abs(np.diff(longitudes)).max() == 360:
        return positions  # cut already: it runs from one side of the map to the other and back
    longitudes[:] = np.unwrap(longitudes, period=360)
    if np.ptp(longitudes) > 360:
        raise AreaRefused("The area's outline goes around the earth more than once.")
    (start, _), (end, _) = positions[0], positions[-1]
    if start == end:
        return positions
    pole = np.copysign(90, positions[:, 1].mean())
    return np.vstack([positions, [(end, pole), (start, pole)]])


def _of_one_world(polygon: shapely.Polygon, west: float) -> shapely.Geometry:
    """The part of a polygon between ``west`` and a full turn east of it, laid over the middle one."""
    part = polygon.intersection(shapely.box(west, -90, west + 360, 90))
    return shapely.transform(part, lambda positions: positions - (west + 180, 0))


def _equal_areas(positions: NDArray[np.float64]) -> NDArray[np.float64]:
    """Lambert's cylindrical projection, in metres."""
    longitudes, latitudes = np.radians(positions).T
    return EARTH_RADIUS_METRES * np.column_stack([longitudes, np.sin(latitudes)])
