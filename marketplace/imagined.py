"""Homes and owners that do not exist, made up from chance: plausible in all that look-ups and prices meet.

Every ZIP code of the country, more homes where more people live, prices that follow area and place, buildings of
many units, twin houses next door, owners with a phone or an e-mail, and some who offer many homes. Phones are of
the area code 555, which nobody has.
"""

import math
import random
from dataclasses import dataclass, replace
from functools import cache
from itertools import accumulate
from typing import Final

import zipcodes

from leads import usps
from leads.address import NormalisedAddress
from leads.models import Kind
from marketplace.imagined_features import features

KINDS: Final[dict[str, int]] = {
    Kind.FSBO: 46,
    Kind.RENTAL_OWNER: 18,
    Kind.EXPIRED: 14,
    Kind.ABSENTEE: 8,
    Kind.PREFORECLOSURE: 6,
    Kind.PROBATE: 4,
    Kind.OWNER_SUBMITTED: 4,
}
HOMES: Final = {"single_family": 60, "condo": 16, "townhouse": 14, "multi_family": 6, "manufactured": 4}
IN_BUILDINGS: Final = frozenset({"condo", "multi_family"})
NAMES: Final = (  # noqa: SIM905  (fifty words, read as words)
    "Alder Ash Aspen Balsam Beech Birch Cedar Cherry Chestnut Cypress Elm Fern Fir Hawthorn Hazel Heather Hemlock "
    "Hickory Holly Hornbeam Ivy Juniper Larch Laurel Lilac Linden Locust Magnolia Maple Mulberry Myrtle Oak Olive "
    "Orchard Pecan Pine Plum Poplar Quince Redbud Rowan Sage Sequoia Spruce Sumac Sycamore Tamarack Walnut Willow "
    "Yew"
).split()
PLACES_OF_STREETS: Final = ("", "", "", "", "Brook", "Creek", "Hill", "Hollow", "Lake", "Meadow", "Ridge", "Spring")
SUFFIXES: Final = ("St", "Ave", "Rd", "Dr", "Ln", "Ct", "Way", "Blvd")
GIVEN_NAMES: Final = ("Avery", "Casey", "Devon", "Ellis", "Jamie", "Morgan", "Parker", "Quinn", "Riley", "Taylor")
SENTENCES: Final = (
    "Bright rooms near the creek.",
    "Roof and water heater are new.",
    "Relocating, price negotiable.",
    "Walk to the park, the library and the farmers' market on Saturdays.",
    "The kitchen was done over two years ago, with stone counters and a gas range.",
    "Fenced yard with two old trees.",
    "No agents please.",
    "Bring offers, must sell before summer.",
    "Hardwood floors throughout, carpet upstairs.",
    "Garage for two cars and a workshop.",
    "Seller pays part of the closing costs.",
    "Quiet street, ten minutes from the highway.",
)
TEXTS: Final = 400
"""So many different descriptions there are: as in life, many owners say the same."""
AGENTS: Final = 2_000
SHARED_PHONES: Final = 0.04
NEXT_DOOR: Final = 0.02
ANOTHER_UNIT: Final = 0.85
PHONES: Final = 10_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Home:
    """A home on offer. ``text`` is the number of its description, see :func:`description`."""

    kind: str
    address: NormalisedAddress
    latitude: float
    longitude: float
    property_type: str
    beds: int
    baths: float
    area_sqft: int
    asking_dollars: int
    price_period: str
    image_count: int
    text: int

    @property
    def features(self) -> list[str]:
        """What it has, by the names of the closed catalogue."""
        told = f"{self.address.line}, {self.address.zip}, {self.text}"
        return features(self.property_type, seed=told)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who offers it: a phone, an e-mail or both; "" for none."""

    name: str
    phone: str
    email: str


class Imagination:
    """Makes up one home after another; equal chances make equal homes.

    :param cities: where alone homes lie, as city and state; all over the country unless told
    """

    def __init__(self, chance: random.Random, cities: tuple[tuple[str, str], ...] = ()) -> None:
        self._chance, self._cities = chance, cities
        self._last: Home | None = None
        self._building: Home | None = None

    def home(self) -> Home:
        """A home anywhere, the twin of the last one, or another unit of the last building."""
        chance = self._chance
        if self._last and chance.random() < NEXT_DOOR:
            return _next_door(self._last)
        property_type = _weighted(chance, HOMES)
        if property_type not in IN_BUILDINGS:
            self._last = self._anywhere(property_type, unit=None)
            return self._last
        if self._building and chance.random() < ANOTHER_UNIT:
            self._building = self._another_unit(self._building)
        else:
            self._building = self._anywhere(property_type, unit="1")
        return self._building

    def owner(self, number: int) -> Owner:
        """The owner of a home, by its number; one in twenty-five shares a phone with other homes."""
        chance = self._chance
        name = f"{chance.choice(GIVEN_NAMES)} {chance.choice(NAMES)}"
        has_phone = chance.random() < 0.7
        line = int(AGENTS * chance.random() ** 2) if chance.random() < SHARED_PHONES else number
        has_email = not has_phone or chance.random() < 0.5
        return Owner(
            name=name,
            phone=f"+1555{line % PHONES:07d}" if has_phone else "",
            email=f"owner.{number}@example.com" if has_email else "",
        )

    def _anywhere(self, property_type: str, *, unit: str | None) -> Home:
        chance = self._chance
        place = _a_place(chance, self._cities)
        beds = min(6, max(1, round(chance.gauss(3, 1))))
        address = NormalisedAddress(
            number=str(chance.randint(1, 9999)),
            predirectional=chance.choice("NSEW") if chance.random() < 0.3 else None,
            street_name=f"{chance.choice(NAMES)} {chance.choice(PLACES_OF_STREETS)}".strip(),
            suffix=chance.choice(SUFFIXES),
            unit=unit,
            city=place.city,
            state=place.state_code,
            zip=place.zip_code,
        )
        kind, area_sqft = _weighted(chance, KINDS), _area(chance, beds)
        is_let = kind == Kind.RENTAL_OWNER
        return Home(
            kind=kind,
            address=address,
            latitude=round(place.latitude + chance.gauss(0, 0.02), 6),
            longitude=round(place.longitude + chance.gauss(0, 0.02), 6),
            property_type=property_type,
            beds=beds,
            baths=max(1, round(beds * chance.uniform(0.5, 0.9) * 2) / 2),
            area_sqft=area_sqft,
            asking_dollars=_price(chance, place, area_sqft, is_let=is_let),
            price_period="month" if is_let else "once",
            image_count=chance.randint(0, 24),
            text=chance.randrange(TEXTS),
        )

    def _another_unit(self, home: Home) -> Home:
        """The next unit of a building: its own rooms and price, on the same spot."""
        chance = self._chance
        beds = min(4, max(1, round(chance.gauss(2, 1))))
        area_sqft = _area(chance, beds)
        dollars = home.asking_dollars * area_sqft / home.area_sqft * chance.uniform(0.9, 1.1)
        return replace(
            home,
            address=replace(home.address, unit=str(int(home.address.unit or 0) + 1)),
            beds=beds,
            area_sqft=area_sqft,
            asking_dollars=max(300, int(round(dollars, -1))),
            text=chance.randrange(TEXTS),
        )


def _next_door(home: Home) -> Home:
    """A home that differs by its number and nothing else."""
    return replace(home, address=replace(home.address, number=str(int(home.address.number or 0) + 2)))


def _area(chance: random.Random, beds: int) -> int:
    return max(250, int(round(420 + beds * chance.gauss(430, 90), -1)))


def _price(chance: random.Random, place: "Place", area_sqft: int, *, is_let: bool) -> int:
    dollars = area_sqft * place.dollars_per_sqft * chance.lognormvariate(0, 0.18)
    return max(300, int(round(dollars * 0.0055, -1))) if is_let else max(9_000, int(round(dollars, -3)))


@cache
def description(text: int) -> str:
    """The words of an advert by their number, below ``TEXTS``."""
    return " ".join(random.Random(text).sample(SENTENCES, 5))  # noqa: S311  (plausible, not secret)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One ZIP code's area, and what homes cost there."""

    zip_code: str
    city: str
    state_code: str
    latitude: float
    longitude: float
    dollars_per_sqft: float


def _a_place(chance: random.Random, cities: tuple[tuple[str, str], ...]) -> Place:
    """Somewhere, and more often where more people live: a third of all homes lie in a tenth of the ZIP codes."""
    places = _places_of(cities)
    return places[int(len(places) * chance.random() ** 2)]


@cache
def _places_of(cities: tuple[tuple[str, str], ...]) -> list[Place]:
    """The areas of some cities, each as often as any other; all areas without."""
    if not cities:
        return _places()
    by_city = {city: [place for place in _places() if (place.city, place.state_code) == city] for city in cities}
    most = max(map(len, by_city.values()))
    return [places[number % len(places)] for number in range(most) for places in by_city.values()]


@cache
def _places() -> list[Place]:
    """Every standard ZIP code of the fifty states, with a price level that its first three digits share."""
    places = [
        Place(
            zip_code=row["zip_code"],
            city=row["city"],
            state_code=row["state"],
            latitude=float(row["lat"]),
            longitude=float(row["long"]),
            dollars_per_sqft=random.Random(row["zip_code"][:3]).lognormvariate(math.log(200), 0.35),  # noqa: S311
        )
        for row in zipcodes.list_all()  # type: ignore[no-untyped-call]
        if row["zip_code_type"] == "STANDARD" and row["state"] in usps.STATE_CODES
    ]
    random.Random(0).shuffle(places)  # noqa: S311  (the same order each time)
    return places


def _weighted(chance: random.Random, weights: dict[str, int]) -> str:
    names, sums = _sums(tuple(weights.items()))
    return chance.choices(names, cum_weights=sums)[0]


@cache
def _sums(weights: tuple[tuple[str, int], ...]) -> tuple[list[str], list[int]]:
    names, shares = zip(*weights, strict=True)
    return [str(name) for name in names], list(accumulate(shares))
