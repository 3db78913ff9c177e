"""What a search asks for, as one typed value, however it came in."""

import re
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from aiqleads.core.geo import Area

PROPERTY_TYPES: Final = [
    ("single_family", "House"),
    ("condo", "Condo"),
    ("townhouse", "Townhouse"),
    ("multi_family", "Multi-family"),
    ("apartment", "Apartment"),
    ("manufactured", "Manufactured"),
    ("land", "Land"),
    ("commercial", "Commercial"),
    ("room", "Room"),
    ("other", "Other"),
]
MOST_SQFT: Final = 100_000_000
MOST_DAYS: Final = 3_650
MOST_ZIPS: Final = 50
DEFAULT_RADIUS_MILES: Final = 10.0
_EXACT: Final = re.compile(r'"|(?:^|\s)-\w')
PLACE: Final = ("near", "radius_miles", "place", "polygon", "state", "city", "county", "zip")
"""Parameters that say where: words that name a place mean no other."""


class Sort(StrEnum):
    """In what order offers are shown.

    By ``match`` words are no filter: they put in order what comes nearest to them, by the words that offers say and
    by what these mean. In every other order an offer has to say all of them.
    """

    NEWEST = "newest"
    PRICE = "price"
    QUALITY = "quality"
    DISTANCE = "distance"
    RELEVANCE = "relevance"
    MATCH = "match"

    @property
    def needs(self) -> str:
        """The filter without which there is nothing to sort by; "" for none."""
        return {Sort.DISTANCE: "near", Sort.RELEVANCE: "q", Sort.MATCH: "q"}.get(self, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingFilters:
    """Facts of the public view to search by; None does not narrow.

    ``near`` is (latitude, longitude) in degrees, with ``radius_miles``. ``polygon`` is a drawn area. ``county`` is
    its name with ``state``, with or without "County". ``asking_*`` are US dollars, ``price_max`` credits,
    ``area_*`` square feet. ``among`` are the only offers that are meant, where they were found before.
    """

    q: str = ""
    near: tuple[float, float] | None = None
    radius_miles: float | None = None
    polygon: Area | None = None
    state: str = ""
    city: str = ""
    county: str = ""
    zip: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    property_type: tuple[str, ...] = ()
    beds_min: float | None = None
    beds_max: float | None = None
    baths_min: float | None = None
    area_min: int | None = None
    area_max: int | None = None
    price_max: int | None = None
    asking_min: int | None = None
    asking_max: int | None = None
    quality_min: int | None = None
    listed_within_days: int | None = None
    among: tuple[UUID, ...] | None = None
    sort: Sort = Sort.NEWEST

    def allow(self, sort: Sort) -> bool:
        """Whether they say what ``sort`` needs to know."""
        return not sort.needs or bool(getattr(self, sort.needs))

    def sorted_unless_told(self, *, is_literal: bool) -> "ListingFilters":
        """In the order that fits what is asked for: words are matched best, all else is shown as it came in.

        Words in quotes, and words that offers must not say, are meant as they are typed.
        """
        is_meant = self.q and not is_literal and not _EXACT.search(self.q)
        return replace(self, sort=Sort.MATCH if is_meant else Sort.NEWEST)

    def names(self) -> list[str]:
        """The filters in force."""
        return [name for name, value in NO_FILTERS.items() if name != "sort" and getattr(self, name) != value]

    def only(self, *names: str) -> "ListingFilters":
        """These filters as they are, and no other."""
        return ListingFilters(**{name: getattr(self, name) for name in names})

    def without(self, *names: str) -> "ListingFilters":
        """All filters but these."""
        return replace(self, **{name: value for name, value in NO_FILTERS.items() if name in names})


NO_FILTERS: Final[dict[str, Any]] = {field.name: field.default for field in fields(ListingFilters)}
