"""Is it one home? Pure decisions about two sightings; the look-up of candidates is ingest's.

A contradiction in building or unit vetoes whatever else matches, so that a landlord's units, twin houses and an
agent's listings stay apart.
"""

from dataclasses import dataclass
from typing import Final

PRICE_TOLERANCE_RATIO: Final = 0.1
AREA_TOLERANCE_RATIO: Final = 0.03


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What identity looks at.

    ``building`` is the keyed hash of number, street and place, "" when not all are known; ``contacts`` are keyed
    hashes of phones and e-mails.
    """

    building: str
    unit: str
    zip_code: str
    city: str
    contacts: frozenset[str]
    beds: float | None
    area_sqft: int | None
    asking_price_cents: int | None


def is_same_home(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings show one home. Symmetric; doubt counts as no."""
    if contradicts(one, other):
        return False
    if one.building and other.building:
        return _same_unit(one, other)
    return bool(one.contacts & other.contacts) and _same_place(one, other) and _alike(one, other, needed=2)


def contradicts(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings can never be one home, whatever else they share: another building or another unit."""
    if one.building and other.building and one.building != other.building:
        return True
    return bool(one.unit and other.unit and one.unit != other.unit)


def _same_unit(one: Sighting, other: Sighting) -> bool:
    if bool(one.unit) == bool(other.unit):
        return True
    return bool(one.contacts & other.contacts) and _alike(one, other, needed=1)


def _same_place(one: Sighting, other: Sighting) -> bool:
    if one.zip_code and other.zip_code:
        return one.zip_code == other.zip_code
    return bool(one.city) and one.city.casefold() == other.city.casefold()


def _alike(one: Sighting, other: Sighting, *, needed: int) -> bool:
    """At least ``needed`` of rooms, area and price are known on both sides, and none of them contradicts."""
    verdicts = [
        _close(one.beds, other.beds, tolerance_ratio=0),
        _close(one.area_sqft, other.area_sqft, tolerance_ratio=AREA_TOLERANCE_RATIO),
        _close(one.asking_price_cents, other.asking_price_cents, tolerance_ratio=PRICE_TOLERANCE_RATIO),
    ]
    return False not in verdicts and verdicts.count(True) >= needed


def _close(one: float | None, other: float | None, *, tolerance_ratio: float) -> bool | None:
    if one is None or other is None:
        return None
    return abs(one - other) <= tolerance_ratio * max(abs(one), abs(other))
