"""Bedrooms, bathrooms, living area and land out of "3br/2ba", "2½ baths", "studio", "92 m²" or "0.25 acres"."""

from __future__ import annotations

import re

SQFT_PER_SQUARE_METRE = 10.7639104
SQFT_PER_ACRE = 43_560
SQFT_PER_HECTARE = 107_639.104
MAX_ROOMS = 60
AREA_SQFT_RANGE = (50, 50_000_000)

_VULGAR_FRACTIONS = str.maketrans({"½": ".5", "¼": ".25", "¾": ".75"})
_NUMBER_WORDS = {
    word: str(number)
    for number, word in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], start=1
    )
}
_NUMBER = r"(\d{1,3}(?:\.\d+)?)"
_BEDS = re.compile(
    rf"{_NUMBER}\s*\+?[\s-]*(?:bd(?:rm)?s?|br(?:s|m|dm)?s?|bed(?:room)?s?|recámaras?|habitaciones)(?![a-z])"
)
_BATHS = re.compile(rf"{_NUMBER}\s*\+?[\s-]*(?:full[\s-]+)?(?:ba(?:ths?)?|bth|bath(?:room)?s?|baños?)(?![a-z])")
_HALF_BATHS = re.compile(rf"{_NUMBER}\s*half(?:[\s-]+baths?)?")
_FULL_BATHS = re.compile(rf"{_NUMBER}\s*full(?:[\s-]+baths?)?")
_STUDIO = re.compile(r"\b(?:studio|efficiency|bachelor)\b")
_AND_A_DEN = re.compile(r"(?<![\d.])(\d{1,2})\s*\+\s*\d(?:\.\d)?(?![\d.])")
_EN_SUITES = re.compile(rf"{_NUMBER}\s*en[\s-]?suites?\b|\ben[\s-]?suite\b()")
_EXTRA_ROOM = r"(?:a |an )?(?:den|loft|office|study|bonus(?: room)?|flex(?: room)?|nursery|sun ?room)"
_ALONE = re.compile(rf"{_NUMBER}\s*\+?(?:\s*(?:\+|plus|and|with|&)\s*{_EXTRA_ROOM})?(?:\s*\([^()\d]*\))?$")
_AREA_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_LOW_END = rf"{_AREA_NUMBER}(?:\s*(?:-|–|—|to)\s*{_AREA_NUMBER[1:-1].join(('(?:', ')'))})?"
_SQUARE_FEET = r"(?:sq\.?\s*f(?:ee|oo)?t\.?|square\s*f(?:ee|oo)t|sqft|ft\s*2|ft²|sf|s\.f\.)"
_SQUARE_METRES = r"(?:m²|m\s*2\b|sqm|sq\.?\s*m(?:et(?:er|re)s?)?\b|square\s*met(?:er|re)s?)"
_AREA_UNITS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_LOW_END}\s*\+?[\s-]*{_SQUARE_FEET}"), 1.0),
    (re.compile(rf"{_LOW_END}\s*{_SQUARE_METRES}"), SQFT_PER_SQUARE_METRE),
)
_LOT_UNITS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_LOW_END}\s*[\s-]?(?:acres?|ac)\b"), SQFT_PER_ACRE),
    (re.compile(rf"{_LOW_END}\s*(?:hectares?|ha)\b"), SQFT_PER_HECTARE),
    (re.compile(rf"(?:lot|land|parcel)[\s:]*(?:size|area)?[\s:]*{_LOW_END}\s*{_SQUARE_FEET}"), 1.0),
    (re.compile(rf"{_LOW_END}\s*{_SQUARE_FEET}\s*(?:lot|parcel|of land)\b"), 1.0),
)
_AREA_ALONE = re.compile(rf"{_AREA_NUMBER}\s*\+?$")


def parse_beds(text: str) -> int | None:
    """Bedrooms; 0 for a studio. A bare number counts only when it is the whole text."""
    line = _plain(text)
    if (found := _first(_AND_A_DEN.sub(r"\1", line), _BEDS, _ALONE)) is not None:
        return int(found)
    return 0 if _STUDIO.search(line) else None


def parse_baths(text: str) -> float | None:
    """Bathrooms, half ones as .5: "2 full, 1 half" is 2.5. An en-suite room has one of its own."""
    line = _plain(text)
    full, half = _FULL_BATHS.search(line), _HALF_BATHS.search(line)
    if half:
        return _plausible((float(full.group(1)) if full else 0.0) + float(half.group(1)) / 2)
    counted = _first(line, _BATHS, _ALONE)
    own = _EN_SUITES.search(line) if counted is None else None
    return _plausible(float(own.group(1) or 1)) if own else counted


def parse_area_sqft(text: str) -> int | None:
    """Living area in whole square feet; a bare number is square feet, the low end of a range counts.

    ``None`` for what no home measures, and for acres: those are the land's (:func:`parse_lot_sqft`).
    """
    line = _plain(text)
    if (area_sqft := _measured(_without_lot(line), _AREA_UNITS)) is not None:
        return area_sqft
    alone = _AREA_ALONE.match(line)
    return _plausible_area(_number(alone.group(1))) if alone else None


def parse_lot_sqft(text: str) -> int | None:
    """The land's size in whole square feet, where the text says acres, hectares or "lot"."""
    return _measured(_plain(text), _LOT_UNITS)


def _without_lot(line: str) -> str:
    for pattern, _ in _LOT_UNITS:
        line = pattern.sub(" ", line)
    return line


def _measured(line: str, units: tuple[tuple[re.Pattern[str], float], ...]) -> int | None:
    found = next(((match, sqft) for pattern, sqft in units if (match := pattern.search(line))), None)
    return _plausible_area(_number(found[0].group(1)) * found[1]) if found else None


def _number(digits: str) -> float:
    return float(re.sub(r"[, ]", "", digits))


def _first(line: str, with_unit: re.Pattern[str], alone: re.Pattern[str]) -> float | None:
    found = with_unit.search(line) or alone.match(line)
    return _plausible(float(found.group(1))) if found else None


def _plausible(rooms: float) -> float | None:
    return rooms if rooms <= MAX_ROOMS else None


def _plausible_area(area_sqft: float) -> int | None:
    low, high = AREA_SQFT_RANGE
    return round(area_sqft) if low <= area_sqft <= high else None


def _plain(text: str) -> str:
    line = " ".join(text[:300].lower().translate(_VULGAR_FRACTIONS).split())
    line = re.sub(r"(\d) (?=\.\d)", r"\1", line)  # "2 ½" has become "2 .5"
    line = re.sub(r"(\d) 1/2\b", r"\1.5", line)
    return re.sub(r"\b(" + "|".join(_NUMBER_WORDS) + r")\b", lambda word: _NUMBER_WORDS[word.group()], line)
