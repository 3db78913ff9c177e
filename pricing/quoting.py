"""How a price is made: pure arithmetic on a lead's facts and its market's demand, every credit accounted for.

A price depends on the lead and its market, never on who asks. Demand moves it by at most the policy's weight.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

MODEL_VERSION: Final = "quality-and-demand-1"
OTHER_KINDS_CREDITS: Final = 16
QUALITY_CREDITS_AT_100: Final = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class PricedLead:
    """What of a lead is priced. ``asking_price_cents`` is None for rentals and where unknown."""

    kind: str
    quality_score: int
    asking_price_cents: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketDemand:
    """One market's last fourteen days: holds and sales against offers open now."""

    holds: int
    sales: int
    listed: int

    @property
    def pressure_ratio(self) -> float:
        """−1 where nobody looks at much on offer, 0 where unknown or balanced, +1 where everything goes."""
        if self.listed + self.sales + self.holds == 0:
            return 0.0
        wanted = self.sales + self.holds / 3
        return max(-1.0, min(1.0, (wanted - self.listed / 4) / max(wanted + self.listed / 4, 1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The operator's numbers: whole credits, and how far demand may move a price, in percent."""

    floor_credits: int
    ceiling_credits: int
    base_credits: Mapping[str, int]
    demand_weight_percent: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PricePart:
    """A share of a price in whole credits, and what it is for."""

    part: str
    credits: int
    says: str


def quote_credits(*, lead: PricedLead, demand: MarketDemand, policy: Policy) -> list[PricePart]:
    """Price one lead and say why.

    :return: parts that sum to the price, which lies within ``[policy.floor_credits, policy.ceiling_credits]``
    """
    parts = [_base(lead, policy), _quality(lead), _value(lead)]
    parts.append(_demand(sum(part.credits for part in parts), demand, policy))
    total = sum(part.credits for part in parts)
    bounded = max(policy.floor_credits, min(policy.ceiling_credits, total))
    if bounded != total:
        edge = "lowest" if bounded > total else "highest"
        parts.append(PricePart(part="limit", credits=bounded - total, says=f"The {edge} price we charge."))
    return parts


def _base(lead: PricedLead, policy: Policy) -> PricePart:
    share = policy.base_credits.get(lead.kind, policy.base_credits.get("other", OTHER_KINDS_CREDITS))
    return PricePart(part="kind", credits=share, says="What leads of this kind start at.")


def _quality(lead: PricedLead) -> PricePart:
    share = round(QUALITY_CREDITS_AT_100 * (lead.quality_score - 50) / 50)
    says = f"Its quality is {lead.quality_score} of 100; 50 is neutral."
    return PricePart(part="quality", credits=share, says=says)


def _value(lead: PricedLead) -> PricePart:
    if lead.asking_price_cents is None or lead.kind == "rental_owner":
        return PricePart(part="value", credits=0, says="No sale price is known, so it does not count.")
    dollars = lead.asking_price_cents // 100
    share = max(-4, min(12, round((dollars - 300_000) / 50_000)))
    return PricePart(part="value", credits=share, says=f"The home is offered at ${dollars:,}; $300,000 is neutral.")


def _demand(subtotal: int, demand: MarketDemand, policy: Policy) -> PricePart:
    share = round(subtotal * demand.pressure_ratio * policy.demand_weight_percent / 100)
    says = (
        f"In this area over 14 days: {demand.sales} sold, {demand.holds} held, {demand.listed} on offer."
        if demand.listed + demand.sales + demand.holds
        else "Demand in this area is not known yet."
    )
    return PricePart(part="demand", credits=share, says=says)
