"""Several orders of the same things made one, by reciprocal rank. Pure, and the same each time: ties go by the key.

A thing gains 1 / (``SMOOTHING`` + its place) from each order that holds it, so that only places count: how relevant
words are and how near vectors lie are numbers of two kinds, which nothing makes comparable.

Source: Cormack, Clarke, Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods", SIGIR 2009.
"""

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Protocol, TypeVar

SMOOTHING: Final = 60
"""So that the first places of one order do not outweigh all that another says."""


class Key(Hashable, Protocol):
    """What things are told apart and, where they gain the same, put in order by."""

    def __lt__(self, other: Any, /) -> bool: ...


K = TypeVar("K", bound=Key)


def fused(*orders: Sequence[K] | Mapping[K, float], weights: Iterable[float] | None = None) -> list[K]:
    """All that any of ``orders`` holds, the best first.

    :param orders: each without repetition, the best first; as a mapping it tells what each thing is worth there,
        and things that are worth the same share a place
    :param weights: how much each order counts; all alike unless told
    """
    gains: defaultdict[K, list[float]] = defaultdict(list)
    for order, weight in zip(orders, weights or [1.0] * len(orders), strict=True):
        for key, place in _places(order):
            gains[key].append(weight / (SMOOTHING + place))
    return sorted(gains, key=lambda key: (-math.fsum(gains[key]), key))


def _places(order: Sequence[K] | Mapping[K, float]) -> Iterator[tuple[K, int]]:
    """Each thing with its place from 1 on; of those that are worth the same the place of the first."""
    worth = order if isinstance(order, Mapping) else {key: -place for place, key in enumerate(order)}
    shared, before = 1, math.inf
    for place, (key, own) in enumerate(worth.items(), start=1):
        shared, before = (shared if own == before else place), own
        yield key, shared
