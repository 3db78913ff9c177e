"""What an agent seems to look for, told from what they bought, held, watched and saw; and what fits it. Pure.

Each signal weighs what it cost to give, and half as much every three weeks. Taste has four sides: what homes are
like (a vector of their public texts), where they lie (as wide as a city), what kind of lead they are, and what is
asked for them. No side knows of people, of a street or of a ZIP code.
"""

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vector = NDArray[np.float32]
    """Of length 1; two are as alike as their product is near 1."""

HALVED_AFTER_DAYS: Final = 21.0
SECONDS_PER_DAY: Final = 86_400
BOUGHT: Final = 5.0
HELD: Final = 3.0
WATCHED: Final = 2.0
VIEWED: Final = 1.0
PARTS: Final[Mapping[str, float]] = {"meaning": 0.4, "place": 0.3, "kind": 0.12, "price": 0.1, "quality": 0.08}
"""How much each side of a taste counts, and how good the lead is."""
ALIKE_FROM: Final = 0.35
"""Two texts of homes that have nothing in common are about so alike."""
PRICE_WIDTH: Final = 0.5
"""Of logarithms: a price two thirds above or below what is usually looked at fits half as well."""
VARIETY: Final = 0.3
"""How much being unlike what is shown already counts beside fitting."""

N = TypeVar("N")
City = tuple[str, str]
Asked = tuple[str, int]
"""The period that a price is for, and US cents."""


class Home(Protocol):
    """What is compared of an offer, by its public view."""

    pk: UUID
    city: str
    state_code: str
    kind: str
    asking_price_cents: int | None
    price_period: str
    quality_score: int
    features: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Signal:
    """An offer that mattered to an agent, how much at the time, and when."""

    home: Home
    weight: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Taste:
    """Shares of each side that add up to 1; the mean of prices by their period, as logarithms of cents."""

    vector: "Vector | None" = None
    cities: Mapping[City, float] = field(default_factory=dict)
    kinds: Mapping[str, float] = field(default_factory=dict)
    prices: Mapping[str, float] = field(default_factory=dict)

    def fit(self, home: Home, vector: "Vector | None") -> float:
        """How well an offer fits, from 0 to 1; a side that nothing is known of counts nothing."""
        parts = {"quality": home.quality_score / 100}
        if self.vector is not None and vector is not None:
            parts["meaning"] = _clipped((float(self.vector @ vector) - ALIKE_FROM) / (1 - ALIKE_FROM))
        if self.cities:
            parts["place"] = self.cities.get((home.city, home.state_code), 0.0) / max(self.cities.values())
        if self.kinds:
            parts["kind"] = self.kinds.get(home.kind, 0.0) / max(self.kinds.values())
        usual = self.prices.get(home.price_period)
        if usual is not None and home.asking_price_cents:
            parts["price"] = math.exp(-abs(math.log(home.asking_price_cents) - usual) / PRICE_WIDTH)
        return sum(PARTS[name] * value for name, value in parts.items()) / sum(PARTS[name] for name in parts)


def taste_of(signals: Sequence[Signal], vectors: "Mapping[UUID, Vector]", *, now: datetime) -> Taste:
    """What the signals have in common.

    :param vectors: of the offers' public texts, as far as there are any
    """
    weights = [signal.weight * _faded(signal.at, now) for signal in signals]
    cities: defaultdict[City, float] = defaultdict(float)
    kinds: defaultdict[str, float] = defaultdict(float)
    prices: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for signal, weight in zip(signals, weights, strict=True):
        home = signal.home
        cities[home.city, home.state_code] += weight
        kinds[home.kind] += weight
        if home.asking_price_cents:
            prices[home.price_period].append((weight, math.log(home.asking_price_cents)))
    return Taste(
        vector=_middle([(weight, vectors.get(one.home.pk)) for one, weight in zip(signals, weights, strict=True)]),
        cities=_shares(cities),
        kinds=_shares(kinds),
        prices={period: _mean(told) for period, told in prices.items()},
    )


def varied(
    fits: Mapping[UUID, float], homes: Mapping[UUID, Home], vectors: "Mapping[UUID, Vector]", *, limit: int
) -> list[UUID]:
    """The offers that fit best without being all alike, one after another; ties go by the key.

    Each next one is the best of what fits less what it repeats: maximal marginal relevance.
    Source: Carbonell, Goldstein, "The Use of MMR", SIGIR 1998.
    """
    left = sorted(fits, key=lambda pk: (-fits[pk], pk))
    repeated: dict[UUID, float] = dict.fromkeys(left, 0.0)
    chosen: list[UUID] = []
    while left and len(chosen) < limit:
        best = max(left, key=lambda pk: (1 - VARIETY) * fits[pk] - VARIETY * repeated[pk])
        chosen.append(best)
        left.remove(best)
        for pk in left:
            repeated[pk] = max(repeated[pk], alikeness(homes[pk], homes[best], vectors))
    return chosen


def alikeness(one: Home, other: Home, vectors: "Mapping[UUID, Vector]") -> float:
    """How much one offer repeats another, from 0 to 1: by being of one city and kind, and by their texts."""
    is_there = (one.city, one.state_code) == (other.city, other.state_code)
    market = (is_there + (one.kind == other.kind)) / 2
    mine, theirs = vectors.get(one.pk), vectors.get(other.pk)
    if mine is None or theirs is None:
        return market
    return (market + _clipped((float(mine @ theirs) - ALIKE_FROM) / (1 - ALIKE_FROM))) / 2


def _faded(at: datetime, now: datetime) -> float:
    days = max(0.0, (now - at).total_seconds() / SECONDS_PER_DAY)
    return float(0.5 ** (days / HALVED_AFTER_DAYS))


def _middle(weighted: "Sequence[tuple[float, Vector | None]]") -> "Vector | None":
    import numpy as np  # noqa: PLC0415  (in processes that compare vectors)

    known = [(weight, vector) for weight, vector in weighted if vector is not None]
    if not known:
        return None
    together = np.sum([weight * vector for weight, vector in known], axis=0)
    length = float(np.linalg.norm(together))
    return together / length if length else None


def _shares(weights: Mapping[N, float]) -> dict[N, float]:
    whole = sum(weights.values())
    return {name: weight / whole for name, weight in weights.items()} if whole else {}


def _mean(weighted: Sequence[tuple[float, float]]) -> float:
    return sum(weight * value for weight, value in weighted) / sum(weight for weight, _ in weighted)


def _clipped(value: float) -> float:
    return min(1.0, max(0.0, value))
