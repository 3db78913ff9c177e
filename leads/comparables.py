"""What like homes nearby ask: a median and a spread that a few absurd prices do not move.

A look-up costs the same however many leads there are: it reads at most ``2 * NEAREST`` rows from an index, outwards
from the lead's own ZIP code and never beyond its first three digits.
"""

import math
import statistics
from collections.abc import Iterable, Sequence
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


class Home(NamedTuple):
    """What is compared of one home that is offered."""

    zip_code: str
    property_type: str
    beds: float | None
    area_sqft: int | None
    cents: int


def market_of(lead: Lead) -> Market | None:
    """What homes like ``lead`` ask nearby; None where too few do."""
    if len(lead.zip_code) != 5 or not lead.asking_price_cents or not (lead.area_sqft or lead.beds):
        return None  # nothing to compare, nothing to look up
    beds = None if lead.beds is None else float(lead.beds)
    home = Home(lead.zip_code, lead.property_type, beds, lead.area_sqft, lead.asking_price_cents or 0)
    return market_among(home, _nearby(lead))


def market_among(home: Home, nearby: Iterable[Home]) -> Market | None:
    """What the like of ``home`` ask: in its ZIP code if enough of them do, else in its three-digit ZIP area."""
    like = [
        other
        for other in nearby
        if _is_land(other.property_type) == _is_land(home.property_type) and other.zip_code[:3] == home.zip_code[:3]
    ]
    own_zip = [other for other in like if other.zip_code == home.zip_code]
    for homes, area in ((own_zip, home.zip_code), (like, f"{home.zip_code[:3]}xx")):
        market = _per_square_foot(homes, area) if home.area_sqft else _per_home(home, homes, area)
        if market:
            return market
    return None


def _per_square_foot(homes: list[Home], area: str) -> Market | None:
    return _market([home.cents / home.area_sqft for home in homes if home.area_sqft], area, "square foot")


def _per_home(home: Home, homes: list[Home], area: str) -> Market | None:
    if home.beds is None:
        return None
    alike = [
        other.cents for other in homes if other.beds is not None and abs(other.beds - home.beds) < BEDS_TOLERANCE
    ]
    return _market(alike, area, "home")


def _market(prices: Sequence[float], area: str, measure: Literal["square foot", "home"]) -> Market | None:
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


def _nearby(lead: Lead) -> list[Home]:
    first, last = f"{lead.zip_code[:3]}00", f"{lead.zip_code[:3]}99"
    offers = Lead.objects.filter(state=Lead.State.ACTIVE, asking_price_cents__gt=0, price_period=lead.price_period)
    onwards = offers.filter(zip_code__range=(lead.zip_code, last)).order_by("zip_code", "id")
    before = offers.filter(zip_code__gte=first, zip_code__lt=lead.zip_code).order_by("-zip_code", "-id")
    return [*_homes(onwards, lead), *_homes(before, lead)]


def _homes(offers: QuerySet[Lead], lead: Lead) -> list[Home]:
    rows = offers.values_list("id", "zip_code", "property_type", "beds", "area_sqft", "asking_price_cents")[
        :NEAREST
    ]
    return [
        Home(zip_code, property_type, None if beds is None else float(beds), area_sqft, cents or 0)
        for pk, zip_code, property_type, beds, area_sqft, cents in rows
        if pk != lead.pk
    ]


def _is_land(property_type: str) -> bool:
    return property_type == "land"
