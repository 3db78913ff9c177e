"""Makes the files in ``static/map/`` from the map that ``bqplot`` ships, and from the gazetteer.

The map is the Census Bureau's (cartographic boundaries, in the public domain), simplified. The wheel is read as an
archive and never installed.
"""

import json
import zipfile
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from django.conf import settings

from leads import usps
from leads.gazetteer.table import every_row

FOLDER: Final = Path(settings.BASE_DIR) / "static" / "map"
DECIMALS: Final = 3
"""Of a degree: about a hundred metres, finer than the map that is read."""
SMALLEST_TOWN: Final = 4_000
FIPS_PER_STATE: Final = 1_000
NAMELESS: Final = {11: "DC", 72: "PR", 78: "VI"}
"""What is no state has a number and no name in the package."""

Line = list[tuple[float, float]]
Geometry = dict[str, Any]


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


def build(wheel: Path, *, to: Path = FOLDER) -> Built:
    """Write ``states.json``, ``counties.json`` and ``towns.json``; return how much stands in each.

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
