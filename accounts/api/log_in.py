"""Signing up, and tokens."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.addresses import LogInView, letter_sent
from accounts.serializers import (
    RefreshSerializer,
    RegisterSerializer,
    TokenPairSerializer,
    TokenSerializer,
)
from accounts.serializers_of_log_ins import LetterSentSerializer
from aiqleads.core.api import documented


class RegisterView(LogInView):
    """Sign up: a new agent and the organisation they own."""

    @extend_schema(
        request=RegisterSerializer, responses=documented({202: LetterSentSerializer}, refusals=(400, 422)), auth=[]
    )
    def post(self, request: Request) -> Response:
        """The answer is the same whether there is an account with this address: its owner reads it in a letter."""
        asked = RegisterSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.sign_up(
            email=asked.validated_data["email"],
            password=asked.validated_data["password"],
            organisation_name=asked.validated_data["organisation_name"],
            terms_version=asked.validated_data["accepted_terms_version"],
        )
        return letter_sent("A letter is on its way to this address. Confirm it, then log in.")


class TokenView(LogInView):
    """Log in. Whoever has a second factor brings `otp` as well; without it the answer is 401 `otp_required`.

    An address that was never confirmed is refused with 401 `address_unconfirmed`, and its link sent again.
    """

    @extend_schema(
        request=TokenSerializer, responses=documented({200: TokenPairSerializer}, refusals=(400, 401)), auth=[]
    )
    def post(self, request: Request) -> Response:
        asked = TokenSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        user = services.check_password(
            email=asked.validated_data["email"],
            password=asked.validated_data["password"],
            request=request._request,
        )
        services.require_confirmed(user=user)
        services.require_otp_of_enrolled(user=user, typed=asked.validated_data.get("otp"))
        client = request.headers.get("User-Agent", "")
        return Response(TokenPairSerializer(services.open_session(user=user, client=client)).data)


class RefreshView(LogInView):
    """Trade a refresh token for a new pair; the old one is used up."""

    @extend_schema(
        request=RefreshSerializer,
        responses=documented({200: TokenPairSerializer}, refusals=(400, 401, 503)),
        auth=[],
    )
    def post(self, request: Request) -> Response:
        """A used token that comes again ends the whole log-in, and its owner is told: somebody has a copy."""
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response(TokenPairSerializer(services.refresh(token=asked.validated_data["refresh"])).data)


class RevokeView(LogInView):
    """Log out: neither the refresh token nor the access tokens of this log-in can be used any more."""

    @extend_schema(request=RefreshSerializer, responses=documented({204: None}, refusals=(400, 401, 503)), auth=[])
    def post(self, request: Request) -> Response:
        asked = RefreshSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.log_out(token=asked.validated_data["refresh"])
        return Response(status=status.HTTP_204_NO_CONTENT)
