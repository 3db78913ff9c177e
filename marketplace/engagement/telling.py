"""How facts are told: each value with every phrase that a text may use for it."""

from datetime import date
from decimal import Decimal
from typing import Final

from leads.comparables import Market
from leads.models import Source
from leads.summary import PERIOD_WORDS
from marketplace.engagement.brief import Fact

SPOKEN_SOURCES: Final = {
    Source.Family.CLASSIFIED: "a classified site",
    Source.Family.FSBO: "a for-sale-by-owner site",
    Source.Family.SOCIAL: "a social marketplace",
    Source.Family.PORTAL: "a listing portal",
    Source.Family.MLS: "the listing service",
    Source.Family.RECORDS: "the public records",
    Source.Family.OWNER: "AIQLeads",
}
"""What a text calls the place that a lead was found at, as the public view does: its kind, never its address."""


def on_date(day: date | None) -> tuple[str, ...]:
    """A date as people write it, with its year and without; nothing where it is unknown, here and below."""
    return (f"{day:%B %-d, %Y}", f"{day:%B %-d}") if day else ()


def rooms(number: Decimal | float, word: str) -> tuple[str, ...]:
    """``3-bed``, ``3 beds``, ``3 bedrooms``; no bedroom is a studio."""
    if word == "bed" and number == 0:
        return ("studio",)
    plain = f"{float(number):g}"
    plural = "" if plain == "1" else "s"
    return f"{plain}-{word}", f"{plain} {word}{plural}", f"{plain} {word}room{plural}", f"{plain}-{word}room"


def square_feet(area: int | None) -> tuple[str, ...]:
    return (f"{area:,} sq ft", f"{area:,} square feet", f"{area:,}-square-foot") if area else ()


def dollars(cents: int | None, period: str = "once") -> tuple[str, ...]:
    return (f"${cents // 100:,}{PERIOD_WORDS[period]}",) if cents else ()


def cut(before_cents: int, after_cents: int) -> tuple[str, ...]:
    """A price that fell."""
    [before], [after] = dollars(before_cents), dollars(after_cents)
    [less] = dollars(before_cents - after_cents)
    return f"from {before} to {after}", f"{less} less"


def market_fact(market: Market) -> Fact:
    """What like homes nearby ask or were sold for."""
    middle = f"${market.median_cents / 100:,.0f}"
    rate = f"{middle} per square foot" if market.measure == "square foot" else middle
    did = "ask" if not market.sold else "were sold for" if market.sold == market.homes else "ask, or were sold for,"
    return Fact(
        key="market",
        label="Homes like it nearby",
        phrases=(f"{did} about {rate}",),
        source=f"{market.homes} homes in {market.area}, compared by AIQLeads",
    )


def rate_fact(asking_price_cents: int, area_sqft: int, source: str) -> Fact:
    """What the home asks per square foot."""
    rate = f"${asking_price_cents / area_sqft / 100:,.0f} per square foot"
    return Fact(key="own_rate", label="This home", phrases=(f"asks {rate}",), source=source)
