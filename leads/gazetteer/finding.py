"""What a place's name means: the one of several that most people live in, and the one meant by a misspelt name."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rapidfuzz import process
from rapidfuzz.distance import OSA

from leads.gazetteer.names import county_key, key
from leads.gazetteer.table import Row, keys_beginning_with, rows
from leads.normalise.place import miles_between

AREAS: Final = frozenset({"city", "county"})
"""Kinds that listings name; everything else is a spot that listings lie near."""
WEIGHTS: Final = {"university": 500_000, "base": 500_000, "airport": 4_000}
WELL_KNOWN_WEIGHS: Final = 20_000
"""A neighbourhood or a lake is meant before a village of its name, and after a town."""
SHORTEST_MISSPELT: Final = 4
SHORTEST_TWICE_MISSPELT: Final = 8
REMEMBERED: Final = 2_048
SAME_TOWN_MILES: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A place by its name; ``kind`` is city, county, zip, airport or a section of ``well_known.txt``.

    ``town`` is the city that a ZIP code or a well-known place lies in. Degrees are WGS 84.
    """

    name: str
    kind: str
    state: str
    latitude: float
    longitude: float
    population: int = 0
    town: str = ""

    @property
    def point(self) -> tuple[float, float]:
        return self.latitude, self.longitude

    @property
    def label(self) -> str:
        """The place in words: "Austin, TX", "Lake Travis (Austin, TX)"."""
        if self.town and key(self.town) not in key(self.name):
            return f"{self.name} ({self.town}, {self.state})"
        return f"{self.name}, {self.state}"

    @property
    def weight(self) -> int:
        """How likely this one is meant among places of one name: its people, or how many would make it as known."""
        if self.kind in AREAS:
            return self.population
        if self.kind == "neighbourhood" and self.population:
            return self.population
        return WEIGHTS.get(self.kind, WELL_KNOWN_WEIGHS) + self.population


@lru_cache(REMEMBERED)
def find_place(
    name: str, *, state: str = "", kinds: Collection[str] | None = None, least: int = 0, forgive: bool = False
) -> Place | None:
    """The place most likely meant by ``name``; counties only where ``kinds`` asks for them.

    :param state: two letters, where the text says or implies it
    :param least: how much a place has to weigh, see :attr:`Place.weight`
    :param forgive: a name of four letters may have one wrong, one of eight two, never the first
    """
    name_key = key(name)
    found = _heaviest(rows(name_key), state, kinds, least)
    return found or (_forgiven(name_key, state, kinds, least) if forgive else None)


@lru_cache(REMEMBERED)
def find_place_around(name: str, point: tuple[float, float]) -> Place | None:
    """The place of that name that lies nearest to ``point``, at most ``SAME_TOWN_MILES`` away; counties apart."""
    places = [_place(row) for row in rows(key(name)) if row.kind not in {"county", "zip"}]
    near = [place for place in places if miles_between(place.point, point) <= SAME_TOWN_MILES]
    return min(near, key=lambda place: (place.kind == "city", miles_between(place.point, point)), default=None)


@lru_cache(REMEMBERED)
def find_county(name: str, *, state: str = "", forgive: bool = False) -> Place | None:
    """The county of that name, "County" or "Parish" said or not; the most populous one where no state is said."""
    return find_place(county_key(name), state=state, kinds=frozenset({"county"}), forgive=forgive)


def county_zips(name: str, *, state: str) -> tuple[str, ...]:
    """The ZIP codes of a county; none for a name that no county of the state has."""
    of_name = (row for row in rows(county_key(name)) if row.kind == "county" and row.state == state)
    return tuple(code for row in of_name for code in row.more.split())


def find_zip_place(zip_code: str) -> Place | None:
    """The middle of a ZIP code's area; ``None`` for digits that are no ZIP code."""
    return find_place(zip_code, kinds=frozenset({"zip"}))


def _heaviest(found: Iterable[Row], state: str, kinds: Collection[str] | None, least: int) -> Place | None:
    places = [_place(row) for row in found if (row.kind in kinds if kinds else row.kind != "county")]
    meant = [place for place in places if state in {"", place.state} and place.weight >= least]
    return max(meant, key=lambda place: place.weight, default=None)


def _forgiven(name_key: str, state: str, kinds: Collection[str] | None, least: int) -> Place | None:
    """Of the names with the fewest letters wrong the place that weighs most."""
    allowed = (len(name_key) >= SHORTEST_MISSPELT) + (len(name_key) >= SHORTEST_TWICE_MISSPELT)
    if not allowed or not name_key[0].isalpha():
        return None  # one digit changed is another ZIP code
    near = process.extract(
        name_key, keys_beginning_with(name_key[0]), scorer=OSA.distance, score_cutoff=allowed, limit=None
    )
    for distance in range(1, allowed + 1):
        rows_near = (row for spelt, wrong, _ in near if wrong == distance for row in rows(spelt))
        if found := _heaviest(rows_near, state, kinds, least):
            return found
    return None


def _place(row: Row) -> Place:
    return Place(
        name=row.name,
        kind=row.kind,
        state=row.state,
        latitude=row.latitude,
        longitude=row.longitude,
        population=row.population,
        town="" if row.kind in AREAS else row.more,
    )
