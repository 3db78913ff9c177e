"""How a call fails: whether it may have cost something, whether asking again is of use, and when."""

import random
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Final

from ai.models import ModelCall

if TYPE_CHECKING:
    from openai import APIStatusError

Outcome = ModelCall.Outcome

_NO_MONEY: Final = frozenset({"insufficient_quota", "billing_hard_limit_reached"})


class Failed(Exception):
    """There is no answer.

    :ivar is_free: whether the provider cannot have charged for it
    :ivar is_worth_another: whether the same provider may answer if asked again
    :ivar is_hopeless: whether every call of the provider fails alike: the key is wrong, or the account is empty
    :ivar retry_after_seconds: as the provider asks; None where it does not
    """

    def __init__(
        self,
        outcome: ModelCall.Outcome,
        *,
        is_free: bool,
        is_worth_another: bool = False,
        is_hopeless: bool = False,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(outcome.label)
        self.outcome = outcome
        self.is_free = is_free
        self.is_worth_another = is_worth_another
        self.is_hopeless = is_hopeless
        self.retry_after_seconds = retry_after_seconds


def failure_of(error: Exception) -> Exception:
    """How a call failed, whoever noticed; what is no failure of a call stays what it is."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    if isinstance(error, TimeoutError | openai.APITimeoutError | httpx2.TimeoutException):
        return Failed(Outcome.TIMED_OUT, is_free=False)
    if isinstance(error, openai.APIStatusError):
        return _told(error)
    if isinstance(error, openai.APIConnectionError | httpx2.RequestError):
        return _broken(error)
    if isinstance(error, openai.APIError | ValueError | AttributeError | TypeError):
        return Failed(Outcome.CUT, is_free=False)  # an error among the events, or no events at all
    return error


def _told(error: "APIStatusError") -> Failed:
    """A refusal in the provider's own words. Providers do not charge for one."""
    status = error.status_code
    after = retry_after_seconds(error.response.headers, now=time.time())
    if status == 429:
        is_broke = error.code in _NO_MONEY
        outcome = Outcome.REFUSED if is_broke else Outcome.BUSY
        return Failed(
            outcome,
            is_free=True,
            is_worth_another=not is_broke,
            is_hopeless=is_broke,
            retry_after_seconds=after,
        )
    if status >= 500 or status in (408, 409):
        return Failed(Outcome.FAILED, is_free=True, is_worth_another=True, retry_after_seconds=after)
    return Failed(Outcome.REFUSED, is_free=True, is_hopeless=status in (401, 402, 403))


def _broken(error: Exception) -> Failed:
    """A connection that could not be made costs nothing; one that broke may have been answered and charged for."""
    import httpx2  # noqa: PLC0415
    import openai  # noqa: PLC0415

    cause = error.__cause__ if isinstance(error, openai.APIConnectionError) else error
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout):
        return Failed(Outcome.FAILED, is_free=True, is_worth_another=True)
    return Failed(Outcome.CUT, is_free=False)


def retry_after_seconds(headers: Mapping[str, str], *, now: float) -> float | None:
    """What ``Retry-After`` asks for, in seconds from ``now`` (as ``time.time``); None where it asks for nothing."""
    told = headers.get("retry-after-ms")
    try:
        if told:
            return max(0.0, float(told) / 1000)
        told = headers.get("retry-after") or ""
        return max(0.0, float(told))
    except ValueError:
        pass
    try:
        return max(0.0, parsedate_to_datetime(told or "").timestamp() - now)
    except ValueError:
        return None


def pause_seconds(attempt: int, *, asked_for: float | None) -> float:
    """How long to wait before another attempt: as asked for and a little longer, else doubling from a quarter.

    :param attempt: how many there were
    """
    base = asked_for if asked_for is not None else min(8.0, 0.125 * 2**attempt)
    return base + random.uniform(0, max(0.1, base / 2))  # noqa: S311 - so that not all come back at once
