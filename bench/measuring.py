"""Paired measurements: both sides take turns in one process, so that a machine that slows down slows both."""

import gc
import re
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

Action = Callable[[int], object]

_NUMBERS: Final = re.compile(r"\d[\d,.]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One thing that we do, beside another way to do it.

    :param ours: called with the number of the round; both sides leave things as the next round needs them
    :param prepare: called before each round and not timed
    :param is_other_last: the other side needs what ours leaves; else who begins takes turns
    :param at_most_ratio: above it the benchmark fails: a bound that only a mistake crosses, not a target
    """

    name: str
    beside: str
    ours: Action
    other: Action
    rounds: int
    at_most_ratio: float
    prepare: Action = lambda _: None
    is_other_last: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The outcome: ours divided by the other, round by round; times in milliseconds are medians.

    :param cpu_ratio: of the seconds that this process worked; what it waits for is left out
    """

    name: str
    beside: str
    ratio: float
    ratio_low: float
    ratio_high: float
    cpu_ratio: float
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
    """One thing that was measured by itself, the least or the most that it may be, and a peer's beside it."""

    name: str
    value: float
    unit: str
    at_most: float | None = None
    at_least: float | None = None
    beside: str = ""
    other: float | None = None

    @property
    def is_within_bound(self) -> bool:
        is_enough = self.at_least is None or self.value >= self.at_least
        return is_enough and (self.at_most is None or self.value <= self.at_most)


def is_asked_for(name: str, only: str, *, wholly: bool = False) -> bool:
    """Whether a pattern is found in a name, whatever numbers both hold: those follow the sizes and the files.

    :param wholly: the two are the same
    """
    asked, told = _NUMBERS.sub("0", only), _NUMBERS.sub("0", name)
    return asked == told if wholly else re.search(asked, told) is not None


@dataclass(frozen=True, slots=True)
class Taken:
    """How long one call took, by the clock and of this process's work."""

    seconds: float
    cpu_seconds: float


def measure(comparison: Comparison) -> Result:
    """Run both sides ``rounds`` times in turn, after one round that does not count."""
    gc.collect()
    pairs = [_round(comparison, number) for number in range(comparison.rounds + 1)][1:]
    ratios = sorted(ours.seconds / other.seconds for ours, other in pairs)
    tenth = len(ratios) // 10
    return Result(
        name=comparison.name,
        beside=comparison.beside,
        ratio=statistics.median(ratios),
        ratio_low=ratios[tenth],
        ratio_high=ratios[-1 - tenth],
        cpu_ratio=statistics.median(ours.cpu_seconds / other.cpu_seconds for ours, other in pairs),
        ours_ms=statistics.median(ours.seconds for ours, _ in pairs) * 1000,
        other_ms=statistics.median(other.seconds for _, other in pairs) * 1000,
        rounds=comparison.rounds,
        at_most_ratio=comparison.at_most_ratio,
    )


def _round(comparison: Comparison, number: int) -> tuple[Taken, Taken]:
    comparison.prepare(number)
    if comparison.is_other_last or number % 2:
        ours = _taken(comparison.ours, number)
        return ours, _taken(comparison.other, number)
    other = _taken(comparison.other, number)
    return _taken(comparison.ours, number), other


def _taken(action: Action, number: int) -> Taken:
    started_at, worked = time.perf_counter(), time.process_time()
    action(number)
    return Taken(time.perf_counter() - started_at, time.process_time() - worked)
