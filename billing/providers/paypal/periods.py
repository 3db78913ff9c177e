"""Which month of a subscription a moment lies in. PayPal names no periods: they are counted from its start."""

import calendar
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

EARLY: Final = timedelta(days=1)
"""PayPal bills at an hour of its own, up to so long before a month is over."""


@dataclass(frozen=True, slots=True, order=True)
class Period:
    """From ``start`` on, ``end`` left out."""

    start: datetime
    end: datetime


def months_after(start: datetime, months: int) -> datetime:
    """The same day and hour so many months later, or that month's last day: a month after 31 January is 28
    February.
    """
    years, month = divmod(start.month - 1 + months, 12)
    year = start.year + years
    day = min(start.day, calendar.monthrange(year, month + 1)[1])
    return start.replace(year=year, month=month + 1, day=day)


def period_of(start: datetime, moment: datetime) -> Period:
    """The month, counted from ``start``, that was paid for at ``moment``: its first where it came before."""
    reached = moment + EARLY
    months = max(0, (reached.year - start.year) * 12 + reached.month - start.month)
    if months and months_after(start, months) > reached:
        months -= 1
    return Period(months_after(start, months), months_after(start, months + 1))
