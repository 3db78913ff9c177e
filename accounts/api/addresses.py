"""The API's doors to the address of a log-in: confirmed by a letter's link, and changed."""

from allauth.account.models import EmailAddress
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api_access import MemberView
from accounts.serializers_of_log_ins import (
    AddressSerializer,
    EmailSerializer,
    LetterSentSerializer,
    LinkSerializer,
)
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.throttles import LogInThrottle


class LogInView(NeverCached):
    """A door that takes a password, a link or a refresh token from people whom nobody knows yet."""

    authentication_classes = ()
    permission_classes = (AllowAny,)
    throttle_classes = (LogInThrottle,)


class ConfirmAddressView(LogInView):
    """Confirm an e-mail address."""

    @extend_schema(request=LinkSerializer, responses=documented({204: None}, refusals=(400, 422)), auth=[])
    def post(self, request: Request) -> Response:
        """By what the letter's link ends with; opening the link in a browser does the same. Then log in."""
        asked = LinkSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.confirm_address(key=asked.validated_data["key"])
        return Response(status=status.HTTP_204_NO_CONTENT)


class AddressView(MemberView):
    """The address that the caller logs in with. Changes need a fresh `X-Step-Up`."""

    sensitive_methods = frozenset({"PUT", "DELETE"})

    @extend_schema(responses=documented({200: AddressSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        user = self.membership.user
        asked = EmailAddress.objects.filter(user=user, verified=False).exclude(email=user.email).first()
        return Response(AddressSerializer({"email": user.email, "asked_email": asked and asked.email}).data)

    @extend_schema(
        request=EmailSerializer,
        responses=documented({202: LetterSentSerializer}, refusals=(400, 401, 403, 503)),
    )
    def put(self, request: Request) -> Response:
        """Ask for another one: it is written to, and takes the place of the old one once its link is used."""
        asked = EmailSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        services.ask_for_address(user=self.membership.user, email=asked.validated_data["email"])
        return letter_sent("A letter is on its way to this address. Until its link is used nothing changes.")

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Give up the address that waits; again is harmless."""
        services.forget_asked_address(user=self.membership.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


def letter_sent(says: str) -> Response:
    """202: what became of it stands in a letter."""
    return Response({"detail": says}, status=status.HTTP_202_ACCEPTED)
