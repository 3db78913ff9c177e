"""The labelled searches, ``lead_queries.toml``, and how well an order of offers answers one.

Grades come from what the offers truly have: from the columns that the synthetic leads were made of, never from a
ranker or from the text that rankers read. The rules stand at the top of the file of searches.
"""

import math
import random
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import sha256
from pathlib import Path
from statistics import mean
from typing import Any, Final

from marketplace.models import Listing

SEARCHES: Final = Path(__file__).parent / "lead_queries.toml"
BEST_GRADE: Final = 3
FULFILLED: Final = ((0.95, 3), (0.5, 2), (1e-9, 1))
"""From which share of its wishes on an offer is graded how."""
AT_FIRST: Final = 10
CITIES: Final = (
    ("Atlanta", "GA"),
    ("Austin", "TX"),
    ("Charlotte", "NC"),
    ("Chicago", "IL"),
    ("Cleveland", "OH"),
    ("Columbus", "OH"),
    ("Dallas", "TX"),
    ("Denver", "CO"),
    ("Houston", "TX"),
    ("Nashville", "TN"),
    ("Orlando", "FL"),
    ("Phoenix", "AZ"),
    ("Portland", "OR"),
    ("Sacramento", "CA"),
    ("Seattle", "WA"),
    ("Tampa", "FL"),
)
"""Where the offers lie that the searches are asked of."""


class Half(StrEnum):
    """What a search is for: to choose by when a ranker is made, or to tell how good it is, then or afterwards."""

    CHOSEN = "chosen"
    TOLD = "told"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledSearch:
    """Words as typed, the facts that an offer must have, the features that answer each wish, and those unwanted."""

    words: str
    asks: Mapping[str, Any]
    wishes: Sequence[Mapping[str, float]]
    half: Half = Half.CHOSEN
    never: Sequence[str] = ()

    def grade(self, offer: Listing) -> int:
        """0 to 3."""
        if not all(_has(offer, name, asked) for name, asked in self.asks.items()):
            return 0
        if not set(self.never).isdisjoint(offer.lead.features):
            return 0
        if not self.wishes:
            return BEST_GRADE
        fulfilled = [
            max((wish.get(name, 0.0) for name in offer.lead.features), default=0.0) for wish in self.wishes
        ]
        share = sum(fulfilled) / len(fulfilled)
        return next((grade for least, grade in FULFILLED if share >= least), 0)


@cache
def searches() -> tuple[LabelledSearch, ...]:
    """All labelled searches, in the order of their file."""
    document = tomllib.loads(SEARCHES.read_text(encoding="utf-8"))
    return tuple(
        LabelledSearch(
            words=item["words"],
            asks=item["asks"],
            wishes=tuple(item.get("wishes", ())),
            half=Half(item["half"]),
            never=tuple(item.get("never", ())),
        )
        for item in document["queries"]
    )


def half_of(words: str) -> Half:
    """To which half a search belongs that was there when the ranker was made: its words alone decide."""
    return (Half.CHOSEN, Half.TOLD)[sha256(words.encode()).digest()[0] % 2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Interval:
    """A mean, and between what it lies in 95 of a hundred sets of searches like these."""

    mean: float
    least: float
    most: float


def paired(differences: Sequence[float], *, sets: int = 10_000, seed: int = 1) -> Interval:
    """The mean difference of two rankers over the same searches, by drawing such sets from them (bootstrap).

    :param differences: of each search, one ranker's nDCG less the other's
    :param sets: so many are drawn, each as large, with repetition
    """
    chance = random.Random(seed)  # noqa: S311  (drawn, not secret)
    means = sorted(mean(chance.choices(differences, k=len(differences))) for _ in range(sets))
    return Interval(mean=mean(differences), least=means[round(sets * 0.025)], most=means[round(sets * 0.975) - 1])


def ndcg(grades: Sequence[int], *, of: Iterable[int], at: int = AT_FIRST) -> float:
    """How much of the gain that the best order has in its first ``at`` places an order has there, from 0 to 1.

    :param grades: in the order that is judged
    :param of: the grades of all offers there are, in any order; at least one above 0
    """
    best = sorted(of, reverse=True)
    return _gain(grades[:at]) / _gain(best[:at])


def _gain(grades: Sequence[int]) -> float:
    return math.fsum((2**grade - 1) / math.log2(place + 1) for place, grade in enumerate(grades, start=1))


def _has(offer: Listing, name: str, asked: Any) -> bool:
    fact = getattr(offer, FACTS[name])
    if isinstance(asked, list):
        return fact in asked
    if name == "street":
        return asked.lower() in fact.lower()
    if name.endswith("_min"):
        return fact is not None and fact >= asked
    if name.endswith("_max"):
        return fact is not None and fact <= (asked * 100 if name == "asking_max" else asked)
    return bool(fact == asked)


FACTS: Final = {
    "city": "city",
    "state": "state_code",
    "street": "street",
    "kind": "kind",
    "property_type": "property_type",
    "beds_min": "beds",
    "baths_min": "baths",
    "asking_max": "asking_price_cents",
}
"""The column that tells of each fact that is asked for."""
