"""How often one address may ask about its data, guess codes, and have us ask other sites.

Counted in the cache, as the API's are.
"""

from typing import TYPE_CHECKING, cast

from django.http import HttpRequest
from rest_framework.request import Request

from aiqleads.core.throttles import CountedThrottle

if TYPE_CHECKING:
    from rest_framework.views import APIView


class PrivacyFormThrottle(CountedThrottle):
    """Requests, codes and documents that are sent, by address."""

    scope = "privacy_form"

    def get_cache_key(self, request: Request, view: "APIView | None") -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}

    def allow(self, request: HttpRequest) -> bool:
        """Whether this may be taken; counts it."""
        return bool(self.allow_request(cast("Request", request), cast("APIView", None)))


class IdentityCodeThrottle(PrivacyFormThrottle):
    """Codes that are typed, by address. Each code counts its own wrong tries besides, in the database."""

    scope = "privacy_code"


class OtherSiteThrottle(PrivacyFormThrottle):
    """Log-ins with another site that are begun, by address: each has us ask that site, while somebody waits."""

    scope = "other_site"
