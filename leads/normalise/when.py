"""Dates and times as pages write them; nothing is filled in from today's date."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

from dateutil import parser, tz

_ZONES = {
    "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu",
}  # fmt: skip
_EPOCH = re.compile(r"\d{10}|\d{13}")
# Two backgrounds: what differs between them was not in the text.
_FIRST_BACKGROUND = datetime(2000, 1, 1, 1, 1)  # noqa: DTZ001 - a text without zone stays without one
_SECOND_BACKGROUND = datetime(2004, 2, 2, 2, 2)  # noqa: DTZ001


def parse_when(text: str | float | None) -> datetime | date | None:
    """Read a moment: UTC where the text has a zone (or is a Unix time), else naive; a date where no time stands."""
    line = str(text if text is not None else "").strip()[:80]
    if _EPOCH.fullmatch(line):
        return datetime.fromtimestamp(int(line[:10]), tz=UTC)
    first, second = _read(line, _FIRST_BACKGROUND), _read(line, _SECOND_BACKGROUND)
    if first is None or second is None or first.date() != second.date():
        return None
    if first.timetz() != second.timetz():
        return first.date()
    try:
        return first.astimezone(UTC) if first.tzinfo else first
    except OverflowError:
        return None


def _read(line: str, background: datetime) -> datetime | None:
    try:
        return parser.parse(
            line, default=background, tzinfos={name: tz.gettz(zone) for name, zone in _ZONES.items()}
        )
    except (ValueError, OverflowError, TypeError):  # TypeError: dateutil on some digit runs
        return None
