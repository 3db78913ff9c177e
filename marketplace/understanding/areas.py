"""Living area and land: "over 2000 sqft", "1500-2000 sq ft", "half acre", "2 acres+"; always in square feet.

Acres are the land's, which is measured where land is offered; of a home only the living area is known.
"""

import re
from typing import Final

from leads.normalise.rooms import SQFT_PER_ACRE
from marketplace.understanding.limits import ABOVE, AT_LEAST, AT_MOST, BELOW, JOINT, OR_LESS, OR_MORE
from marketplace.understanding.reading import Reading

MOST_SQFT: Final = 50_000_000
_NUMBER: Final = r"(\d{1,8}(?:\.\d{1,3})?|\.\d{1,3})\s?(k)?"
_UNIT: Final = r"[\s-]*(sq\.?\s*(?:ft|feet|foot)\.?|square[\s-]*(?:feet|foot|ft)|sqft|sf|ft2|acres?|ac)(?![a-z])"
_LAND: Final = r"(\s+(?:lots?|of land|land|parcels?|tracts?))?"
_RANGE: Final = re.compile(
    rf"(?:(?:between|from)\s+)?(?<![\d.]){_NUMBER}(?:{_UNIT})?{JOINT}{_NUMBER}{_UNIT}{_LAND}"
)
_AT_MOST: Final = re.compile(
    rf"(?:{AT_MOST}|{BELOW})\s*{_NUMBER}{_UNIT}{_LAND}|(?<![\d.]){_NUMBER}{_UNIT}{_LAND}\s*{OR_LESS}\b"
)
_AT_LEAST: Final = re.compile(
    rf"(?:(?:{AT_LEAST}|{ABOVE})\s*)?(?<![\d.]){_NUMBER}\s*(?:{OR_MORE})?{_UNIT}{_LAND}(?:\s*{OR_MORE})?"
)


def read_areas(reading: Reading) -> None:
    """Note ``area_min`` and ``area_max``, and whether the area is the land's."""
    reading.each(_RANGE, lambda found: _between(reading, found))
    reading.each(_AT_MOST, lambda found: _at_most(reading, found))
    reading.each(_AT_LEAST, lambda found: _note(reading, *found.group(3, 4), area_min=_sqft(*found.group(1, 2, 3))))


def _between(reading: Reading, found: re.Match[str]) -> bool:
    low, low_scale, low_unit, high, high_scale, unit, land = found.groups()
    ends = _sqft(low, low_scale or high_scale, low_unit or unit), _sqft(high, high_scale, unit)
    return _note(reading, unit, land, area_min=min(ends), area_max=max(ends))


def _at_most(reading: Reading, found: re.Match[str]) -> bool:
    first = 1 if found[1] else 5
    number, scale, unit, land = found.group(*range(first, first + 4))
    return _note(reading, unit, land, area_max=_sqft(number, scale, unit))


def _sqft(number: str, scale: str | None, unit: str) -> int:
    return round(float(number) * (1000 if scale else 1) * (SQFT_PER_ACRE if unit.startswith("ac") else 1))


def _note(reading: Reading, unit: str, land: str | None, **areas: int) -> bool:
    if not all(0 < area <= MOST_SQFT for area in areas.values()) or not reading.note(**areas):
        return False
    if land or unit.startswith("ac"):
        reading.land = "acres" if unit.startswith("ac") else "lot"
    return True
