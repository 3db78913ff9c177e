"""In which time zone a home lies, from its ZIP code; where nobody knows, from most ZIP codes of its state."""

from collections import Counter
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

from leads.zip_directory import find_zip, zones_of_state


def find_time_zone(*, zip_code: str, state_code: str) -> ZoneInfo | None:
    """The time zone of a place in the United States; None where neither the ZIP code nor the state tells."""
    area = find_zip(zip_code)
    told = area.time_zone if area else ""
    name = told if told in _known() else _usual_zone(state_code)
    return ZoneInfo(name) if name else None


@cache
def _usual_zone(state_code: str) -> str:
    """The zone of most of a state's ZIP codes, or ""."""
    counted = Counter(zone for zone in zones_of_state(state_code) if zone in _known())
    return counted.most_common(1)[0][0] if counted else ""


@cache
def _known() -> frozenset[str]:
    """The directory has a few names that no table of time zones has."""
    return frozenset(available_timezones())
