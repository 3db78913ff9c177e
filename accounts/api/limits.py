"""How often one caller of the API may ask: by user, key, organisation and address, each on its own."""

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

from rest_framework.request import Request

from accounts import plans, selectors
from accounts.credentials import Credential, Kind
from aiqleads.core.throttles import CountedThrottle, Limit

if TYPE_CHECKING:
    from rest_framework.views import APIView


class CallerThrottle(CountedThrottle):
    """A visitor counts by address; who is known by user, key and organisation, and by address more widely.

    A larger plan is there for one member or one key alone as well: what each of them may ask grows with it.
    """

    def limits_of(self, request: Request, view: "APIView") -> list[Limit]:
        credential, address = request.auth, self.get_ident(request)
        if not isinstance(credential, Credential):
            return [self.limit("anonymous", address)]
        theirs = [self.limit("member", credential.user.pk)]
        if credential.kind == Kind.KEY:
            theirs.append(self.limit("key", credential.id))
        if credential.membership:
            theirs = self._within_plan(theirs, credential.membership.organisation_id)
        return [*theirs, self.limit("address", address)]

    def _within_plan(self, theirs: list[Limit], organisation_id: UUID) -> list[Limit]:
        """``theirs`` as they grow with the plan, and what it allows all together, within what anybody is."""
        limit = self.limit("organisation", organisation_id)
        granted, least = (
            selectors.api_requests_per_minute(organisation_id),
            plans.STARTER["api_requests_per_minute"],
        )
        grown = [replace(one, most=max(one.most, one.most * granted // least)) for one in theirs]
        return [*grown, replace(limit, most=min(limit.most, granted * limit.seconds // 60))]


class RefusedThrottle(CountedThrottle):
    """Tokens and keys that open nothing, by address: each costs a look into the database."""

    scope = "refused"

    def get_cache_key(self, request: Request, view: "APIView") -> str:
        return self.get_ident(request)
