"""Bedrooms, bathrooms and living area out of "3br/2ba", "2½ baths", "studio", "92 m²" or "0.25 acres"."""

from __future__ import annotations

import re

SQFT_PER_SQUARE_METRE = 10.7639104
SQFT_PER_ACRE = 43_560
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
_ALONE = re.compile(rf"{_NUMBER}\s*\+?$")
_AREA_NUMBER = r"(\d{1,3}(?:[, ]\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SQUARE_FEET = r"(?:sq\.?\s*f(?:ee|oo)?t\.?|square\s*f(?:ee|oo)t|sqft|ft\s*2|ft²|sf|s\.f\.)"
_SQUARE_METRES = r"(?:m²|m\s*2\b|sqm|sq\.?\s*m(?:et(?:er|re)s?)?\b|square\s*met(?:er|re)s?)"
_AREA_UNITS: tuple[tuple[re.Pattern[str], float], ...] = (
    (re.compile(rf"{_AREA_NUMBER}\s*\+?[\s-]*{_SQUARE_FEET}"), 1.0),
    (re.compile(rf"{_AREA_NUMBER}\s*{_SQUARE_METRES}"), SQFT_PER_SQUARE_METRE),
    (re.compile(rf"{_AREA_NUMBER}\s*(?:acres?|ac)\b"), SQFT_PER_ACRE),
)
_AREA_ALONE = re.compile(rf"{_AREA_NUMBER}\s*\+?$")


def parse_beds(text: str) -> int | None:
    """Bedrooms; 0 for a studio. A bare number counts only when it is the whole text."""
    line = _plain(text)
    if (found := _first(line, _BEDS, _ALONE)) is not None:
        return int(found)
    return 0 if _STUDIO.search(line) else None


def parse_baths(text: str) -> float | None:
    """Bathrooms, half ones as .5: "2 full, 1 half" is 2.5."""
    line = _plain(text)
    full, half = _FULL_BATHS.search(line), _HALF_BATHS.search(line)
    if half:
        return _plausible((float(full.group(1)) if full else 0.0) + float(half.group(1)) / 2)
    return _first(line, _BATHS, _ALONE)


def parse_area_sqft(text: str) -> int | None:
    """Area in whole square feet; a bare number is square feet. ``None`` for what no home or land measures."""
    line = _plain(text)
    for pattern, sqft in _AREA_UNITS:
        if found := pattern.search(line):
            return _plausible_area(float(re.sub(r"[, ]", "", found.group(1))) * sqft)
    alone = _AREA_ALONE.match(line)
    return _plausible_area(float(re.sub(r"[, ]", "", alone.group(1)))) if alone else None


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
