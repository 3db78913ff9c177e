"""City, state, ZIP and coordinates held against each other, with the directory of ZIP codes.

A contradiction is named, never repaired: which of two statements is wrong cannot be known here.
"""

from __future__ import annotations

import math
import re

from leads import usps
from leads.records import RecordFlag
from leads.zip_directory import areas_of_city, find_zip, is_city_of_any_state, place_key

EARTH_RADIUS_MILES = 3958.8
FAR_FROM_ZIP_MILES = 60

_REACHES = re.compile(r"\S*@|(?:\(\d{3}\)|\b\d{3})[-. ]?\d{3}[-. ]?\d{4}(?!\d)")
_NO_PART_OF_A_NAME = re.compile(rf"""[<>{{}}"=;|\\$%^*_~`\[\]]|{_REACHES.pattern}""")


def city_name(text: str | None) -> str | None:
    """What stands before what no city is called: markup, an e-mail address, a telephone number.

    Cities and streets are shown before a sale, and some advertisers write there how to reach them.
    """
    return _before(_NO_PART_OF_A_NAME, text)


def street_name(text: str | None) -> str | None:
    """What stands before an e-mail address or a telephone number."""
    return _before(_REACHES, text)


def _before(sign: re.Pattern[str], text: str | None) -> str | None:
    found = sign.search(text or "")
    return text[: found.start()].strip(" ,;:(-\u2013") or None if text and found else text


def check_place(
    *, city: str | None, state: str | None, zip_code: str | None, point: tuple[float, float] | None
) -> frozenset[RecordFlag]:
    """Name the contradictions between what a listing says about its place."""
    if zip_code is None:
        return _check_city(place_key(city), usps.state_code(state), point) if city and state else frozenset()
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


def _check_city(city_key: str, state: str | None, point: tuple[float, float] | None) -> frozenset[RecordFlag]:
    """The same without a ZIP: names of quarters are in no list, so only what another state has contradicts."""
    if state is None:
        return frozenset()
    here = areas_of_city(city_key, state=state)
    if not here:
        return frozenset({"city_in_another_state"}) if is_city_of_any_state(city_key) else frozenset()
    if point and all(miles_between(point, (area.latitude, area.longitude)) > FAR_FROM_ZIP_MILES for area in here):
        return frozenset({"point_far_from_city"})
    return frozenset()


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
