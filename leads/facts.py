"""What is known of one lead when it is judged: a plain value, made from its sightings, without names or words.

It is kept beside the score (:func:`as_json`), so that a judgement can be made again exactly as it was.
"""

from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any, Final

from leads.comparables import Market
from leads.reading.passages import ReadFact
from leads.scam_phrases import Signal

READS_OTHERWISE: Final = "source_reads_otherwise"
"""The flag of a lead that a held sighting tells of: it sends the lead to review."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadFacts:
    """Facts for checks and scores. Money in US cents, area in square feet; None is unknown.

    ``signals`` and ``motivations`` are what the adverts' words say, by theme; ``reading`` is all that was read from
    them, of the closed catalogue in ``leads.reading``. ``unlike_homes_with_contact`` counts
    other homes at other addresses that carry one of the lead's contacts, ``contact_regions`` the three-digit ZIP
    areas that they lie in; ``homes_with_same_images`` counts other homes that show one of its pictures.
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


_FIELDS: Final = tuple(field.name for field in fields(LeadFacts))
_ADDED: Final[dict[str, Any]] = {"reading": []}
"""Fields that documents of earlier days do not hold, and what they mean there."""


def as_json(facts: LeadFacts, *, judged_at: datetime) -> dict[str, Any]:
    """The facts and the moment they were judged at, as JSON values."""
    return {name: getattr(facts, name) for name in _FIELDS} | {
        "signals": [{"theme": item.theme, "quote": item.quote} for item in facts.signals],
        "motivations": [{"theme": item.theme, "quote": item.quote} for item in facts.motivations],
        "market": facts.market and asdict(facts.market),
        "reading": [asdict(item) for item in facts.reading],
        "flags": sorted(facts.flags),
        "judged_at": judged_at.isoformat(),
        "last_seen_at": facts.last_seen_at.isoformat(),
        "posted_at": facts.posted_at and facts.posted_at.isoformat(),
    }


def from_json(document: dict[str, Any]) -> tuple[LeadFacts, datetime]:
    """What :func:`as_json` kept: the facts, and the moment."""
    known = _ADDED | document
    told = {name: known[name] for name in _FIELDS}
    posted_at, market = told["posted_at"], told["market"]
    facts = LeadFacts(
        **told
        | {
            "signals": tuple(Signal(**signal) for signal in told["signals"]),
            "motivations": tuple(Signal(**signal) for signal in told["motivations"]),
            "market": market and Market(**market),
            "flags": frozenset(told["flags"]),
            "reading": tuple(ReadFact(**fact) for fact in told["reading"]),
            "posted_at": posted_at and datetime.fromisoformat(posted_at),
            "last_seen_at": datetime.fromisoformat(told["last_seen_at"]),
        }
    )
    return facts, datetime.fromisoformat(document["judged_at"])
