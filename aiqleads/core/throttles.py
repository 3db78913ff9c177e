"""How often one caller may ask. Counted in the cache: while Redis is away nobody is turned away.

The count protects against guessing and greed, not money: what a sale needs is refused by the database.
"""

from typing import TYPE_CHECKING

from rest_framework.request import Request
from rest_framework.throttling import AnonRateThrottle, SimpleRateThrottle, UserRateThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module


class AnonymousThrottle(AnonRateThrottle):
    """Visitors without a token, by address."""

    scope = "anonymous"


class MemberThrottle(UserRateThrottle):
    """Members, by user; visitors are counted by ``AnonymousThrottle`` alone."""

    scope = "member"

    def get_cache_key(self, request: Request, view: "APIView") -> str | None:
        return super().get_cache_key(request, view) if request.user.is_authenticated else None


class LogInThrottle(SimpleRateThrottle):
    """Everything that takes a password, by address."""

    scope = "log_in"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
