"""How long ago a lead was listed: "today", "this week", "in the last 3 days"."""

import re
from math import ceil
from typing import Final

from marketplace.understanding.reading import Reading

MOST_DAYS: Final = 3_650
_DAYS: Final = {"h": 1 / 24, "d": 1, "w": 7, "m": 30, "y": 365}
_LISTED: Final = r"(?:(?:new(?:ly)?|just|recently)\s+)?(?:(?:listed|posted|added|on (?:the )?market|new)\s+)?"
_UNIT: Final = r"(hours?|hrs?|days?|weeks?|wks?|months?|mos?|years?|yrs?)\b"
_LAST: Final = re.compile(
    rf"\b{_LISTED}(?:(?:with)?in\s+)?(?:from\s+)?(?:the\s+)?(?:last|past|previous)\s+(\d{{1,3}})?\s*{_UNIT}"
)
_OLD: Final = re.compile(
    rf"\b{_LISTED}(?:less than|under|within|in|no more than|fewer than)\s+(\d{{1,3}})\s*{_UNIT}"
    r"(?:\s+(?:old|ago|on market))?"
)
_NAMED: Final = re.compile(
    rf"\b{_LISTED}(?:from\s+|since\s+|in\s+)?(today|yesterday|this week|this month|this year)(?:'s)?\b"
)
_NAMED_DAYS: Final = {"today": 1, "yesterday": 2, "this week": 7, "this month": 30, "this year": 365}


def read_times(reading: Reading) -> None:
    """Note ``listed_within_days``."""
    for pattern in (_LAST, _OLD):
        reading.each(pattern, lambda found: _note(reading, int(found[1] or 1) * _DAYS[found[2][0]]))
    reading.each(_NAMED, lambda found: _note(reading, _NAMED_DAYS[found[1]]))


def _note(reading: Reading, days: float) -> bool:
    return 0 < days <= MOST_DAYS and reading.note(listed_within_days=ceil(days))
