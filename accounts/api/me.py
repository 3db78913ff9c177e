"""The member who asks, and their organisation."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.api_access import MemberView
from accounts.models import Membership, User
from accounts.serializers import ChangeMeSerializer, MeSerializer
from aiqleads.core.api import documented


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is told of a member."""

    membership: Membership
    entitlements: dict[str, int]
    has_accepted_current_terms: bool


class MeView(MemberView):
    """The member who asks."""

    @extend_schema(responses=documented({200: MeSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(described(self.membership))

    @extend_schema(
        request=ChangeMeSerializer, responses=documented({200: MeSerializer}, refusals=(400, 401, 403, 422))
    )
    def patch(self, request: Request) -> Response:
        asked = ChangeMeSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        names = dict(asked.validated_data)
        terms_version = names.pop("accepted_terms_version", None)
        services.change_profile(user=self.membership.user, names=names, terms_version=terms_version)
        return Response(described(self.membership))


def described(membership: Membership) -> dict[str, Any]:
    """A member as ``MeSerializer`` tells of them."""
    user: User = membership.user
    facts = Facts(
        membership=membership,
        entitlements=selectors.entitlements(membership.organisation_id),
        has_accepted_current_terms=selectors.has_accepted_current_terms(user),
    )
    return dict(MeSerializer(facts).data)
