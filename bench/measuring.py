"""Paired measurements: both sides take turns in one process, so that a machine that slows down slows both."""

import gc
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Action = Callable[[int], object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One thing that we do, beside another way to do it.

    :param ours: called with the number of the round; both sides leave things as the next round needs them
    :param at_most_ratio: above it the benchmark fails: a bound that only a mistake crosses, not a target
    """

    name: str
    beside: str
    ours: Action
    other: Action
    rounds: int
    at_most_ratio: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome: ours divided by the other, round by round; times in milliseconds are medians."""

    name: str
    beside: str
    ratio: float
    ratio_low: float
    ratio_high: float
    ours_ms: float
    other_ms: float
    rounds: int
    at_most_ratio: float

    @property
    def is_within_bound(self) -> bool:
        return self.ratio <= self.at_most_ratio


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """How many cases of a known truth are told right: ours, and the peer's on the same cases.

    :param beside: the peer, or what counts as right where there is none
    :param ours_right: a sum of shares where a case is a page of many answers
    """

    name: str
    beside: str
    cases: int
    ours_right: float
    other_right: float | None = None
    is_goal: bool = False
    """Whether the benchmark fails when the peer is the better."""
    at_least: float = 0.0
    """Below this share the benchmark fails."""

    @property
    def share(self) -> float:
        return self.ours_right / self.cases if self.cases else 1.0

    @property
    def is_within_bound(self) -> bool:
        is_beaten = self.is_goal and self.other_right is not None and self.ours_right <= self.other_right
        return not is_beaten and self.share >= self.at_least


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that was measured by itself, and the most that it may be."""

    name: str
    value: float
    unit: str
    at_most: float | None = None

    @property
    def is_within_bound(self) -> bool:
        return self.at_most is None or self.value <= self.at_most


def measure(comparison: Comparison) -> Result:
    """Run both sides ``rounds`` times in turn, after one round that does not count."""
    pairs = []
    gc.collect()
    for number in range(comparison.rounds + 1):
        first, second = (comparison.ours, comparison.other) if number % 2 else (comparison.other, comparison.ours)
        timed = {first: _seconds(first, number), second: _seconds(second, number)}
        pairs.append((timed[comparison.ours], timed[comparison.other]))
    pairs = pairs[1:]
    ratios = sorted(ours / other for ours, other in pairs)
    tenth = len(ratios) // 10
    return Result(
        name=comparison.name,
        beside=comparison.beside,
        ratio=statistics.median(ratios),
        ratio_low=ratios[tenth],
        ratio_high=ratios[-1 - tenth],
        ours_ms=statistics.median(ours for ours, _ in pairs) * 1000,
        other_ms=statistics.median(other for _, other in pairs) * 1000,
        rounds=comparison.rounds,
        at_most_ratio=comparison.at_most_ratio,
    )


def _seconds(action: Action, number: int) -> float:
    started_at = time.perf_counter()
    action(number)
    return time.perf_counter() - started_at
