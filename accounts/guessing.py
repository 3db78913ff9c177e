"""How long whoever guessed wrongly waits before the next guess counts."""

from datetime import datetime, timedelta
from typing import Final

FREE_GUESSES: Final = 5
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=1)


def wait_after(wrong: int) -> timedelta:
    """None for the first slips, then half a minute that doubles with each further wrong guess, up to an hour.

    At most 24 guesses a day are left to whoever goes on: three codes of a million are right at a time, so that
    half a chance takes them 19 years.
    """
    if wrong < FREE_GUESSES:
        return timedelta(0)
    doublings: int = min(wrong - FREE_GUESSES, 10)
    return min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT)


def seconds_left(*, wrong: int, last_wrong_at: datetime | None, now: datetime) -> int:
    """Whole seconds until the next guess counts; 0 when it does now."""
    if last_wrong_at is None:
        return 0
    left = (last_wrong_at + wait_after(wrong) - now).total_seconds()
    return max(0, -int(-left // 1))


def in_words(seconds: int) -> str:
    """``"40 seconds"``, ``"12 minutes"``: rounded up, as somebody waits."""
    if seconds <= 90:
        return f"{seconds} second{'' if seconds == 1 else 's'}"
    return f"{-(-seconds // 60)} minutes"
