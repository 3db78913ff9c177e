"""The API's doors to one's own password: changed, or set anew by the link of a letter."""

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api.addresses import LogInView, letter_sent
from accounts.api_access import MemberView
from accounts.serializers import TokenPairSerializer
from accounts.serializers_of_log_ins import (
    EmailSerializer,
    LetterSentSerializer,
    NewPasswordSerializer,
    PasswordByLinkSerializer,
)
from aiqleads.core.api import documented


class AskForPasswordView(LogInView):
    """Set a forgotten password anew: the letter."""

    @extend_schema(
        request=EmailSerializer, responses=documented({202: LetterSentSerializer}, refusals=(400,)), auth=[]
    )
    def post(self, request: Request) -> Response:
        """Have a link sent; the answer is the same whether there is an account with this address."""
        asked = EmailSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.ask_for_password(email=asked.validated_data["email"])
        return letter_sent("If there is an account with this address, a letter is on its way.")


class PasswordByLinkView(LogInView):
    """Set a forgotten password anew: the new one."""

    @extend_schema(
        request=PasswordByLinkSerializer, responses=documented({204: None}, refusals=(400, 422, 503)), auth=[]
    )
    def post(self, request: Request) -> Response:
        """By what the letter's link ends with. Every log-in ends; a second factor is still asked for."""
        asked = PasswordByLinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.set_password_by_key(**asked.validated_data)
        return Response(status=status.HTTP_204_NO_CONTENT)


class PasswordView(MemberView):
    """The caller's own password."""

    sensitive_methods = frozenset({"POST"})
    keeps_replies = False
    is_compressed = False

    @extend_schema(
        request=NewPasswordSerializer,
        responses=documented({200: TokenPairSerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Change it. Every log-in ends, in browsers and programs; the answer opens this program's next."""
        asked = NewPasswordSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        pair = services.change_password(
            user=self.membership.user,
            password=asked.validated_data["password"],
            client=request.headers.get("User-Agent", ""),
        )
        return Response(TokenPairSerializer(pair).data)
