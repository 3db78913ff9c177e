"""Whether a source still reads as it did: the share of records that have a field, beside the source's own history.

Pure. A site that moves a node does not fail, it only brings less: so a share that falls further than chance and the
source's usual spread explain is a drift. A rise is none. Small runs are put together until they say something.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from math import exp, lgamma, log, log1p
from statistics import median
from typing import Final

from leads.records import ListingRecord

FEWEST_RECORDS: Final = 8
"""Fewer say nothing about a share."""
FIRST_LOOK_RECORDS: Final = 20
"""How many records of a run are looked at before the first is stored."""
ENOUGH_HISTORY: Final = 30
LEAST_DROP: Final = 0.15
LEAST_LIKELY: Final = 0.001
SPREADS: Final = 3 * 1.4826
"""Three standard deviations, as the median absolute deviation has them."""
SURELY: Final = 0.98
"""No field is ever so sure that one record without it proves anything."""

Filled = Callable[[ListingRecord], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """How a record has a field, and which doubts and losses take its worth away."""

    has: Filled
    doubts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def _watched(*names: str, doubts: Iterable[str] = (), has: Filled | None = None) -> Watched:
    def has_any(record: ListingRecord) -> bool:
        return any(getattr(record, name) not in {None, "", ()} for name in names)

    return Watched(has=has or has_any, doubts=frozenset(doubts), names=frozenset(names))


WATCHED: Final[Mapping[str, Watched]] = {
    "title": _watched("title"),
    "asking_price": _watched("asking_price"),
    "beds": _watched("beds"),
    "baths": _watched("baths"),
    "area_sqft": _watched("area_sqft", doubts=["area_implausible"]),
    "address": _watched("address", doubts=["address_unparsed"]),
    "city": _watched("city", doubts=["zip_contradicts_city"]),
    "zip": _watched("zip", doubts=["zip_unknown", "zip_contradicts_state"]),
    "point": _watched(
        "lat", "lng", doubts=["point_far_from_zip"], has=lambda record: record.point_source == "page"
    ),
    "posted_at": _watched("posted_at"),
    "contact": _watched("phones", "emails", doubts=["phone_unreadable"]),
    "description": _watched("description"),
    "images": _watched("image_urls"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """Of ``records``, how many have a field, how many have it without a doubt, and how many pages lost it."""

    records: int = 0
    filled: int = 0
    valid: int = 0
    lost: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(
            records=self.records + other.records,
            filled=self.filled + other.filled,
            valid=self.valid + other.valid,
            lost=self.lost + other.lost,
        )

    @property
    def counts(self) -> tuple[int, int, int, int]:
        """The share as it is kept in a row, in the order of its arguments."""
        return self.records, self.filled, self.valid, self.lost


NOTHING: Final = Share()
Shares = Mapping[str, Share]
NO_SHARES: Final[Shares] = {}


def shares_from(told: Mapping[str, Sequence[int]]) -> dict[str, Share]:
    """Field → its share, from ``counts`` as a row keeps them."""
    return {field: Share(records=a, filled=b, valid=c, lost=d) for field, (a, b, c, d) in told.items()}


def added(several: Iterable[Shares]) -> dict[str, Share]:
    """Field → its share of all records together."""
    parts = list(several)
    return {field: sum((part.get(field, NOTHING) for part in parts), NOTHING) for field in WATCHED}


def shares_of(records: Iterable[ListingRecord]) -> dict[str, Share]:
    """Field → its share of ``records``; those that can never be a lead do not count."""
    kept = [record for record in records if not record.rejected]
    return {field: sum((_share(record, watched) for record in kept), NOTHING) for field, watched in WATCHED.items()}


def _share(record: ListingRecord, watched: Watched) -> Share:
    is_filled, is_lost = watched.has(record), bool(watched.names & record.lost_fields)
    is_valid = is_filled and not is_lost and not (watched.doubts & record.flags)
    return Share(records=1, filled=int(is_filled), valid=int(is_valid), lost=int(is_lost))


def is_drifting(now: Share, history: Sequence[Share]) -> bool:
    """Whether a field's share fell out of its history.

    :param history: of earlier runs that were healthy, the newest first
    """
    small = list(takewhile(lambda share: share.records < FEWEST_RECORDS, history))
    pooled = sum(small, now) if now.records < FEWEST_RECORDS else now
    points = _points(history[len(small) :])
    if pooled.records < FEWEST_RECORDS or sum(point.records for point in points) < ENOUGH_HISTORY:
        return False
    return any(
        _fell(count(pooled), pooled.records, [count(point) / point.records for point in points])
        for count in (_filled, _valid, _not_lost)
    )


def _filled(share: Share) -> int:
    return share.filled


def _valid(share: Share) -> int:
    return share.valid


def _not_lost(share: Share) -> int:
    """A field that an advertiser may leave out can fall far by chance; its node is lost by none."""
    return share.records - share.lost


def _points(history: Sequence[Share]) -> list[Share]:
    """Earlier runs, small ones put together with those before them."""
    points, gathered = [], NOTHING
    for share in history:
        gathered += share
        if gathered.records >= FEWEST_RECORDS:
            points.append(gathered)
            gathered = NOTHING
    return points


def _fell(count: int, records: int, usual_shares: Sequence[float]) -> bool:
    usual = median(usual_shares)
    spread = median(abs(share - usual) for share in usual_shares)
    plausible = min(SURELY, usual - SPREADS * spread)
    if plausible <= 0 or usual - count / records < LEAST_DROP:
        return False
    return at_most(count, of=records, chance=plausible) < LEAST_LIKELY


def at_most(count: int, *, of: int, chance: float) -> float:
    """How likely ``count`` or fewer of ``of`` are, each with ``chance`` strictly between 0 and 1 (binomial)."""
    return sum(
        exp(lgamma(of + 1) - lgamma(k + 1) - lgamma(of - k + 1) + k * log(chance) + (of - k) * log1p(-chance))
        for k in range(count + 1)
    )


class FieldWatch:
    """The fields of one run as its records come in.

    ``settled`` are those of the pages that the run remembers: who goes on after a kill begins with them and reads
    the others again, so that each record counts once.
    """

    def __init__(self, history: Mapping[str, Sequence[Share]], *, begun: Shares = NO_SHARES) -> None:
        self.history = history
        self.settled = {field: begun.get(field, NOTHING) for field in WATCHED}
        self.shares = dict(self.settled)

    def note(self, records: Iterable[ListingRecord]) -> Shares:
        """Count what these records have, and return it."""
        told = shares_of(records)
        for field, share in told.items():
            self.shares[field] += share
        return told

    @property
    def has_seen_enough(self) -> bool:
        """Whether records may be stored: enough were looked at, or there is nothing to compare them with."""
        return not self.history or self.shares["title"].records >= FIRST_LOOK_RECORDS

    def drifting(self) -> frozenset[str]:
        """The fields that fell out of their history so far."""
        return frozenset(
            field for field, share in self.shares.items() if is_drifting(share, self.history.get(field, ()))
        )
