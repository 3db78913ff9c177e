"""What like homes nearby ask or were sold for: a median and a spread that a few absurd prices do not move.

Sales are what counties and listing services record as closed, where their right allows valuing, within
``SOLD_WITHIN``. A look-up costs the same however many leads and sales there are: it reads at most ``4 * NEAREST``
rows from indexes, outwards from the lead's own ZIP code and never beyond its first three digits.
"""

import math
import statistics
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from django.db import connection

from aiqleads.core import clock
from leads.models import Lead, SourceRight

NEAREST: Final = 64
MIN_HOMES: Final = 8
BEDS_TOLERANCE: Final = 1
SOLD_WITHIN: Final = timedelta(days=365)

_COLUMNS: Final = "id, leads_lead.zip_code, property_type, beds, area_sqft, asking_price_cents"
_OFFERED: Final = f"""
    SELECT {_COLUMNS} FROM leads_lead
    WHERE state = 'active' AND asking_price_cents > 0 AND leads_lead.price_period = asked.price_period
"""  # noqa: S608  (names of our own)
_NEARBY: Final = f"""
SELECT asked.zip_code, asked.price_period, home.*
FROM unnest(%(zip_codes)s::text[], %(periods)s::text[]) AS asked (zip_code, price_period)
CROSS JOIN LATERAL (
    ({_OFFERED} AND leads_lead.zip_code BETWEEN asked.zip_code AND left(asked.zip_code, 3) || '99'
     ORDER BY leads_lead.zip_code, id LIMIT %(nearest)s)
    UNION ALL
    ({_OFFERED} AND leads_lead.zip_code >= left(asked.zip_code, 3) || '00' AND leads_lead.zip_code < asked.zip_code
     ORDER BY leads_lead.zip_code DESC, id DESC LIMIT %(nearest)s)
) AS home
"""  # noqa: S608  (names of our own)
_SOLD: Final = """
    SELECT id, address_hash, facts->>'zip_code' AS zip_code, coalesce(facts->>'property_type', '') AS property_type,
        (facts->>'beds')::float AS beds, (facts->>'area_sqft')::int AS area_sqft,
        (facts->>'asking_price_cents')::bigint AS cents
    FROM leads_observation
    WHERE lead_id IS NULL AND gone_at IS NULL AND facts->>'status' = 'closed'
        AND (facts->>'asking_price_cents')::bigint > 0
        AND facts->>'posted_at' > %(since)s AND source_id = ANY(%(sources)s)
"""
_SOLD_NEARBY: Final = f"""
SELECT asked.zip_code, home.*
FROM unnest(%(zip_codes)s::text[]) AS asked (zip_code)
CROSS JOIN LATERAL (
    ({_SOLD} AND facts->>'zip_code' = asked.zip_code ORDER BY facts->>'posted_at' DESC LIMIT %(nearest)s)
    UNION
    ({_SOLD} AND left(facts->>'zip_code', 3) = left(asked.zip_code, 3)
     ORDER BY facts->>'posted_at' DESC LIMIT %(nearest)s)
) AS home
ORDER BY asked.zip_code, home.id
"""  # noqa: S608  (names of our own)
"""Read by ``observation_sold_zip`` and ``observation_sold_area``, the newest sales first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Market:
    """What ``homes`` like homes ask: the median in cents per ``measure``, and how far their logarithms lie from it.

    ``sold`` of them are sales, which say what was paid. ``spread`` is the median absolute deviation of the natural
    logarithms: 0.2 means that half of the homes ask between 18 % less and 22 % more than the median.
    """

    homes: int
    area: str
    measure: Literal["square foot", "home"]
    median_cents: float
    spread: float
    sold: int = 0

    @property
    def says(self) -> str:
        """What the homes did: ask, or sell."""
        if not self.sold:
            return "ask"
        return "sold for" if self.sold == self.homes else f"ask or, {self.sold} of them, sold for"


class Home(NamedTuple):
    """What is compared of one home that is offered."""

    zip_code: str
    property_type: str
    beds: float | None
    area_sqft: int | None
    cents: int
    is_sold: bool = False


def markets_of(leads: Iterable[Lead]) -> dict[UUID, Market]:
    """By lead, what homes like it ask nearby; a lead is absent where too few do."""
    asking = [lead for lead in leads if _is_comparable(lead)]
    nearby = _nearby({(lead.zip_code, lead.price_period) for lead in asking})
    sold = _sold_nearby({lead.zip_code for lead in asking if lead.price_period == "once"})
    found: dict[UUID, Market] = {}
    for lead in asking:
        others = [home for pk, home in nearby[lead.zip_code, lead.price_period] if pk != lead.pk]
        if lead.price_period == "once":
            others += _other_buildings(sold[lead.zip_code], lead.address_hash)
        if market := market_among(_home(lead), others):
            found[lead.pk] = market
    return found


def _is_comparable(lead: Lead) -> bool:
    return len(lead.zip_code) == 5 and bool(lead.asking_price_cents) and bool(lead.area_sqft or lead.beds)


def _home(lead: Lead) -> Home:
    beds = None if lead.beds is None else float(lead.beds)
    return Home(lead.zip_code, lead.property_type, beds, lead.area_sqft, lead.asking_price_cents or 0)


def market_among(home: Home, nearby: Iterable[Home]) -> Market | None:
    """What the like of ``home`` ask: in its ZIP code if enough of them do, else in its three-digit ZIP area."""
    is_land, area = _is_land(home.property_type), home.zip_code[:3]
    like = [
        other for other in nearby if other.zip_code.startswith(area) and _is_land(other.property_type) == is_land
    ]
    own_zip = [other for other in like if other.zip_code == home.zip_code]
    for homes, area in ((own_zip, home.zip_code), (like, f"{home.zip_code[:3]}xx")):
        market = _per_square_foot(homes, area) if home.area_sqft else _per_home(home, homes, area)
        if market:
            return market
    return None


def _per_square_foot(homes: list[Home], area: str) -> Market | None:
    prices = [(home.cents / home.area_sqft, home.is_sold) for home in homes if home.area_sqft]
    return _market(prices, area, "square foot")


def _per_home(home: Home, homes: list[Home], area: str) -> Market | None:
    if home.beds is None:
        return None
    alike = [
        (float(other.cents), other.is_sold)
        for other in homes
        if other.beds is not None and abs(other.beds - home.beds) < BEDS_TOLERANCE
    ]
    return _market(alike, area, "home")


def _market(
    prices: Sequence[tuple[float, bool]], area: str, measure: Literal["square foot", "home"]
) -> Market | None:
    if len(prices) < MIN_HOMES:
        return None
    logs = [math.log(price) for price, _ in prices]
    middle = statistics.median(logs)
    spread = statistics.median(abs(value - middle) for value in logs)
    return Market(
        homes=len(prices),
        area=area,
        measure=measure,
        median_cents=round(math.exp(middle), 2),
        spread=round(spread, 4),
        sold=sum(is_sold for _, is_sold in prices),
    )


def _nearby(asked: Collection[tuple[str, str]]) -> dict[tuple[str, str], list[tuple[UUID, Home]]]:
    """What is offered around each ZIP code for each price period, with the leads' ids."""
    found: dict[tuple[str, str], list[tuple[UUID, Home]]] = {key: [] for key in asked}
    if not found:
        return found
    zip_codes, periods = (list(column) for column in zip(*sorted(asked), strict=True))
    with connection.cursor() as cursor:
        cursor.execute(_NEARBY, {"zip_codes": zip_codes, "periods": periods, "nearest": NEAREST})
        for asked_zip, period, pk, zip_code, kind, beds, area_sqft, cents in cursor.fetchall():
            home = Home(zip_code, kind, None if beds is None else float(beds), area_sqft, cents)
            found[asked_zip, period].append((pk, home))
    return found


def _sold_nearby(zip_codes: Collection[str]) -> dict[str, list[tuple[str, Home]]]:
    """The newest sales around each ZIP code, with their buildings' hashes."""
    found: dict[str, list[tuple[str, Home]]] = {zip_code: [] for zip_code in zip_codes}
    sources = _valuing_sources() if found else []
    if not sources:
        return found
    asked: dict[str, Any] = {
        "zip_codes": sorted(found),
        "sources": sources,
        "since": (clock.now() - SOLD_WITHIN).isoformat(),
        "nearest": NEAREST,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SOLD_NEARBY, asked)
        for asked_zip, _, building, zip_code, kind, beds, area_sqft, cents in cursor.fetchall():
            found[asked_zip].append((building, Home(zip_code, kind, beds, area_sqft, cents, is_sold=True)))
    return found


def _valuing_sources() -> list[str]:
    """The sources whose right allows valuing with what they record at this moment."""
    rights = SourceRight.objects.filter(may_value=True, during__contains=clock.Now())
    return list(rights.values_list("source_id", flat=True))


def _other_buildings(sold: Iterable[tuple[str, Home]], building: str) -> list[Home]:
    """Sales of other homes, each once, though a county and a listing service may both record it."""
    others = [(place, home) for place, home in sold if not place or place != building]
    return list({(place or index, home.cents): home for index, (place, home) in enumerate(others)}.values())


def _is_land(property_type: str) -> bool:
    return property_type == "land"
