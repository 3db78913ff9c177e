"""Is it one home? Pure decisions about two sightings; the look-up of candidates is ``leads.neighbourhood``'s.

Each thing that both sightings know adds points or takes some away, as a likelihood ratio would: two points are one
bit, so ``SAME_FROM`` means that chance explains the likeness once in 16,000 pairs. A contradiction in number,
street or unit vetoes whatever else matches, so that a landlord's units, twin houses and an agent's listings stay
apart. Between same and different lies doubt, which an operator settles.
"""

import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Final

from leads import likeness
from leads.evidence import Evidence
from leads.likeness import Street

SAME_FROM: Final = 28
DOUBTFUL_FROM: Final = 18
USUAL_HOMES: Final = 5
"""An owner may have so many homes; what is shared by more is shared by chance."""
OFFERED_ANEW_AFTER: Final = timedelta(days=180)
SHARED_BUILDINGS: Final = frozenset({"apartment", "condo", "multi_family", "room", "commercial"})
LAND: Final = frozenset({"land"})
METRES_PER_DEGREE: Final = 111_320

# Half-bits. docs/decisions/0013 tells where they come from.
VETO_POINTS: Final = -100
SAME_UNIT: Final = 48
SAME_HOUSE: Final = 36
SAME_BUILDING: Final = 10
UNIT_UNKNOWN: Final = 10
OTHER_ROOMS: Final = -10
STREET_MISSPELT: Final = -18
ZIP_UNKNOWN: Final = -4
ZIP_DIFFERS: Final = -12
SAME_CONTACT: Final = 16
LEAST_FOR_ATTRIBUTES: Final = -13


class Outcome(StrEnum):
    """What two sightings are to each other."""

    SAME = "same"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """What identity looks at. Unknown is "", None or empty.

    ``building`` is the keyed hash of number, street and place, "" when not all are known; ``number`` and ``street``
    are canonical (``leads.address``). ``contacts`` and ``names`` are keyed hashes of phones and e-mails, and of how
    the surname sounds. ``images`` are looks (``leads.images``), ``wording`` is a sketch (``leads.likeness``). The
    point is the home's own, never its ZIP's.
    """

    building: str = ""
    number: str = ""
    street: str = ""
    unit: str = ""
    zip_code: str = ""
    city: str = ""
    latitude: float | None = None
    longitude: float | None = None
    contacts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    images: frozenset[int] = frozenset()
    wording: list[int] = field(default_factory=list)
    property_type: str = ""
    beds: float | None = None
    baths: float | None = None
    area_sqft: int | None = None
    asking_price_cents: int | None = None
    price_period: str = "once"

    @property
    def door(self) -> tuple[str, str]:
        """Building and unit that the address names; ("", "") where it names none."""
        return (self.building, self.unit if self.building else "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The outcome, the points, and where they come from."""

    outcome: Outcome
    points: int
    evidence: tuple[Evidence, ...]


NOBODY: Final[Mapping[str, int]] = {}
NOTHING_TO_COMPARE: Final = Comparison(outcome=Outcome.DIFFERENT, points=0, evidence=())


def compare(one: Sighting, other: Sighting, *, homes: Mapping[str, int] = NOBODY) -> Comparison:
    """Weigh all that two sightings know of each other. Symmetric.

    :param homes: contact or look → how many homes carry it; what is not named there is carried by few
    """
    if veto := contradiction(one, other):
        return Comparison(outcome=Outcome.DIFFERENT, points=VETO_POINTS, evidence=(veto,))
    attributes = tuple(_attributes(one, other))
    evidence = (*_where(one, other), *_who(one, other, homes), *attributes, *_likeness(one, other, homes))
    excess = min(0, sum(item.points for item in attributes) - LEAST_FOR_ATTRIBUTES)
    points = sum(item.points for item in evidence) - excess
    return Comparison(outcome=_outcome(points), points=points, evidence=evidence)


def _outcome(points: int) -> Outcome:
    if points >= SAME_FROM:
        return Outcome.SAME
    return Outcome.DOUBTFUL if points >= DOUBTFUL_FROM else Outcome.DIFFERENT


def contradicts(one: Sighting, other: Sighting) -> bool:
    """Whether two sightings can never be one home, whatever else they share."""
    return contradiction(one, other) is not None


def contradiction(one: Sighting, other: Sighting) -> Evidence | None:
    """Another number, street, town or unit; None where nothing of these contradicts."""
    if one.building and other.building and one.building != other.building:
        if one.number != other.number:
            return _veto("number", "The house numbers differ.")
        if not one.street or likeness.streets(*sorted((one.street, other.street))) is Street.OTHER:
            return _veto("street", "The streets differ.")
        if _differ(one.zip_code, other.zip_code) and one.city.casefold() != other.city.casefold():
            return _veto("city", "The towns differ.")
    if _differ(one.unit, other.unit):
        return _veto("unit", "The units differ.")
    return None


def is_offered_anew(arrival: Sighting, earlier: Collection[Sighting], *, unseen: timedelta) -> bool:
    """Whether a home that was away for long comes back with another seller: a new chance, so a lead of its own."""
    known = {contact for sighting in earlier for contact in sighting.contacts}
    return unseen >= OFFERED_ANEW_AFTER and bool(arrival.contacts and known) and not arrival.contacts & known


def _veto(field_name: str, says: str) -> Evidence:
    return Evidence(part="contradiction", points=VETO_POINTS, field=field_name, says=says)


def _differ(one: str, other: str) -> bool:
    return bool(one and other and one != other)


def _where(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    if one.building and other.building:
        yield _address(one, other)
        yield from _spelling(one, other)
    else:
        yield _area(one, other)
        yield from _points_apart(one, other)


def _address(one: Sighting, other: Sighting) -> Evidence:
    if one.unit and other.unit:
        return _point("address", SAME_UNIT, "unit", "The same unit of the same building.")
    if one.unit or other.unit:
        points = UNIT_UNKNOWN if _may_have_equal_rooms(one, other) else OTHER_ROOMS
        return _point("address", points, "unit", "The same building; one advert leaves out the unit.")
    if SHARED_BUILDINGS & {one.property_type, other.property_type}:
        return _point("address", SAME_BUILDING, "address", "The same building of several homes, without a unit.")
    return _point("address", SAME_HOUSE, "address", "The same house number and street.")


def _may_have_equal_rooms(one: Sighting, other: Sighting) -> bool:
    return one.beds is None or other.beds is None or one.beds == other.beds


def _spelling(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    if one.building == other.building:
        return
    if one.street != other.street:
        yield _point("spelling", STREET_MISSPELT, "street", "The street is spelt in two ways.")
    if _differ(one.zip_code, other.zip_code):
        yield _point("spelling", ZIP_DIFFERS, "zip", "The ZIP codes differ.")
    elif one.zip_code != other.zip_code:
        yield _point("spelling", ZIP_UNKNOWN, "zip", "One advert leaves out the ZIP code.")


def _area(one: Sighting, other: Sighting) -> Evidence:
    if one.zip_code and other.zip_code:
        if one.zip_code == other.zip_code:
            return _point("place", 4, "zip", "The same ZIP code.")
        return _point("place", -24, "zip", "The ZIP codes differ.")
    if one.city and other.city:
        if one.city.casefold() == other.city.casefold():
            return _point("place", 2, "city", "The same town.")
        return _point("place", -24, "city", "The towns differ.")
    return _point("place", -4, "city", "One advert does not say where.")


def _points_apart(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    metres = _metres(one, other)
    if metres is None:
        return
    if metres <= 75:
        yield _point("point", 6, "point", f"Their points lie {metres:.0f} m apart.")
    elif metres > 1500:
        yield _point("point", -12, "point", f"Their points lie {metres / 1000:.1f} km apart.")


def _metres(one: Sighting, other: Sighting) -> float | None:
    if one.latitude is None or other.latitude is None or one.longitude is None or other.longitude is None:
        return None
    middle = math.radians((one.latitude + other.latitude) / 2)
    north = one.latitude - other.latitude
    east = (one.longitude - other.longitude) * math.cos(middle)
    return math.hypot(north, east) * METRES_PER_DEGREE


def _who(one: Sighting, other: Sighting, homes: Mapping[str, int]) -> Iterator[Evidence]:
    shared = one.contacts & other.contacts
    if shared:
        count = min(homes.get(contact, 1) for contact in shared)
        says = f"The same contact, which {count} homes share." if count > USUAL_HOMES else "The same contact."
        yield _point("contact", _rarity(SAME_CONTACT, count), "contact", says)
    elif one.contacts and other.contacts:
        yield _point("contact", -4, "contact", "No contact in common.")
    if one.names and other.names and not shared:  # who has the phone has the name
        is_alike = bool(one.names & other.names)
        says = "The surnames sound alike." if is_alike else "The surnames sound different."
        yield _point("name", 3 if is_alike else -1, "contact", says)


def _rarity(points: int, homes: int) -> int:
    """What many homes share says little: two and a half bits less with each doubling beyond ``USUAL_HOMES``."""
    return max(0, points - round(5 * math.log2(max(1.0, homes / USUAL_HOMES))))


def _attributes(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    if one.beds is not None and other.beds is not None:
        is_equal = one.beds == other.beds
        says = "The same number of bedrooms." if is_equal else "Another number of bedrooms."
        yield _point("beds", 3 if is_equal else -8, "beds", says)
    if one.baths is not None and other.baths is not None:
        is_equal = one.baths == other.baths
        says = "The same number of bathrooms." if is_equal else "Another number of bathrooms."
        yield _point("baths", 1 if is_equal else -2, "baths", says)
    if one.property_type and other.property_type and one.property_type != other.property_type:
        is_about_land = (one.property_type in LAND) != (other.property_type in LAND)
        yield _point("property_type", -8 if is_about_land else -2, "property_type", "Another kind of home.")
    yield from _size(one, other)
    yield from _price(one, other)


def _size(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    apart = _ratio_apart(one.area_sqft, other.area_sqft)
    if apart is not None:
        points = 8 if apart <= 0.03 else -2 if apart <= 0.15 else -8
        yield _point("area_sqft", points, "area_sqft", _apart("areas", apart))


def _price(one: Sighting, other: Sighting) -> Iterator[Evidence]:
    if one.price_period != other.price_period:
        return
    apart = _ratio_apart(one.asking_price_cents, other.asking_price_cents)
    if apart is not None:
        points = 6 if apart <= 0.005 else 5 if apart <= 0.1 else -3 if apart <= 0.3 else -6
        yield _point("asking_price", points, "asking_price", _apart("prices", apart))


def _ratio_apart(one: int | None, other: int | None) -> float | None:
    if not one or not other:
        return None
    return abs(one - other) / max(one, other)


def _apart(what: str, ratio: float) -> str:
    return f"The {what} are equal." if ratio == 0 else f"The {what} differ by {max(ratio, 0.01):.0%}."


def _likeness(one: Sighting, other: Sighting, homes: Mapping[str, int]) -> Iterator[Evidence]:
    ratio = likeness.shared_ratio(one.wording, other.wording)
    if ratio is not None and ratio >= 0.4 and not one.contacts & other.contacts:  # who writes twice writes alike
        yield _point(
            "wording", 10 if ratio >= 0.8 else 6, "description", f"About {ratio:.0%} of the words are shared."
        )
    shared = _shared_looks(one, other)
    if shared:
        count = min(homes.get(str(look), 1) for look in shared)
        yield _point("images", _rarity(SAME_CONTACT, count), "images", "The same picture.")


def _shared_looks(one: Sighting, other: Sighting) -> set[int]:
    return {
        look
        for mine in one.images
        for theirs in other.images
        if likeness.looks_alike(mine, theirs)
        for look in (mine, theirs)
    }


def _point(part: str, points: int, field_name: str, says: str) -> Evidence:
    return Evidence(part=part, points=points, field=field_name, says=says)
