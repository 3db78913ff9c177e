"""How often one caller of the API may ask: by user, key, organisation and address, each on its own."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from rest_framework.request import Request

from accounts import selectors
from accounts.credentials import Credential, Kind
from aiqleads.core.throttles import CountedThrottle, Limit

if TYPE_CHECKING:
    from rest_framework.views import APIView


class CallerThrottle(CountedThrottle):
    """A visitor counts by address; who is known by user, key and organisation, and by address more widely."""

    def limits_of(self, request: Request, view: "APIView") -> list[Limit]:
        credential, address = request.auth, self.get_ident(request)
        if not isinstance(credential, Credential):
            return [self.limit("anonymous", address)]
        limits = [self.limit("member", credential.user.pk), self.limit("address", address)]
        if credential.kind == Kind.KEY:
            limits.append(self.limit("key", credential.id))
        if credential.membership:
            limits.append(self.plans_limit(credential.membership.organisation_id))
        return limits

    def plans_limit(self, organisation_id: UUID) -> Limit:
        """What the organisation's plan allows, within what anybody is."""
        limit = self.limit("organisation", organisation_id)
        most = selectors.api_requests_per_minute(organisation_id) * limit.seconds // 60
        return replace(limit, most=min(limit.most, most))


class RefusedThrottle(CountedThrottle):
    """Tokens and keys that open nothing, by address: each costs a look into the database."""

    scope = "refused"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.get_ident(request)
