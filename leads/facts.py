"""What is known of one lead when it is judged: a plain value, made from its sightings, without names or numbers."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """Facts for checks and scores. Money in US cents, area in square feet; None is unknown.

    ``text`` is the adverts' own words, held in memory only. ``unlike_homes_with_contact`` counts other homes at
    other addresses that carry one of the lead's contacts. ``median_cents_per_sqft`` is of ``comparables`` homes
    for sale nearby.
    """

    kind: str
    text: str
    is_owner: bool | None
    has_phone: bool
    has_email: bool
    has_address: bool
    city: str
    beds: float | None
    baths: float | None
    area_sqft: int | None
    asking_price_cents: int | None
    price_period: str
    property_type: str
    image_count: int
    posted_at: datetime | None
    last_seen_at: datetime
    price_cuts: int
    sources: int
    unlike_homes_with_contact: int
    comparables: int
    median_cents_per_sqft: float | None
    flags: frozenset[str] = frozenset()

    @property
    def cents_per_sqft(self) -> float | None:
        """Asking price per square foot, for sales where both are known."""
        if not (self.asking_price_cents and self.area_sqft) or self.price_period != "once":
            return None
        return self.asking_price_cents / self.area_sqft
