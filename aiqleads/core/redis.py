"""Redis may be away at any moment, and nothing may wait for it: one place decides whether it is asked at all."""

import time
from collections.abc import Callable
from typing import Final, TypeVar

import structlog
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

V = TypeVar("V")

REST_SECONDS: Final = 2.0

log = structlog.get_logger(__name__)


class Breaker:
    """Stops asking a service that did not answer, for ``rest_seconds``; then one caller tries again."""

    def __init__(self, *, rest_seconds: float) -> None:
        self.rest_seconds = rest_seconds
        self._asked_again_at_seconds = 0.0

    def attempt(self, ask: Callable[[], V], *, otherwise: Callable[[], V], purpose: str) -> V:
        """Return what ``ask`` answers, or what ``otherwise`` does where the service is away.

        :param purpose: what it was asked for, for the log
        """
        if time.monotonic() < self._asked_again_at_seconds:
            return otherwise()
        try:
            return ask()
        except (OSError, RedisError, OperationalError) as error:
            self._asked_again_at_seconds = time.monotonic() + self.rest_seconds
            log.warning("redis.unreachable", purpose=purpose, error=type(error).__name__)
            return otherwise()

    def close(self) -> None:
        """Ask again at once."""
        self._asked_again_at_seconds = 0.0


breaker: Final = Breaker(rest_seconds=REST_SECONDS)
