"""City, state, ZIP and coordinates held against each other, with the ZIP directory that ships in ``zipcodes``.

A contradiction is named, never repaired: which of two statements is wrong cannot be known here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import zipcodes

from leads import usps
from leads.address import place_key
from leads.records import RecordFlag

EARTH_RADIUS_MILES = 3958.8
FAR_FROM_ZIP_MILES = 60


@dataclass(frozen=True, slots=True)
class ZipArea:
    """What the directory knows of one ZIP code."""

    city_keys: frozenset[str]
    state: str
    latitude: float
    longitude: float


@lru_cache(maxsize=4096)
def find_zip(zip_code: str) -> ZipArea | None:
    """The ZIP's area; ``None`` for digits that are no ZIP code."""
    try:
        rows: list[dict[str, Any]] = zipcodes.matching(zip_code)  # type: ignore[no-untyped-call]
    except (TypeError, ValueError):  # the directory's word for malformed
        return None
    if not rows:
        return None
    names = {name for row in rows for name in (row["city"], *row["acceptable_cities"], *row["unacceptable_cities"])}
    first = rows[0]
    return ZipArea(frozenset(map(place_key, names)), first["state"], float(first["lat"]), float(first["long"]))


def check_place(
    *, city: str | None, state: str | None, zip_code: str | None, point: tuple[float, float] | None
) -> frozenset[RecordFlag]:
    """Name the contradictions between what a listing says about its place."""
    if zip_code is None:
        return frozenset()
    area = find_zip(zip_code)
    if area is None:
        return frozenset({"zip_unknown"})
    flags: set[RecordFlag] = set()
    if state and usps.state_code(state) != area.state:
        flags.add("zip_contradicts_state")
    if city and place_key(city) not in area.city_keys:
        flags.add("zip_contradicts_city")
    if point and miles_between(point, (area.latitude, area.longitude)) > FAR_FROM_ZIP_MILES:
        flags.add("point_far_from_zip")
    return frozenset(flags)


def read_point(latitude: str | float | None, longitude: str | float | None) -> tuple[float, float] | None:
    """Coordinates as numbers; ``None`` unless both are there and on Earth. (0, 0) is a program's "unknown"."""
    try:
        point = float(latitude or "nan"), float(longitude or "nan")
    except ValueError:
        return None
    if not (abs(point[0]) <= 90 and abs(point[1]) <= 180) or max(map(abs, point)) < 0.01:
        return None
    return point


def miles_between(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Great-circle distance."""
    (lat1, lng1), (lat2, lng2) = (tuple(map(math.radians, point)) for point in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lng2 - lng1) / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(min(1.0, half)))
