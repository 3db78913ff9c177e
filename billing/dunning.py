"""What follows when a plan's bill is not paid: letters, days of grace, and then Starter. Pure."""

from datetime import datetime, timedelta
from typing import Final

GRACE: Final = timedelta(days=7)
"""How long a plan goes on after the time that was paid for, while its provider tries to collect the next bill."""
REMINDER_DAYS: Final = (0, 3, 7)
"""Days after a bill fell due on which its owners are written to; the last says that the plan has ended."""


def reminders_due(*, past_due_since: datetime, now: datetime) -> int:
    """How many letters there should be by now."""
    return sum(now >= past_due_since + timedelta(days=day) for day in REMINDER_DAYS)


def next_reminder_at(*, past_due_since: datetime, reminders_sent: int) -> datetime | None:
    """When the next letter is due; None after the last."""
    if reminders_sent >= len(REMINDER_DAYS):
        return None
    return past_due_since + timedelta(days=REMINDER_DAYS[reminders_sent])


def is_over(*, past_due_since: datetime, now: datetime) -> bool:
    """Whether nobody waits for the bill any longer."""
    return now >= past_due_since + GRACE


def granted_until(*, paid_until: datetime, goes_on: bool) -> datetime:
    """Until when a plan's rights last.

    :param paid_until: the end of the last period that was paid for, or tried
    :param goes_on: whether a bill for the next one is to come: not where it was cancelled or paused
    """
    return paid_until + GRACE if goes_on else paid_until
