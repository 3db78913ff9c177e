"""Dates and times as pages write them; of today's date only "2 days ago" is counted, where it is given."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache

from dateutil import parser, tz

_ZONES = {
    "EST": "America/New_York", "EDT": "America/New_York", "CST": "America/Chicago", "CDT": "America/Chicago",
    "MST": "America/Denver", "MDT": "America/Denver", "PST": "America/Los_Angeles", "PDT": "America/Los_Angeles",
    "AKST": "America/Anchorage", "AKDT": "America/Anchorage", "HST": "Pacific/Honolulu",
}  # fmt: skip
MAX_DAYS_BACK = 20_000
_ISO = re.compile(r"\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:Z|[+-]\d{2}:\d{2}))?")
_EPOCH = re.compile(r"\d{10}|\d{13}")
_AGO = re.compile(
    r"(?:(?P<count>\d{1,4})|an?|one|un[ao]?|einem|einer)\+?\s*(?P<unit>min|hour|hr|h|day|d|week|wk|w|month|mo|year|yr|y|"
    r"hora|d[ií]a|semana|mes|año|minut|stunde|tag|woche|monat|jahr)[a-zé]*\.?"
)
_BEFORE = re.compile(
    r"^(?:(?:posted|listed|updated|added|active)\s+)?(?:(?:about|over|almost|hace|vor)\s+)*(?P<words>.+?)(?P<ago>\s+ago)?$"
)
_DAYS_BACK = {"today": 0, "just now": 0, "hoy": 0, "heute": 0, "yesterday": 1, "ayer": 1, "gestern": 1}
_DAYS = {"d": 1, "t": 1, "w": 7, "se": 7, "mo": 30, "me": 30, "y": 365, "a": 365, "j": 365}
# Two backgrounds: what differs between them was not in the text.
_FIRST_BACKGROUND = datetime(2000, 1, 1, 1)  # noqa: DTZ001 - a text without zone stays without one
_SECOND_BACKGROUND = datetime(2004, 2, 2, 2)  # noqa: DTZ001


def parse_when(text: str | float | None, *, now: datetime | None = None) -> datetime | date | None:
    """Read a moment: UTC where the text has a zone (or is a Unix time), else naive; a date where no time stands.

    :param now: the moment that "3 hours ago" (a moment) and "2 days ago" (a date) are counted from
    """
    line = str(text if text is not None else "").strip()[:80]
    if now is not None and (back := _counted_back(line.lower(), now)) is not None:
        return back
    return _read_iso(line) or _read_loosely(line)


def _read_loosely(line: str) -> datetime | date | None:
    """However a date is written, as long as nothing of it has to be made up."""
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


def _read_iso(line: str) -> datetime | date | None:
    """What feeds write, a hundred times as fast as by looking for every way to write a date."""
    if not _ISO.fullmatch(line):
        return None
    try:
        return datetime.fromisoformat(line).astimezone(UTC) if "T" in line else date.fromisoformat(line)
    except (ValueError, OverflowError):
        return None


def _read(line: str, background: datetime) -> datetime | None:
    try:
        return parser.parse(line, default=background, tzinfos=_zones())
    except (ValueError, OverflowError, TypeError):  # TypeError: dateutil on some digit runs
        return None


@cache
def _zones() -> dict[str, tzinfo | None]:
    return {name: tz.gettz(zone) for name, zone in _ZONES.items()}


def _counted_back(line: str, now: datetime) -> datetime | date | None:
    """ "2 days ago", "hace 3 horas", "yesterday": hours give a moment, days and more give a date."""
    told = _BEFORE.fullmatch(" ".join(line.split()))
    words = told["words"] if told else ""
    if words in _DAYS_BACK:
        return (now - timedelta(days=_DAYS_BACK[words])).date()
    is_back = bool(told and told["ago"]) or bool(re.search(r"\b(?:hace|vor|posted|listed|updated)\b", line))
    found = _AGO.fullmatch(words) if is_back else None
    if found is None:
        return None
    count, unit = int(found["count"] or 1), found["unit"]
    if unit in {"min", "minut"}:
        return now - timedelta(minutes=count)
    if unit in {"hour", "hr", "h", "hora", "stunde"}:
        return now - timedelta(hours=count)
    days = next(days for start, days in _DAYS.items() if unit.startswith(start))
    return (now - timedelta(days=count * days)).date() if count * days < MAX_DAYS_BACK else None
