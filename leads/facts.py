"""What is known of one lead when it is judged: a plain value, made from its sightings, without names or words.

It is kept beside the score (:func:`as_json`), so that a judgement can be made again exactly as it was.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from typing import Any, Final, NamedTuple

from leads.comparables import Market
from leads.reading.passages import ReadFact
from leads.scam_phrases import Signal

CHOOSES_PEOPLE: Final = "chooses_people"
"""The flag of a lead whose advert says who may not have it (``fair_housing.limits_in``): it sends it to review."""
READS_OTHERWISE: Final = "source_reads_otherwise"
"""The flag of a lead that a held sighting tells of: it sends the lead to review."""


class Told(NamedTuple):
    """Which observation a fact was taken from, and when that was first seen (ISO 8601)."""

    observation_id: str
    at: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """Facts for checks and scores. Money in US cents, area in square feet; None is unknown.

    ``signals`` and ``motivations`` are what the adverts' words say, by theme; ``reading`` is all that was read from
    them, of the closed catalogue in ``leads.reading``. ``unlike_homes_with_contact`` counts
    other homes at other addresses that carry one of the lead's contacts, ``contact_regions`` the three-digit ZIP
    areas that they lie in; ``homes_with_same_images`` counts other homes that show one of its pictures.
    ``price_cut_ratio`` is what was taken off the first price, as a share of it; ``relistings`` counts offers of the
    home that ended before another began; ``last_sold_at`` is the last recorded sale before this offer. ``told_by``
    names the observation of a field, or of a fact of the reading by its key.
    """

    kind: str
    signals: tuple[Signal, ...]
    motivations: tuple[Signal, ...]
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
    contact_regions: int
    homes_with_same_images: int
    market: Market | None
    flags: frozenset[str] = frozenset()
    reading: tuple[ReadFact, ...] = ()
    price_cut_ratio: float | None = None
    on_market_since: datetime | None = None
    relistings: int = 0
    last_sold_at: datetime | None = None
    last_sold_cents: int | None = None
    told_by: Mapping[str, Told] = field(default_factory=dict)

    @property
    def price_ratio(self) -> float | None:
        """What is asked, as a share of what like homes nearby ask; None where either is unknown."""
        if not self.asking_price_cents or self.market is None:
            return None
        if self.market.measure == "home":
            return self.asking_price_cents / self.market.median_cents
        return self.asking_price_cents / self.area_sqft / self.market.median_cents if self.area_sqft else None

    @property
    def themes(self) -> frozenset[str]:
        """What the adverts' words touch that frauds write, too."""
        return frozenset(signal.theme for signal in self.signals)


_FIELDS: Final = tuple(item.name for item in fields(LeadFacts))
_SIGNALS: Final = ("signals", "motivations")
_MOMENTS: Final = ("last_seen_at", "posted_at", "on_market_since", "last_sold_at")


def as_json(facts: LeadFacts, *, judged_at: datetime) -> dict[str, Any]:
    """The facts and the moment they were judged at, as JSON values."""
    plain = {name: getattr(facts, name) for name in _FIELDS}
    signals = {name: [{"theme": item.theme, "quote": item.quote} for item in plain[name]] for name in _SIGNALS}
    moments = {name: plain[name] and plain[name].isoformat() for name in _MOMENTS}
    composed = {
        "market": facts.market and asdict(facts.market),
        "reading": [{"topic": item.topic, "name": item.name, "quote": item.quote} for item in facts.reading],
        "flags": sorted(facts.flags),
        "told_by": {name: list(told) for name, told in sorted(facts.told_by.items())},
        "judged_at": judged_at.isoformat(),
    }
    return plain | signals | moments | composed


def from_json(document: dict[str, Any]) -> tuple[LeadFacts, datetime]:
    """What :func:`as_json` kept: the facts, and the moment. What was no fact then keeps its default."""
    kept = {name: document[name] for name in _FIELDS if name in document}
    signals = {name: tuple(Signal(**signal) for signal in kept[name]) for name in _SIGNALS}
    moments = {name: kept[name] and datetime.fromisoformat(kept[name]) for name in _MOMENTS if name in kept}
    composed = {
        "market": kept["market"] and Market(**kept["market"]),
        "flags": frozenset(kept["flags"]),
        "reading": tuple(ReadFact(**fact) for fact in kept.get("reading", ())),
        "told_by": {name: Told(*told) for name, told in kept.get("told_by", {}).items()},
    }
    return LeadFacts(**kept | signals | moments | composed), datetime.fromisoformat(document["judged_at"])
