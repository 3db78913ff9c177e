"""From judged pairs to clusters: greedy additive edge contraction, one solution of correlation clustering.

Every pair pulls together or pushes apart by its log-odds. The two clusters that pull most are joined, their pulls
on the others are added up, and so on until nothing pulls: so a row joins a cluster for what all its members say,
not for one bridge, and a pair that must not be keeps its two clusters apart for ever.
"""

from __future__ import annotations

from collections.abc import Iterable
from heapq import heapify, heappop, heappush
from typing import Final

import numpy as np
from numpy.typing import NDArray

from leads.resolution.features import Numbers

FORBIDDEN: Final = -1e9
"""The log-odds of a pair that must not be."""

Rows = NDArray[np.int64]
_Pulls = dict[int, dict[int, float]]


def components(row_count: int, left: Rows, right: Rows) -> Rows:
    """The smallest row that each row hangs together with over any of the pairs."""
    parents = np.arange(row_count)
    while True:
        roots = np.minimum(parents[left], parents[right])
        lower = parents.copy()
        np.minimum.at(lower, parents[left], roots)
        np.minimum.at(lower, parents[right], roots)
        lower = lower[lower]
        while not np.array_equal(lower, lower[lower]):
            lower = lower[lower]
        if np.array_equal(lower, parents):
            return parents
        parents = lower


def cluster(row_count: int, left: Rows, right: Rows, log_odds: Numbers) -> Rows:
    """The smallest row of each row's cluster."""
    clusters = np.arange(row_count)
    pulls = log_odds > 0
    parts = components(row_count, left[pulls], right[pulls])
    is_inside = parts[left] == parts[right]
    left, right, log_odds = left[is_inside], right[is_inside], log_odds[is_inside]
    sizes = np.bincount(parts, minlength=row_count)
    is_couple = sizes[parts[left]] == 2
    clusters[right[is_couple]] = left[is_couple]
    order = np.flatnonzero(~is_couple)
    order = order[np.argsort(parts[left[order]], kind="stable")]
    bounds = np.flatnonzero(np.diff(parts[left[order]], prepend=-1))
    for pairs in np.split(order, bounds[1:]) if len(order) else ():
        _contract(clusters, zip(left[pairs].tolist(), right[pairs].tolist(), log_odds[pairs].tolist(), strict=True))
    return clusters


def _contract(clusters: Rows, pairs: Iterable[tuple[int, int, float]]) -> None:
    """Join what pulls most until nothing does; equal pulls in the order of rows."""
    pulls: _Pulls = {}
    members: dict[int, list[int]] = {}
    for one, other, pull in pairs:
        pulls.setdefault(one, {})[other] = pull
        pulls.setdefault(other, {})[one] = pull
    queue = [(-pull, one, other) for one, theirs in pulls.items() for other, pull in theirs.items() if one < other]
    heapify(queue)
    while queue:
        negative, one, other = heappop(queue)
        if negative >= 0:
            break
        if pulls.get(one, {}).get(other) != -negative:
            continue  # one of the two was joined meanwhile: their new pull is in the queue as well
        members.setdefault(one, [one]).extend(members.pop(other, [other]))
        for third, pull in _join(pulls, one, other):
            heappush(queue, (-pull, min(one, third), max(one, third)))
    for first, rows in members.items():
        clusters[rows] = min(first, *rows)


def _join(pulls: _Pulls, one: int, other: int) -> Iterable[tuple[int, float]]:
    """Let ``one`` stand for both; yields its changed pulls."""
    theirs = pulls.pop(other)
    mine = pulls[one]
    del mine[other]
    for third, pull in theirs.items():
        if third == one:
            continue
        mine[third] = mine.get(third, 0.0) + pull
        others = pulls[third]
        del others[other]
        others[one] = mine[third]
        yield third, mine[third]
