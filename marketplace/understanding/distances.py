"""How far away: "within 10 miles of", "5 mi from", "walking distance to", and the plain "near"."""

import re
from typing import Final

from marketplace.understanding.reading import Reading

NEAR: Final = "\x01"
"""Stands where a place has to follow; what was typed holds no such letter."""
MILES_TO_WALK: Final = 1.0
MOST_MILES: Final = 500.0
MILES_PER_KM: Final = 0.621371
_DISTANCE: Final = re.compile(
    r"(?:\b(?:within|in|inside|under|less than|up to|at most|max|not more than|no more than)\s+)?(?:\ban?\s+)?"
    r"(?:about\s+)?(?<![\d.$])(\d{1,3}(?:\.\d{1,2})?)[\s-]*(miles?|mi|kms?|kilomet(?:er|re)s?)\b\.?"
    r"(?:[\s-]+(?:radius|range|drive|circle|away))?(?:\s+(?:of|from|to|around|near))?"
)
_WALK: Final = re.compile(
    r"\b(?:in |within )?walking distance(?:\s+(?:of|to|from))?|\bwalk(?:able|ing)? to|\bsteps (?:from|to)"
)
_NEAR: Final = re.compile(
    r"@|\b(?:near(?:by)?(?: to)?|close(?: by)? to|next to|not far from|adjacent to|beside|surrounding|across from|"
    r"in the vicinity of|(?:\d+\s+)?min(?:ute)?s?(?:\s+(?:drive|away))?\s+(?:of|from|to)|(?:just )?outside(?: of)?)"
    r"(?=\s|$)"
)


def read_distances(reading: Reading) -> None:
    """Keep how far away homes may lie, and mark where the place follows."""
    reading.text = _WALK.sub(lambda found: _kept(reading, found, MILES_TO_WALK), reading.text)
    reading.text = _DISTANCE.sub(lambda found: _kept(reading, found, _miles(found)), reading.text)
    reading.text = _NEAR.sub(f" {NEAR} ", reading.text)


def _kept(reading: Reading, found: re.Match[str], miles: float) -> str:
    if not 0 < miles <= MOST_MILES or reading.miles:
        return found.group()
    reading.miles = miles
    return f" {NEAR} "


def _miles(found: re.Match[str]) -> float:
    number = float(found[1])
    return round(number * MILES_PER_KM, 1) if found[2].startswith("k") else number
