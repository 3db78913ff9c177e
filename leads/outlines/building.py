"""Makes ``static/map/`` and the picture of the states from the map that ``bqplot`` ships, and from the gazetteer.

The map is the Census Bureau's (cartographic boundaries, in the public domain), simplified. The wheel is read as an
archive and never installed.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from django.conf import settings
from numpy.typing import NDArray

from leads import usps
from leads.gazetteer.table import every_row
from leads.outlines.picture import FILE, HEIGHT, WIDTH

FOLDER: Final = Path(settings.BASE_DIR) / "static" / "map"
DECIMALS: Final = 3
"""Of a degree: about a hundred metres, finer than the map that is read."""
SMALLEST_TOWN: Final = 4_000
FIPS_PER_STATE: Final = 1_000
NAMELESS: Final = {11: "DC", 72: "PR", 78: "VI"}
"""What is no state has a number and no name in the package."""

Line = list[tuple[float, float]]
Geometry = dict[str, Any]


class Projection(NamedTuple):
    """Albers' equal areas between two parallels (Snyder, Map Projections, 14), scaled into the picture.

    ``x`` and ``y`` are the pixels of the point at ``longitude`` and ``latitude``; ``scale`` is the earth's radius.
    """

    south: float
    north: float
    longitude: float
    latitude: float
    scale: float
    x: float
    y: float

    def pixels(self, positions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Longitudes and latitudes as pixels from the left and from the top."""
        south, north, middle = np.radians([self.south, self.north, self.latitude])
        n = (np.sin(south) + np.sin(north)) / 2
        constant = np.cos(south) ** 2 + 2 * n * np.sin(south)
        west = (positions[:, 0] - self.longitude + 180) % 360 - 180
        angles = n * np.radians(west)
        away = np.sqrt(constant - 2 * n * np.sin(np.radians(positions[:, 1]))) / n
        start = np.sqrt(constant - 2 * n * np.sin(middle)) / n
        return np.column_stack(
            [self.x + self.scale * away * np.sin(angles), self.y - self.scale * (start - away * np.cos(angles))]
        )


MAINLAND: Final = Projection(29.5, 45.5, -96, 38, 1_220, WIDTH / 2, HEIGHT / 2 - 5)
INSETS: Final = {
    "AK": Projection(55, 65, -154, 63, 430, 130, 510),
    "HI": Projection(19, 22, -157, 20.5, 1_220, 300, 560),
    "PR": Projection(17, 19, -66.4, 18.2, 1_220, 800, 575),
    "VI": Projection(17, 19, -64.8, 18.0, 1_220, 850, 577),
}
SIMPLIFIED_PIXELS: Final = 0.7
SMALLEST_SQUARE_PIXELS: Final = 3


class Built(NamedTuple):
    """How much was written."""

    states: int
    county_lines: int
    towns: int


class Topology:
    """A TopoJSON document: lines that neighbours share, and shapes made of them."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.objects: dict[str, list[Geometry]] = {
            name: found["geometries"] for name, found in document["objects"].items() if "geometries" in found
        }
        transform = document["transform"]
        self._lines = [_line(arc, transform["scale"], transform["translate"]) for arc in document["arcs"]]

    def line(self, number: int) -> Line:
        """A line by its number; by its complement, from end to start."""
        return self._lines[number] if number >= 0 else self._lines[~number][::-1]

    def polygons(self, shape: Geometry) -> list[list[Line]]:
        """The rings of each polygon of a shape; what rounding left without a surface is dropped."""
        polygons = [[self._ring(ring) for ring in polygon] for polygon in _arcs(shape)]
        filled = [[ring for ring in polygon if len(ring) > 3] for polygon in polygons]
        return [polygon for polygon in filled if polygon]

    def _ring(self, numbers: list[int]) -> Line:
        ring: Line = []
        for number in numbers:
            ring.extend(self.line(number)[1 if ring else 0 :])
        return _without_repeats(ring)


def build(wheel: Path, *, to: Path = FOLDER, picture: Path = FILE) -> Built:
    """Write ``states.json``, ``counties.json``, ``towns.json`` and the picture; return how much stands in each.

    :raises FileNotFoundError: there is no wheel
    :raises KeyError: it holds no maps
    """
    with zipfile.ZipFile(wheel) as archive:
        counties = Topology(json.loads(archive.read("bqplot/map_data/USCountiesMap.json")))
        named = json.loads(archive.read("bqplot/map_data/USStatesMap.json"))["objects"]["subunits"]["geometries"]
    states = list(_states(counties, {**NAMELESS, **_codes(named)}))
    lines = list(_county_lines(counties))
    towns = _towns()
    to.mkdir(parents=True, exist_ok=True)
    _write(picture, list(map(_in_picture, states)))
    _write(to / "states.json", {"type": "FeatureCollection", "features": states})
    _write(to / "counties.json", {"type": "MultiLineString", "coordinates": lines})
    _write(to / "towns.json", towns)
    return Built(states=len(states), county_lines=len(lines), towns=len(towns))


def _codes(named: list[Geometry]) -> dict[int, str | None]:
    """States' codes by their number (FIPS 5-2)."""
    return {shape["id"]: usps.state_code(shape["properties"]["name"]) for shape in named if shape["properties"]}


def _states(counties: Topology, codes: Mapping[int, str | None]) -> Iterator[dict[str, Any]]:
    """Each state as a GeoJSON feature with its code, in the order of the codes."""
    shapes = {code: shape for shape in counties.objects["states"] if (code := codes[shape["id"]])}
    for code, shape in sorted(shapes.items()):
        yield {
            "type": "Feature",
            "properties": {"code": code},
            "geometry": {"type": "MultiPolygon", "coordinates": counties.polygons(shape)},
        }


def _county_lines(counties: Topology) -> Iterator[Line]:
    """The borders between counties of one state, each once; coasts and states' borders stand with the states."""
    drawn: set[frozenset[tuple[float, float]]] = set()
    sides: dict[int, list[int]] = defaultdict(list)
    for county in counties.objects["subunits"]:
        for polygon in _arcs(county):
            for number in (number for ring in polygon for number in ring):
                sides[max(number, ~number)].append(county["id"] // FIPS_PER_STATE)
    for number, states in sides.items():
        line = _without_repeats(counties.line(number))
        is_inner = len(states) > len(set(states)) and len(line) > 1
        if is_inner and frozenset(line) not in drawn:
            drawn.add(frozenset(line))
            yield line


def _in_picture(state: dict[str, Any]) -> tuple[str, str, float, float]:
    """A state's code, its path in the picture, and a point inside."""
    code = state["properties"]["code"]
    projection = INSETS.get(code, MAINLAND)
    shape = shapely.transform(shapely.geometry.shape(state["geometry"]), projection.pixels)
    parts = shapely.get_parts(shapely.make_valid(shape).simplify(SIMPLIFIED_PIXELS))
    drawn = [part for part in parts if part.geom_type == "Polygon" and part.area > SMALLEST_SQUARE_PIXELS]
    drawn = drawn or [max(parts, key=lambda part: float(part.area))]
    inside = max(drawn, key=lambda part: float(part.area)).representative_point()
    return code, "".join(map(_path, drawn)), round(inside.x, 1), round(inside.y, 1)


def _path(polygon: shapely.Polygon) -> str:
    return f"M{' '.join(f'{x:.1f},{y:.1f}' for x, y in polygon.exterior.coords[:-1])}Z"


def _towns() -> list[tuple[str, float, float, int]]:
    """Name, latitude, longitude and people of each town, the largest first."""
    towns = {(row.name, row.state): row for row in every_row() if row.kind == "city"}
    large = [row for row in towns.values() if row.population >= SMALLEST_TOWN]
    large.sort(key=lambda row: (-row.population, row.name, row.state))
    return [(row.name, round(row.latitude, 2), round(row.longitude, 2), row.population) for row in large]


def _arcs(shape: Geometry) -> list[list[list[int]]]:
    """The lines' numbers of a shape, by polygon and ring."""
    found: list[Any] = shape.get("arcs", [])
    return [found] if shape.get("type") == "Polygon" else found


def _line(arc: list[list[int]], scale: list[float], start: list[float]) -> Line:
    """Differences of whole numbers, as longitudes and latitudes."""
    line, x, y = [], 0, 0
    for right, up in arc:
        x, y = x + right, y + up
        line.append((round(x * scale[0] + start[0], DECIMALS), round(y * scale[1] + start[1], DECIMALS)))
    return line


def _without_repeats(line: Line) -> Line:
    return [position for at, position in enumerate(line) if at == 0 or position != line[at - 1]]


def _write(file: Path, content: object) -> None:
    file.write_text(json.dumps(content, separators=(",", ":")), encoding="utf-8")
