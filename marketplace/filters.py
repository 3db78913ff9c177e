"""What a search asks for, as one typed value, however it came in."""

from dataclasses import dataclass
from enum import StrEnum

from aiqleads.core.geo import Area


class Sort(StrEnum):
    """In what order offers are shown."""

    NEWEST = "newest"
    PRICE = "price"
    QUALITY = "quality"


@dataclass(frozen=True, slots=True, kw_only=True)
class ListingFilters:
    """Facts of the public view to search by; None does not narrow.

    ``near`` is (latitude, longitude) in degrees, with ``radius_miles``. ``polygon`` is a drawn area. ``asking_*``
    are US dollars, ``price_max`` credits.
    """

    q: str = ""
    near: tuple[float, float] | None = None
    radius_miles: float | None = None
    polygon: Area | None = None
    state: str = ""
    city: str = ""
    zip: str = ""
    kind: tuple[str, ...] = ()
    tier: tuple[str, ...] = ()
    beds_min: float | None = None
    baths_min: float | None = None
    price_max: int | None = None
    asking_min: int | None = None
    asking_max: int | None = None
    quality_min: int | None = None
    sort: Sort = Sort.NEWEST
