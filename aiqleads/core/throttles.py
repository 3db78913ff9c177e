"""How often one caller may ask. Counted in the cache; without a cache nobody is turned away.

The count protects against guessing and greed, not money: what a sale needs is refused by the database.
"""

from typing import TYPE_CHECKING

import structlog
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module

log = structlog.get_logger(__name__)


class LenientThrottle(SimpleRateThrottle):
    """Lets requests through while the cache is away: a stopped Redis must not stop sales."""

    def allow_request(self, request: Request, view: "APIView") -> bool:
        try:
            return bool(super().allow_request(request, view))
        except (RedisError, OSError) as error:
            log.warning("throttle.uncounted", scope=self.scope, error=type(error).__name__)
            return True


class AnonymousThrottle(LenientThrottle, AnonRateThrottle):
    """Visitors without a token, by address."""

    scope = "anonymous"


class MemberThrottle(LenientThrottle, UserRateThrottle):
    """Members, by user; visitors are counted by ``AnonymousThrottle`` alone."""

    scope = "member"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None


class LogInThrottle(LenientThrottle):
    """Everything that takes a password, by address."""

    scope = "log_in"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
