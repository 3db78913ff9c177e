"""The API's doors to log-ins and to the member's own account."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.serializers import TokenBlacklistSerializer
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from accounts import selectors, services
from accounts.api_access import MemberView
from accounts.models import Membership, User
from accounts.serializers import (
    ChangeMeSerializer,
    MemberSerializer,
    MeSerializer,
    RegisterSerializer,
    TokenPairSerializer,
    TokenSerializer,
)
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.throttles import LogInThrottle


class RegisterView(NeverCached):
    """Sign up: a new agent and the organisation they own."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LogInThrottle,)

    @extend_schema(
        request=RegisterSerializer, responses=documented({201: MeSerializer}, refusals=(400, 422)), auth=[]
    )
    def post(self, request: Request) -> Response:
        asked = RegisterSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        membership = services.register(
            email=asked.validated_data["email"],
            password=asked.validated_data["password"],
            organisation_name=asked.validated_data["organisation_name"],
            terms_version=asked.validated_data["accepted_terms_version"],
        )
        return Response(_me(membership), status=status.HTTP_201_CREATED)


class TokenView(NeverCached, TokenObtainPairView):
    """Log in."""

    serializer_class = TokenSerializer
    throttle_classes = (LogInThrottle,)

    @extend_schema(
        request=TokenSerializer,
        responses=documented({200: TokenPairSerializer}, refusals=(400, 401)),
        auth=[],
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


class RefreshView(NeverCached, TokenRefreshView):
    """Trade a refresh token for a new pair; the old one is used up."""

    throttle_classes = (LogInThrottle,)

    @extend_schema(responses=documented({200: TokenPairSerializer}, refusals=(400, 401)), auth=[])
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().post(request, *args, **kwargs)


class RevokeView(NeverCached, TokenBlacklistView):
    """Log out: the refresh token can no longer be used."""

    throttle_classes = (LogInThrottle,)

    @extend_schema(
        request=TokenBlacklistSerializer, responses=documented({204: None}, refusals=(400, 401)), auth=[]
    )
    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        super().post(request, *args, **kwargs)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(MemberView):
    """The member who asks."""

    @extend_schema(responses=documented({200: MeSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        return Response(_me(self.membership))

    @extend_schema(
        request=ChangeMeSerializer, responses=documented({200: MeSerializer}, refusals=(400, 401, 403, 422))
    )
    def patch(self, request: Request) -> Response:
        asked = ChangeMeSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        names = dict(asked.validated_data)
        terms_version = names.pop("accepted_terms_version", None)
        services.change_profile(user=self.membership.user, names=names, terms_version=terms_version)
        return Response(_me(self.membership))


class MembersView(MemberView):
    """The people of the organisation."""

    @extend_schema(responses=documented({200: MemberSerializer(many=True)}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        """Everybody, in the order they joined."""
        return Response(MemberSerializer(selectors.members(self.membership.organisation_id), many=True).data)


def _me(membership: Membership) -> dict[str, Any]:
    user: User = membership.user
    facts = {
        "membership": membership,
        "entitlements": selectors.entitlements(membership.organisation_id),
        "has_accepted_current_terms": selectors.has_accepted_current_terms(user),
    }
    return dict(MeSerializer(facts).data)
