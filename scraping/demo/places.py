"""Where the demo's homes stand: three US metros with their real cities, ZIP codes and coordinates.

City, state, county and the centre of each ZIP code come from the ``zipcodes`` package. Streets are invented
from a neutral vocabulary of trees, flowers and ordinals, and are laid near the centre of their ZIP code.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from math import cos, radians

import zipcodes

from scraping.demo.chance import stream

METRES_PER_DEGREE = 111_320.0

STREET_NAMES = (
    "Maple", "Cedar", "Juniper", "Magnolia", "Willow", "Hickory", "Laurel", "Sycamore", "Dogwood", "Aspen",
    "Chestnut", "Elderberry", "Hawthorn", "Linden", "Mulberry", "Poplar", "Redbud", "Sassafras", "Tamarack",
    "Bluebell", "Foxglove", "Larkspur", "Primrose", "Snowdrop", "Honeysuckle", "Marigold", "Verbena", "Zinnia",
    "3rd", "5th", "9th", "12th", "21st", "32nd", "43rd",
)  # fmt: skip
STREET_SUFFIXES = ("Street", "Avenue", "Lane", "Drive", "Court", "Boulevard", "Way", "Terrace", "Circle", "Road")
ORDINAL_SUFFIXES = ("Street", "Avenue")
DIRECTIONS = ("", "", "", "North", "South", "East", "West")


@dataclass(frozen=True)
class Place:
    """One ZIP code; ``latitude`` and ``longitude`` are its centre in degrees."""

    zip_code: str
    city: str
    state: str
    county: str
    latitude: float
    longitude: float
    usd_per_sqft: int


@dataclass(frozen=True)
class Metro:
    """A metropolitan area, its local time and the telephone area codes used there."""

    slug: str
    name: str
    state: str
    time_zone: str
    area_codes: tuple[str, ...]
    places: tuple[Place, ...]


@dataclass(frozen=True)
class Street:
    """A street within one ZIP code; houses lie along the line from its origin."""

    place: Place
    direction: str
    name: str
    suffix: str
    latitude: float
    longitude: float
    runs_north: bool


@dataclass(frozen=True)
class Address:
    """A postal address in full words; ``unit`` is empty for a house."""

    number: int
    street: Street
    unit: str = ""

    @property
    def place(self) -> Place:
        """Return the ZIP code the address lies in."""
        return self.street.place

    @property
    def coordinates(self) -> tuple[float, float]:
        """Return latitude and longitude in degrees: about a metre of street per house number."""
        along = (self.number % 1000) / METRES_PER_DEGREE
        across = (0.0001 if self.number % 2 else -0.0001) + len(self.unit) * 0.000002
        if self.street.runs_north:
            return round(self.street.latitude + along, 6), round(self.street.longitude + across, 6)
        return round(self.street.latitude + across, 6), round(self.street.longitude + along, 6)


@dataclass(frozen=True)
class _MetroPlan:
    slug: str
    name: str
    state: str
    time_zone: str
    area_codes: tuple[str, ...]
    usd_per_sqft: int
    zip_codes: tuple[str, ...]


_PLANS = (
    _MetroPlan(
        slug="austin",
        name="Austin",
        state="TX",
        time_zone="America/Chicago",
        area_codes=("512", "737", "254", "830"),
        usd_per_sqft=285,
        zip_codes=(
            "78702", "78704", "78723", "78731", "78745", "78748", "78757", "78759",
            "78613", "78626", "78660", "78664",
        ),
    ),
    _MetroPlan(
        slug="columbus",
        name="Columbus",
        state="OH",
        time_zone="America/New_York",
        area_codes=("614", "380", "740", "220"),
        usd_per_sqft=185,
        zip_codes=(
            "43085", "43202", "43206", "43214", "43221", "43227", "43230",
            "43016", "43017", "43026", "43081", "43123",
        ),
    ),
    _MetroPlan(
        slug="tampa",
        name="Tampa Bay",
        state="FL",
        time_zone="America/New_York",
        area_codes=("813", "727", "656", "941"),
        usd_per_sqft=235,
        zip_codes=(
            "33603", "33606", "33611", "33617", "33629", "33647",
            "33510", "33511", "33569", "33702", "33704", "33710", "33756", "33764",
        ),
    ),
)  # fmt: skip


@cache
def metros() -> tuple[Metro, ...]:
    """Return the three metros of the demo."""
    return tuple(
        Metro(
            slug=plan.slug,
            name=plan.name,
            state=plan.state,
            time_zone=plan.time_zone,
            area_codes=plan.area_codes,
            places=tuple(_place(zip_code, plan.usd_per_sqft) for zip_code in plan.zip_codes),
        )
        for plan in _PLANS
    )


def _place(zip_code: str, metro_usd_per_sqft: int) -> Place:
    [known] = zipcodes.matching(zip_code)  # type: ignore[no-untyped-call]
    return Place(
        zip_code=zip_code,
        city=known["city"],
        state=known["state"],
        county=known["county"],
        latitude=float(known["lat"]),
        longitude=float(known["long"]),
        usd_per_sqft=round(metro_usd_per_sqft * stream("price level", zip_code).uniform(0.78, 1.34)),
    )


def usual_suffixes(name: str) -> tuple[str, ...]:
    """Return the kinds of street that bear such a name."""
    return ORDINAL_SUFFIXES if name[0].isdigit() else STREET_SUFFIXES


@cache
def streets(place: Place) -> tuple[Street, ...]:
    """Return the ten streets of a ZIP code, no two of them alike in name."""
    chance = stream("streets", place.zip_code)
    return tuple(_streets(place, chance.sample(STREET_NAMES, 10)))


def _streets(place: Place, names: list[str]) -> Iterator[Street]:
    for name in names:
        chance = stream("street", place.zip_code, name)
        north_metres, east_metres = chance.uniform(-2200, 1600), chance.uniform(-2200, 1600)
        yield Street(
            place=place,
            direction=chance.choice(DIRECTIONS),
            name=name,
            suffix=chance.choice(usual_suffixes(name)),
            latitude=place.latitude + north_metres / METRES_PER_DEGREE,
            longitude=place.longitude + east_metres / (METRES_PER_DEGREE * cos(radians(place.latitude))),
            runs_north=chance.random() < 0.5,
        )
