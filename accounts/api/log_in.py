"""Signing up, and tokens."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework_simplejwt.serializers import TokenBlacklistSerializer
from rest_framework_simplejwt.views import TokenBlacklistView, TokenObtainPairView, TokenRefreshView

from accounts import services
from accounts.api.me import described
from accounts.serializers import (
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
        return Response(described(membership), status=status.HTTP_201_CREATED)


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
