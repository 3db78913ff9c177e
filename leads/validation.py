"""Is it a fraud, and is it enough to sell? Pure: facts in, points with reasons out."""

import re
from collections.abc import Iterator
from typing import Final

from leads.evidence import Evidence, bounded_score
from leads.facts import LeadFacts
from leads.models import Kind, Score

REVIEW_FROM: Final = 40
REJECT_FROM: Final = 70
MIN_COMPARABLES: Final = 8
SHARED_CONTACT_HOMES: Final = 6
NAMED_BY_RECORDS: Final = frozenset({Kind.PREFORECLOSURE, Kind.PROBATE, Kind.ABSENTEE})
"""Kinds whose record is worth its owner and its home: a notice tells neither price nor rooms."""

TEXT_SIGNALS: Final = (
    (
        "untraceable payment",
        40,
        r"western union|money ?gram|wire (?:the|transfer|me)|gift cards?|crypto|bitcoin|zelle",
    ),
    (
        "payment before viewing",
        35,
        r"deposit (?:first|before|in advance|to (?:hold|secure|reserve))|before (?:viewing|you see)",
    ),
    (
        "owner is away",
        30,
        r"out of (?:the )?(?:country|state|town)|overseas|abroad|missionar|deployed|relocated to (?:africa|europe)",
    ),
    (
        "keys by mail",
        35,
        r"(?:send|mail|ship|post|dhl|fedex)\w* (?:you )?the keys|keys (?:will be|are) (?:sent|mailed|shipped)",
    ),
    (
        "no viewing, no call",
        30,
        r"drive by|can ?not (?:show|be shown)|no (?:viewings?|calls?)|only (?:by )?(?:e-?mail|text)",
    ),
    ("asks for personal papers", 25, r"social security|copy of (?:your )?(?:id|passport|licen[cs]e)|date of birth"),
    ("pressing piety or urgency", 10, r"god[- ]fearing|god bless|kindly|act (?:now|fast)|first come first"),
)


def fraud_evidence(facts: LeadFacts) -> list[Evidence]:
    """Everything that speaks for a fraud, with its points; empty where nothing does."""
    return [*_text(facts), *_price(facts), *_contact(facts), *_impossible(facts)]


def fraud_score(evidence: list[Evidence]) -> int:
    """0 (nothing speaks for it) to 100."""
    return bounded_score(evidence)


def verdict(facts: LeadFacts, fraud: int) -> tuple[Score.Verdict, str]:
    """What happens to the lead, and why in a sentence for the operator."""
    missing = missing_to_sell(facts)
    if missing:
        return Score.Verdict.REJECT, f"Not enough to sell: {missing}."
    if fraud >= REJECT_FROM:
        return Score.Verdict.REJECT, "Very likely a fraud."
    if fraud >= REVIEW_FROM:
        return Score.Verdict.REVIEW, "May be a fraud."
    return Score.Verdict.PASS, ""


def missing_to_sell(facts: LeadFacts) -> str:
    """What a lead lacks to be worth anything to a buyer; "" where nothing does."""
    if not (facts.has_phone or facts.has_email or facts.has_address):
        return "no way to reach the owner"
    if not facts.city:
        return "no place"
    if facts.kind in NAMED_BY_RECORDS and facts.has_address:
        return ""
    if facts.asking_price_cents is None and facts.beds is None and facts.area_sqft is None:
        return "neither price nor rooms nor area"
    return ""


def _text(facts: LeadFacts) -> Iterator[Evidence]:
    lowered = facts.text.lower()
    for part, points, pattern in TEXT_SIGNALS:
        found = re.search(pattern, lowered)
        if found:
            yield Evidence(
                part=part, points=points, field="description", says=f"The advert says “{found.group()}”."
            )


def _price(facts: LeadFacts) -> Iterator[Evidence]:
    asked, usual = facts.cents_per_sqft, facts.median_cents_per_sqft
    if asked is None or usual is None or facts.comparables < MIN_COMPARABLES or facts.property_type == "land":
        return
    ratio = asked / usual
    if ratio < 0.35:
        says = f"It asks {ratio:.0%} of what {facts.comparables} homes nearby ask per square foot."
        yield Evidence(part="price far below the market", points=45, field="asking_price", says=says)
    elif ratio < 0.55:
        says = f"It asks {ratio:.0%} of what {facts.comparables} homes nearby ask per square foot."
        yield Evidence(part="price below the market", points=20, field="asking_price", says=says)


def _contact(facts: LeadFacts) -> Iterator[Evidence]:
    homes = facts.unlike_homes_with_contact
    if homes >= SHARED_CONTACT_HOMES:
        says = f"The same contact stands in adverts for {homes} other homes."
        yield Evidence(part="contact used for many homes", points=30, field="contact", says=says)


def _impossible(facts: LeadFacts) -> Iterator[Evidence]:
    price, period = facts.asking_price_cents, facts.price_period
    if price is not None and period == "once" and 0 < price < 5_000_00:
        yield Evidence(
            part="impossible price", points=30, field="asking_price", says=f"It asks ${price // 100:,} for a home."
        )
    if (facts.beds or 0) > 20 or (facts.baths or 0) > 20:
        yield Evidence(
            part="impossible rooms", points=25, field="beds", says="It claims more than twenty rooms of a kind."
        )
    if "zip_contradicts_state" in facts.flags:
        yield Evidence(
            part="place contradicts itself", points=15, field="zip", says="The ZIP lies in another state."
        )
