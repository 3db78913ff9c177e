"""What sightings tell of a lead's time on the market: price cuts, offers that ended, and since when. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from operator import attrgetter

from leads.models import Lead, Observation


@dataclass(frozen=True, slots=True, kw_only=True)
class PastOffers:
    """``cut_by`` is the observation that told the newest cut; ``first`` the one that is the oldest."""

    price_cuts: int
    cut_ratio: float | None
    cut_by: Observation | None
    since: datetime | None
    first: Observation | None
    relistings: int


def past_offers(lead: Lead, observations: Iterable[Observation]) -> PastOffers:
    """What all sightings of ``lead`` tell together."""
    said = sorted(observations, key=attrgetter("first_seen_at"))
    adverts: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for item in said:
        adverts[item.source_id, item.external_id_hash].append(item)
    cuts = [cut for series in adverts.values() for cut in _cuts(series)]
    ratios = [ratio for series in adverts.values() if (ratio := _cut_ratio(series)) is not None]
    began = sorted((_since(item), str(item.pk), item) for item in said)
    return PastOffers(
        price_cuts=len(cuts),
        cut_ratio=max(ratios, default=None),
        cut_by=max(cuts, key=attrgetter("first_seen_at"), default=None),
        since=began[0][0] if began else None,
        first=began[0][2] if began else None,
        relistings=_ended_before_another(list(adverts.values())) + (lead.follows_id is not None),
    )


def _priced(series: Iterable[Observation]) -> list[Observation]:
    return [item for item in series if item.facts["asking_price_cents"]]


def _cuts(series: Iterable[Observation]) -> list[Observation]:
    """The sightings of one advert that asked less than the one before."""
    return [
        later
        for earlier, later in pairwise(_priced(series))
        if later.facts["asking_price_cents"] < earlier.facts["asking_price_cents"]
    ]


def _cut_ratio(series: Iterable[Observation]) -> float | None:
    """What an advert takes off its first price now, as a share of it; None where it asks as much or more."""
    prices: list[int] = [item.facts["asking_price_cents"] for item in _priced(series)]
    if not prices or prices[-1] >= prices[0]:
        return None
    return round(1 - prices[-1] / prices[0], 4)


def _since(item: Observation) -> datetime:
    posted_at = item.facts.get("posted_at")
    seen: datetime = item.first_seen_at
    return min(seen, datetime.fromisoformat(posted_at)) if posted_at else seen


def _ended_before_another(adverts: Sequence[Sequence[Observation]]) -> int:
    """How many adverts were gone when another one was first seen."""
    ended = [ends for series in adverts if (ends := _ended_at(series)) is not None]
    begun = [series[0].first_seen_at for series in adverts]
    return sum(any(start >= end for start in begun) for end in ended)


def _ended_at(series: Sequence[Observation]) -> datetime | None:
    """When an advert was gone for good: None while it is told."""
    if any(item.gone_at is None for item in series):
        return None
    return max(item.gone_at for item in series if item.gone_at is not None)
