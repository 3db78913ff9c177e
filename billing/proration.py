"""What is left of a period: in US cents when a plan is changed within it, in credits, and in revenue. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """From a moment until before another; ``ends_at`` is later than ``starts_at``."""

    starts_at: datetime
    ends_at: datetime

    def left_of(self, amount: int, *, at: datetime) -> int:
        """The share of ``amount`` that belongs to what is left at a moment, by the second; a half goes up."""
        whole = round((self.ends_at - self.starts_at).total_seconds())
        left = min(max(0, round((self.ends_at - at).total_seconds())), whole)
        return (2 * amount * left + whole) // (2 * whole)


def upgrade_cents(*, old_cents: int, new_cents: int, period: Period, at: datetime) -> int:
    """What a larger plan costs for the rest of a period: the difference of both prices, US cents, tax left out."""
    return max(0, period.left_of(new_cents, at=at) - period.left_of(old_cents, at=at))


def upgrade_credits(*, old_credits: int, new_credits: int, period: Period, at: datetime) -> int:
    """The credits that a larger plan gives for the rest of a period; parts of a credit are not given."""
    return max(0, period.left_of(new_credits - old_credits, at=at))


def unearned_cents(*, net_cents: int, period: Period, at: datetime) -> int:
    """What of a bill for ``period`` is still to be earned: day by day, each whole day at its end.

    A period shorter than a day is one day long.
    """
    days = max(1, round((period.ends_at - period.starts_at) / DAY))
    passed = min(max(0, (at - period.starts_at) // DAY), days)
    return net_cents - net_cents * passed // days
