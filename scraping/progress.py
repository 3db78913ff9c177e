"""How far a crawl is, and when it will be done: a guess from what it knows and what the last one came to. Pure."""

from dataclasses import dataclass
from typing import Final

SECONDS_BEFORE_A_GUESS: Final = 3.0
"""A pace measured over less says nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a crawl is.

    :param done: pages asked for, and pages that needed no asking
    :param total: how many it will come to, as far as anybody can tell; never less than ``done``
    :param seconds_left: ``None`` where nothing is known yet
    """

    done: int
    total: int
    seconds_left: float | None

    @property
    def percent(self) -> int:
        """Whole percent; 100 only where nothing is left."""
        return 100 if self.done >= self.total else self.done * 100 // self.total

    def __str__(self) -> str:
        """Such as ``340 of about 1,200 pages (28 %), 2 min left``."""
        if self.seconds_left == 0:
            return f"{self.done:,} pages"
        left = "" if self.seconds_left is None else f", {in_words(self.seconds_left)} left"
        return f"{self.done:,} of about {self.total:,} pages ({self.percent} %){left}"


def estimate(*, done: int, waiting: int, usual: int, seconds: float) -> Progress:
    """Guess from ``done`` pages in ``seconds`` how long the rest takes.

    :param waiting: pages that are known and not yet asked for; lists still to come bring more
    :param usual: how many pages the source's last whole crawl came to; 0 where there was none
    """
    total = max(done + waiting, usual)
    if done == 0 or seconds < SECONDS_BEFORE_A_GUESS:
        return Progress(done=done, total=total, seconds_left=None)
    return Progress(done=done, total=total, seconds_left=(total - done) * seconds / done)


def ended(*, done: int) -> Progress:
    """Nothing is left."""
    return Progress(done=done, total=done, seconds_left=0)


def in_words(seconds: float) -> str:
    """Such as ``40 s``, ``12 min`` or ``3 h 20 min``."""
    if seconds < 90:
        return f"{round(seconds)} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
