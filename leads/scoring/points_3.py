"""The rules that scored leads until November 2026, kept as they were so that what they scored can be made again."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from leads.evidence import Evidence
from leads.facts import LeadFacts

START: Final = 12

KIND_POINTS: Final = {
    "owner_submitted": (15, "The owner asked to be found."),
    "buyer_enquiry": (15, "Somebody looks for a home and asked for an agent."),
    "fsbo": (10, "The owner sells without an agent."),
    "expired": (10, "An earlier listing ended without a sale."),
    "preforeclosure": (8, "The owner is under pressure to sell."),
    "rental_owner": (2, "The owner lets and may sell later."),
}
MOTIVATION_POINTS: Final = {
    "moving": 6,
    "in a hurry": 6,
    "willing to deal": 5,
    "open to agents": 6,
    "estate": 4,
    "wants no agents": -12,
}


class Points3:
    """A scorer, as ``leads.judging`` asks for one."""

    version: Final = "points-3"

    def evidence(self, facts: LeadFacts, *, now: datetime) -> list[Evidence]:
        """Every part of the quality score, what is unknown included (0 points)."""
        return [
            Evidence(
                part="start", points=START, field="", says="What every lead that passed the checks starts with."
            ),
            *_kind(facts),
            *_reach(facts),
            *_completeness(facts),
            *_freshness(facts, now),
            *_motivation(facts),
            *_price_realism(facts),
            *_sightings(facts),
        ]


def _kind(facts: LeadFacts) -> Iterator[Evidence]:
    points, says = KIND_POINTS.get(facts.kind, (4, "A public record names the owner."))
    yield Evidence(part="kind", points=points, field="kind", says=says)


def _reach(facts: LeadFacts) -> Iterator[Evidence]:
    if facts.has_phone:
        yield Evidence(part="phone", points=15, field="phones", says="A phone number stands in the advert.")
    else:
        yield Evidence(part="phone", points=0, field="phones", says="Phone: unknown.")
    if facts.has_email:
        yield Evidence(part="e-mail", points=6, field="emails", says="An e-mail address stands in the advert.")
    if facts.has_address:
        yield Evidence(part="address", points=8, field="address", says="The full address is known.")


def _completeness(facts: LeadFacts) -> Iterator[Evidence]:
    known = {
        "asking price": facts.asking_price_cents,
        "bedrooms": facts.beds,
        "bathrooms": facts.baths,
        "living area": facts.area_sqft,
        "photos": facts.image_count or None,
    }
    missing = [name for name, value in known.items() if value is None]
    says = "Price, rooms, area and photos are all known." if not missing else f"Unknown: {', '.join(missing)}."
    yield Evidence(part="completeness", points=3 * (len(known) - len(missing)), field="", says=says)


def _freshness(facts: LeadFacts, now: datetime) -> Iterator[Evidence]:
    if facts.posted_at is None:
        yield Evidence(part="freshness", points=2, field="posted_at", says="When it was posted: unknown.")
        return
    days = max(0, (now - facts.posted_at).days)
    points = next(points for limit, points in ((3, 12), (7, 9), (21, 5), (60, 1), (10**6, -6)) if days <= limit)
    when = "today" if days == 0 else f"{days} day{'s' if days > 1 else ''} ago"
    yield Evidence(part="freshness", points=points, field="posted_at", says=f"Posted {when}.")


def _motivation(facts: LeadFacts) -> Iterator[Evidence]:
    for signal in facts.motivations:
        says = f"The advert says “{signal.quote}”."
        yield Evidence(part=signal.theme, points=MOTIVATION_POINTS[signal.theme], field="description", says=says)
    if facts.price_cuts:
        says = f"The price was cut {facts.price_cuts} time{'s' if facts.price_cuts > 1 else ''}."
        yield Evidence(part="price cuts", points=min(6, 3 * facts.price_cuts), field="asking_price", says=says)


def _price_realism(facts: LeadFacts) -> Iterator[Evidence]:
    ratio, market = facts.price_ratio, facts.market
    if ratio is None or market is None or market.measure != "square foot" or facts.price_period != "once":
        return
    if 0.8 <= ratio <= 1.15:
        yield Evidence(part="price", points=6, field="asking_price", says="The price is in line with homes nearby.")
    elif ratio > 1.4:
        says = f"It asks {ratio - 1:.0%} more per square foot than homes nearby."
        yield Evidence(part="price", points=-4, field="asking_price", says=says)


def _sightings(facts: LeadFacts) -> Iterator[Evidence]:
    if facts.sources > 1:
        says = f"Seen on {facts.sources} sites, so the facts are confirmed."
        yield Evidence(part="sightings", points=4, field="", says=says)
    if facts.is_owner:
        yield Evidence(part="owner", points=4, field="is_owner", says="The advert says it is by the owner.")
