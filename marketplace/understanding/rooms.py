"""Bedrooms and bathrooms: "2 bed", "3/2", "2-3 br", "at least four bedrooms", "studio"."""

import re
from typing import Final

from marketplace.understanding.limits import ABOVE, AT_LEAST, AT_MOST, BELOW, JOINT, OR_LESS, OR_MORE
from marketplace.understanding.reading import Reading

MOST_ROOMS: Final = 20
_NUMBER: Final = r"(\d{1,2}(?:\.\d{1,2})?)"
_BED: Final = r"[\s-]*(?:bed(?:room)?s?|bdrms?|bdr|bd?rs?|bds?)\b\.?"
_BATH: Final = r"[\s-]*(?:full[\s-]+)?(?:bath(?:room)?s?|ba|bas|bths?)\b\.?"
_BOTH: Final = re.compile(
    r"(?<![\d/.$x])\b([1-9])\s?[/x]\s?([1-9](?:\.\d)?)\b(?!\s*(?:[/x]|acre|mil|k\b))(?:\s+(?=bed\b)bed)?"
)
_STUDIO: Final = re.compile(r"\bstudios?\b(?!\s+city)")


def _patterns(unit: str) -> dict[str, re.Pattern[str]]:
    return {
        name: re.compile(pattern)
        for name, pattern in {
            "range": rf"(?:(?:between|from)\s+)?\b{_NUMBER}(?:{unit})?{JOINT}{_NUMBER}{unit}",
            "exactly": rf"\b(?:exactly|just|only)\s+{_NUMBER}{unit}|\b{_NUMBER}{unit}\s+(?:exactly|only)\b",
            "at most": rf"(?:{AT_MOST}\s*{_NUMBER}{unit}|\b{_NUMBER}{unit}\s*{OR_LESS}\b)",
            "below": rf"{BELOW}\s*{_NUMBER}{unit}",
            "above": rf"{ABOVE}\s*{_NUMBER}{unit}",
            "at least": rf"(?:{AT_LEAST}\s*)?(?<![\d.]){_NUMBER}\s*(?:{OR_MORE})?{unit}(?:\s*{OR_MORE})?",
            "named": rf"\b(?:bed(?:room)?s|bath(?:room)?s)\s*[:=]?\s*{_NUMBER}\s*(?:{OR_MORE})?(?=$|\s|,)",
        }.items()
    }


_BEDS: Final = _patterns(_BED)
_BATHS: Final = _patterns(_BATH)


def read_rooms(reading: Reading) -> None:
    """Note ``beds_min``, ``beds_max`` and ``baths_min``."""
    reading.each(_BEDS["range"], lambda found: _between(reading, found))
    reading.each(_BATHS["range"], lambda found: _note(reading, baths_min=float(found[1])))
    reading.each(_BEDS["exactly"], lambda found: _exactly(reading, float(found[1] or found[2])))
    reading.each(_BEDS["at most"], lambda found: _note(reading, beds_max=float(found[1] or found[2])))
    reading.each(_BEDS["below"], lambda found: _note(reading, beds_max=float(found[1]) - 1))
    reading.each(_BEDS["above"], lambda found: _note(reading, beds_min=float(found[1]) + 1))
    reading.each(_BOTH, lambda found: _note(reading, beds_min=float(found[1]), baths_min=float(found[2])))
    reading.each(_BEDS["at least"], lambda found: _note(reading, beds_min=float(found[1])))
    for way in ("exactly", "above", "at least"):
        reading.each(_BATHS[way], lambda found: _note(reading, baths_min=_number(found)))
    reading.each(_BEDS["named"], lambda found: _named(reading, found))


def read_studio(reading: Reading) -> None:
    """A studio has no bedroom; asked after names of places were read ("Studio City")."""
    reading.each(_STUDIO, lambda _: _exactly(reading, 0.0) or "beds_min" in reading.facts)


def _between(reading: Reading, found: re.Match[str]) -> bool:
    fewest, most = sorted((float(found[1]), float(found[2])))
    return _note(reading, beds_min=fewest, beds_max=most)


def _exactly(reading: Reading, beds: float) -> bool:
    return _note(reading, beds_min=beds, beds_max=beds)


def _named(reading: Reading, found: re.Match[str]) -> bool:
    name = "beds_min" if "bed" in found.group() else "baths_min"
    return _note(reading, **{name: float(found[1])})


def _number(found: re.Match[str]) -> float:
    return float(next(number for number in found.groups() if number))


def _note(reading: Reading, **rooms: float) -> bool:
    return max(rooms.values()) <= MOST_ROOMS and min(rooms.values()) >= 0 and reading.note(**rooms)
