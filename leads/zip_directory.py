"""The ZIP codes of the United States: which places, which state and where, from the list in ``zipcodes``.

Looks up, and judges nothing. What was asked for once is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from string import digits
from sys import intern
from typing import Any, Final

import zipcodes

_SHORT_PLACE_WORDS: Final = {"saint": "st", "sainte": "ste", "mount": "mt", "fort": "ft"}
_DIRECTION_WORDS: Final = {"north": "n", "south": "s", "east": "e", "west": "w"}


@dataclass(frozen=True, slots=True)
class ZipArea:
    """What the directory knows of one ZIP code; ``city_keys`` are spelled as :func:`place_key` does.

    ``time_zone`` is a name of the tz database, or "" where the directory knows none.
    """

    city_keys: frozenset[str]
    city: str
    state: str
    latitude: float
    longitude: float
    time_zone: str


@cache
def find_zip(zip_code: str) -> ZipArea | None:
    """The ZIP's area; ``None`` for digits that are no ZIP code."""
    is_a_code = len(zip_code) == 5 and zip_code.isascii() and zip_code.isdigit()
    return _areas_around(zip_code[:3]).get(zip_code) if is_a_code else None


@cache
def _areas_around(zip3: str) -> dict[str, ZipArea]:
    """The ZIP codes that begin so, together: each question goes through the whole list."""
    return {row["zip_code"]: _area(row) for row in zipcodes.similar_to(zip3)}  # type: ignore[no-untyped-call]


def cities_of_state(state: str) -> frozenset[str]:
    """The keys of every place that has mail delivered in a state (two letters)."""
    return frozenset(_areas_by_city(state))


def place_key(city: str | None) -> str:
    """A city's canonical spelling: "Saint Paul" and "St. Paul" are one, and so are "N. Miami" and "North Miami"."""
    words = re.sub(r"[^\w\s\-]", "", city or "").replace("-", " ").lower().split()
    key = [_SHORT_PLACE_WORDS.get(word, word) for word in words]
    return " ".join([_DIRECTION_WORDS.get(key[0], key[0]), *key[1:]]) if len(key) > 1 else " ".join(key)


def city_name(city: str, zip_code: str | None) -> str:
    """A city as the postal directory spells it, so that "PFLUGERVILLE" and "Ft. Worth" are no cities of their own.

    Where the ZIP is unknown or belongs to another city, what is written stays, but never in one case throughout.
    """
    area = find_zip(zip_code) if zip_code else None
    is_listed = area is not None and place_key(area.city) == place_key(city)
    if city not in {city.upper(), city.lower()}:  # "McAllen" and "Coeur d'Alene" know better than the directory
        return area.city if area and is_listed and _letters(area.city) != _letters(city) else city
    return area.city if area and is_listed else " ".join(word.capitalize() for word in city.split())


def _letters(city: str) -> str:
    return re.sub(r"\W", "", city).lower()


def areas_of_city(city_key: str, *, state: str) -> tuple[ZipArea, ...]:
    """The ZIP areas of a state's place of that name."""
    return _areas_by_city(state).get(city_key, ())


def zones_of_state(state: str) -> list[str]:
    """The time zone of each place of a state's ZIP codes, "" where the directory knows none."""
    return [area.time_zone for found in _areas_by_city(state).values() for area in found]


def is_city_of_any_state(city_key: str) -> bool:
    """Whether any place in the country is called so. The first question reads the whole list: a second, 60 MB."""
    return city_key in _all_city_keys()


@cache
def _areas_by_city(state: str) -> dict[str, tuple[ZipArea, ...]]:
    areas: dict[str, list[ZipArea]] = {}
    for row in zipcodes.filter_by(state=state):  # type: ignore[no-untyped-call]
        area = _area(row)
        for key in area.city_keys:
            areas.setdefault(key, []).append(area)
    return {key: tuple(found) for key, found in areas.items()}


@cache
def _all_city_keys() -> frozenset[str]:
    """A tenth at a time: ``zipcodes.list_all`` keeps every row that it ever made, 100 MB of them."""
    return frozenset(
        place_key(name)
        for digit in digits
        for row in zipcodes.similar_to(digit)  # type: ignore[no-untyped-call]
        for name in _names(row)
    )


def _area(row: dict[str, Any]) -> ZipArea:
    keys = frozenset(intern(place_key(name)) for name in _names(row))
    place = intern(row["city"]), intern(row["state"]), float(row["lat"]), float(row["long"])
    return ZipArea(keys, *place, intern(row["timezone"]))


def _names(row: dict[str, Any]) -> tuple[str, ...]:
    return (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"])
