"""Is it a fraud, and is it enough to sell? Pure: facts and a policy in, points with reasons out."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from leads.evidence import Evidence, bounded_score
from leads.facts import CHOOSES_PEOPLE, READS_OTHERWISE, LeadFacts
from leads.models import Kind, Score
from leads.reading.catalogue import Topic
from leads.scam_phrases import POINTS

SHARED_CONTACT_HOMES: Final = 6
ASKED_FOR_IT: Final = frozenset({Kind.OWNER_SUBMITTED, Kind.BUYER_ENQUIRY})
NAMED_BY_RECORDS: Final = frozenset({Kind.PREFORECLOSURE, Kind.PROBATE, Kind.ABSENTEE})
"""Kinds whose record is worth its owner and its home: a notice tells neither price nor rooms."""
SHARED_CONTACT_REGIONS: Final = 4
LEAST_SPREAD: Final = 0.2
"""Below it prices are not called unlike, however alike the others are: a fifth less is a bargain."""
DEVIATION_OF_MAD: Final = 1.4826
"""A normal distribution's standard deviation, in median absolute deviations."""
AWAY: Final = frozenset({"owner is away", "owner is elsewhere"})
UNSEEN: Final = frozenset({"cannot be viewed", "refuses to talk"})
HIGHEST_RENT_CENTS: Final = 200_000_00
MODELS_WORD: Final = 2
"""A sign of fraud that a model alone reads counts half: it sends a lead to an operator sooner than away."""
NO_QUOTATION: Final = frozenset({"tells its writer's story"})
"""Themes whose words name a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """From which fraud score on a lead waits or is rejected, and how much each part counts, in percent."""

    review_from: int = 40
    reject_from: int = 70
    weights: Mapping[str, int] = field(default_factory=dict)


SHIPPED: Final = Policy()


def fraud_evidence(facts: LeadFacts, policy: Policy = SHIPPED) -> list[Evidence]:
    """Everything that speaks for a fraud, with its points; empty where nothing does."""
    return [
        weighed
        for name, find in PARTS.items()
        for item in find(facts)
        if (weighed := _weighed(item, policy.weights.get(name, 100))).points
    ]


def fraud_score(evidence: list[Evidence]) -> int:
    """0 (nothing speaks for it) to 100."""
    return bounded_score(evidence)


def verdict(facts: LeadFacts, fraud: int, policy: Policy = SHIPPED) -> tuple[Score.Verdict, str]:
    """What happens to the lead, and why in a sentence for the operator."""
    missing = missing_to_sell(facts)
    if missing:
        return Score.Verdict.REJECT, f"Not enough to sell: {missing}."
    if fraud >= policy.reject_from:
        return Score.Verdict.REJECT, "Very likely a fraud."
    if fraud >= policy.review_from:
        return Score.Verdict.REVIEW, "May be a fraud."
    if CHOOSES_PEOPLE in facts.flags:
        return Score.Verdict.REVIEW, "Its words say who may not have it. Look before it is offered."
    if READS_OTHERWISE in facts.flags:
        return Score.Verdict.REVIEW, "Its source reads otherwise than before."
    return Score.Verdict.PASS, ""


def missing_to_sell(facts: LeadFacts) -> str:
    """What a lead lacks to be worth anything to a buyer; "" where nothing does."""
    if not (facts.has_phone or facts.has_email or facts.has_address):
        return "no way to reach the owner"
    if not facts.city:
        return "no place"
    if (facts.kind in NAMED_BY_RECORDS and facts.has_address) or facts.kind in ASKED_FOR_IT:
        return ""
    if facts.asking_price_cents is None and facts.beds is None and facts.area_sqft is None:
        return "neither price nor rooms nor area"
    return ""


def _weighed(item: Evidence, percent: int) -> Evidence:
    return Evidence(part=item.part, points=round(item.points * percent / 100), field=item.field, says=item.says)


def _text(facts: LeadFacts) -> Iterator[Evidence]:
    for signal in facts.signals:
        is_quoted = signal.theme not in NO_QUOTATION
        says = f"The advert says “{signal.quote}”." if is_quoted else "The advert tells who its writer is."
        yield Evidence(part=signal.theme, points=POINTS[signal.theme], field="description", says=says)
    for flag in facts.reading:
        if flag.topic == Topic.RED_FLAG and flag.name in POINTS.keys() - facts.themes:
            says = f"A model reads it in “{flag.quote}”."
            points = POINTS[flag.name] // MODELS_WORD
            yield Evidence(part=flag.name, points=points, field="description", says=says)


def _price(facts: LeadFacts) -> Iterator[Evidence]:
    ratio, market = facts.price_ratio, facts.market
    if ratio is None or market is None or facts.property_type == "land":
        return
    deviations = math.log(ratio) / max(LEAST_SPREAD, DEVIATION_OF_MAD * market.spread)
    per = "per square foot" if market.measure == "square foot" else "with as many bedrooms"
    says = f"It asks {ratio:.0%} of what {market.homes} homes in {market.area} {market.says} {per}."
    share = 1.0 if market.measure == "square foot" else 0.5
    if ratio < 0.4 and deviations < -3:
        yield Evidence(part="price far below the market", points=round(45 * share), field="asking_price", says=says)
    elif ratio < 0.6 and deviations < -2:
        yield Evidence(part="price below the market", points=round(20 * share), field="asking_price", says=says)


def _contact(facts: LeadFacts) -> Iterator[Evidence]:
    homes = facts.unlike_homes_with_contact
    if homes >= SHARED_CONTACT_HOMES:
        says = f"The same contact stands in adverts for {homes} other homes."
        yield Evidence(part="contact used for many homes", points=30, field="contact", says=says)
    if facts.contact_regions >= SHARED_CONTACT_REGIONS:
        says = f"The same contact stands in adverts in {facts.contact_regions} different ZIP areas."
        yield Evidence(part="contact used in many places", points=20, field="contact", says=says)


def _images(facts: LeadFacts) -> Iterator[Evidence]:
    homes = facts.homes_with_same_images
    if homes:
        says = f"Its pictures are also shown for {homes} other home{'s' if homes > 1 else ''}."
        yield Evidence(part="pictures of another home", points=25 if homes < 3 else 40, field="images", says=says)


def _impersonation(facts: LeadFacts) -> Iterator[Evidence]:
    """Somebody sells what is not theirs: land or a debt-free home, cheaply, unseen, by their own notary."""
    is_target = facts.property_type == "land" or "land or clear title" in facts.themes
    if not is_target or facts.price_period != "once":
        return
    is_cheap = "below market" in facts.themes or (facts.price_ratio or 1) < 0.6
    marks = {
        "asks less than the market": is_cheap,
        "avoids calls or viewings": bool(UNSEEN & facts.themes),
        "is far away": bool(AWAY & facts.themes),
        "wants its own notary or a quick closing": "own closing" in facts.themes,
    }
    seen = [mark for mark, is_seen in marks.items() if is_seen]
    if len(seen) >= 2:
        says = f"Land or a home without debts, and the seller {', '.join(seen)}."
        yield Evidence(part="seller may not own it", points=15 if len(seen) == 2 else 40, field="", says=says)


def _impossible(facts: LeadFacts) -> Iterator[Evidence]:
    yield from _impossible_price(facts)
    if (facts.beds or 0) > 20 or (facts.baths or 0) > 20:
        says = "It claims more than twenty rooms of a kind."
        yield Evidence(part="impossible rooms", points=25, field="beds", says=says)
    if (facts.beds or 0) >= 2 and facts.area_sqft is not None and facts.area_sqft < 70 * (facts.beds or 0):
        says = f"{facts.beds:.0f} bedrooms do not fit into {facts.area_sqft:,} square feet."
        yield Evidence(part="impossible area", points=15, field="area_sqft", says=says)
    if facts.posted_at and (facts.posted_at - facts.last_seen_at).days >= 2:
        yield Evidence(part="impossible date", points=15, field="posted_at", says="It was posted in the future.")
    for flag, says in CONTRADICTIONS.items():
        if flag in facts.flags:
            yield Evidence(part="place contradicts itself", points=15, field="zip", says=says)


def _impossible_price(facts: LeadFacts) -> Iterator[Evidence]:
    price, period = facts.asking_price_cents, facts.price_period
    if price is None or price <= 0:
        return
    asks = f"It asks ${price // 100:,}"
    if period == "once" and price < 5_000_00 and facts.property_type != "land":
        yield Evidence(part="impossible price", points=30, field="asking_price", says=f"{asks} for a home.")
    if period == "month" and (price < 100_00 or price > HIGHEST_RENT_CENTS):
        yield Evidence(part="impossible price", points=30, field="asking_price", says=f"{asks} a month.")


CONTRADICTIONS: Final = {
    "zip_contradicts_state": "The ZIP lies in another state.",
    "point_far_from_zip": "Its point on the map lies far from its ZIP.",
}
PARTS: Final[dict[str, Callable[[LeadFacts], Iterator[Evidence]]]] = {
    "text": _text,
    "price": _price,
    "contact": _contact,
    "images": _images,
    "seller": _impersonation,
    "facts": _impossible,
}
"""The parts of a fraud score by the names that a policy weighs them by."""
