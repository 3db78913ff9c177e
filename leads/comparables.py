"""What like homes nearby ask: a median and a spread that a few absurd prices do not move.

A look-up costs the same however many leads there are: it reads at most ``2 * NEAREST`` rows from an index, outwards
from the lead's own ZIP code and never beyond its first three digits.
"""

import math
import statistics
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from django.db.models import QuerySet

from leads.models import Lead

NEAREST: Final = 64
MIN_HOMES: Final = 8
BEDS_TOLERANCE: Final = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What ``homes`` like homes ask: the median in cents per ``measure``, and how far their logarithms lie from it.

    ``spread`` is the median absolute deviation of the natural logarithms: 0.2 means that half of the homes ask
    between 18 % less and 22 % more than the median.
    """

    homes: int
    area: str
    measure: Literal["square foot", "home"]
    median_cents: float
    spread: float


class _Home(NamedTuple):
    zip_code: str
    property_type: str
    beds: float | None
    area_sqft: int | None
    cents: int


def market_of(lead: Lead) -> Market | None:
    """What homes like ``lead`` ask nearby: in its ZIP code if enough do, else in its three-digit ZIP area."""
    if len(lead.zip_code) != 5:
        return None
    like = [home for home in _nearby(lead) if _is_land(home.property_type) == _is_land(lead.property_type)]
    own_zip = [home for home in like if home.zip_code == lead.zip_code]
    for homes, area in ((own_zip, lead.zip_code), (like, f"{lead.zip_code[:3]}xx")):
        market = _per_square_foot(lead, homes, area) or _per_home(lead, homes, area)
        if market:
            return market
    return None


def _per_square_foot(lead: Lead, homes: list[_Home], area: str) -> Market | None:
    prices = [home.cents / home.area_sqft for home in homes if home.area_sqft]
    return _market(prices, area, "square foot") if lead.area_sqft else None


def _per_home(lead: Lead, homes: list[_Home], area: str) -> Market | None:
    if lead.beds is None or lead.area_sqft:
        return None
    beds = float(lead.beds)
    alike = [home.cents for home in homes if home.beds is not None and abs(home.beds - beds) < BEDS_TOLERANCE]
    return _market(alike, area, "home")


def _market(prices: list[float] | list[int], area: str, measure: Literal["square foot", "home"]) -> Market | None:
    if len(prices) < MIN_HOMES:
        return None
    logs = [math.log(price) for price in prices]
    middle = statistics.median(logs)
    spread = statistics.median(abs(value - middle) for value in logs)
    return Market(
        homes=len(prices),
        area=area,
        measure=measure,
        median_cents=round(math.exp(middle), 2),
        spread=round(spread, 4),
    )


def _nearby(lead: Lead) -> list[_Home]:
    first, last = f"{lead.zip_code[:3]}00", f"{lead.zip_code[:3]}99"
    offers = Lead.objects.filter(state=Lead.State.ACTIVE, asking_price_cents__gt=0, price_period=lead.price_period)
    onwards = offers.filter(zip_code__range=(lead.zip_code, last)).order_by("zip_code", "id")
    before = offers.filter(zip_code__gte=first, zip_code__lt=lead.zip_code).order_by("-zip_code", "-id")
    return [*_homes(onwards, lead), *_homes(before, lead)]


def _homes(offers: QuerySet[Lead], lead: Lead) -> list[_Home]:
    rows = offers.values_list("id", "zip_code", "property_type", "beds", "area_sqft", "asking_price_cents")[
        :NEAREST
    ]
    return [
        _Home(zip_code, property_type, None if beds is None else float(beds), area_sqft, cents or 0)
        for pk, zip_code, property_type, beds, area_sqft, cents in rows
        if pk != lead.pk
    ]


def _is_land(property_type: str) -> bool:
    return property_type == "land"
