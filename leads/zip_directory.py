"""The ZIP codes of the United States: which places, which state and where, from the list in ``zipcodes``.

Looks up, and judges nothing. The list is read once, on first use.
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
    """What the directory knows of one ZIP code; ``city_keys`` are spelled as :func:`place_key` does."""

    city_keys: frozenset[str]
    city: str
    state: str
    latitude: float
    longitude: float


def find_zip(zip_code: str) -> ZipArea | None:
    """The ZIP's area; ``None`` for digits that are no ZIP code."""
    return _areas().get(zip_code)


def cities_of_state(state: str) -> frozenset[str]:
    """The keys of every place that has mail delivered in a state (two letters)."""
    return _cities_by_state().get(state, frozenset())


def place_key(city: str | None) -> str:
    """A city's canonical spelling: "Saint Paul" and "St. Paul" are one, and so are "N. Miami" and "North Miami"."""
    words = re.sub(r"[^\w\s\-]", "", city or "").replace("-", " ").lower().split()
    key = [_SHORT_PLACE_WORDS.get(word, word) for word in words]
    return " ".join([_DIRECTION_WORDS.get(key[0], key[0]), *key[1:]]) if len(key) > 1 else " ".join(key)


def areas_of_city(city_key: str) -> tuple[ZipArea, ...]:
    """The ZIP areas of every place called so, in all states."""
    return _areas_by_city().get(city_key, ())


@cache
def _areas_by_city() -> dict[str, tuple[ZipArea, ...]]:
    areas: dict[str, list[ZipArea]] = {}
    for area in _areas().values():
        for key in area.city_keys:
            areas.setdefault(key, []).append(area)
    return {key: tuple(found) for key, found in areas.items()}


@cache
def _areas() -> dict[str, ZipArea]:
    """A tenth at a time: ``zipcodes.list_all`` keeps every row that it ever made, 100 MB of them."""
    areas: dict[str, ZipArea] = {}
    alike: dict[frozenset[str], frozenset[str]] = {}
    for digit in digits:
        rows: list[dict[str, Any]] = zipcodes.similar_to(digit)  # type: ignore[no-untyped-call]
        areas |= {row["zip_code"]: _area(row, alike) for row in rows}
    return areas


def _area(row: dict[str, Any], alike: dict[frozenset[str], frozenset[str]]) -> ZipArea:
    names = (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"])
    keys = frozenset(intern(place_key(name)) for name in names)
    shared = alike.setdefault(keys, keys)
    return ZipArea(shared, intern(row["city"]), intern(row["state"]), float(row["lat"]), float(row["long"]))


@cache
def _cities_by_state() -> dict[str, frozenset[str]]:
    cities: dict[str, set[str]] = {}
    for area in _areas().values():
        cities.setdefault(area.state, set()).update(area.city_keys)
    return {state: frozenset(keys) for state, keys in cities.items()}
