"""The API's doors to second factors: an authenticator app and recovery codes. Browsers alone make passkeys."""

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.api_access import MemberView
from accounts.serializers_of_log_ins import (
    EnrolmentSerializer,
    OtpSerializer,
    RecoveryCodesSerializer,
    SecondFactorsSerializer,
)
from aiqleads.core.api import documented


class SecretView(MemberView):
    """What is told here is told once, and to nobody who did not prove a moment ago who they are."""

    sensitive_methods = frozenset({"POST", "DELETE"})
    keeps_replies = False
    is_compressed = False


class SecondFactorsView(MemberView):
    """What the caller proves themselves with beside the password."""

    @extend_schema(responses=documented({200: SecondFactorsSerializer}, refusals=(401, 403)))
    def get(self, request: Request) -> Response:
        factors = selectors.second_factors(self.membership.user)
        told = {
            "has_app": factors.app is not None,
            "passkeys": factors.passkeys,
            "recovery_codes_left": factors.codes_left,
        }
        return Response(SecondFactorsSerializer(told).data)


class AppView(SecretView):
    """The caller's authenticator app. Asks for `X-Step-Up`."""

    @extend_schema(request=None, responses=documented({200: EnrolmentSerializer}, refusals=(401, 403, 422, 503)))
    def post(self, request: Request) -> Response:
        """Begin to enrol one: the seed for it; the same one until its first digits are confirmed."""
        return Response(EnrolmentSerializer(services.begin_enrolment(user=self.membership.user)).data)

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Take it away, which ends every program's log-in; again is harmless."""
        if selectors.second_factors(self.membership.user).app:
            services.remove_authenticator(user=self.membership.user)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ConfirmAppView(SecretView):
    """The first digits of an authenticator app. Asks for `X-Step-Up`."""

    @extend_schema(
        request=OtpSerializer,
        responses=documented({200: RecoveryCodesSerializer}, refusals=(400, 401, 403, 503)),
    )
    def post(self, request: Request) -> Response:
        """From now on log-ins ask for `otp`; programs log in anew. The answer holds the recovery codes."""
        asked = OtpSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        _, codes = services.confirm_enrolment(user=self.membership.user, typed=asked.validated_data["otp"])
        return Response({"recovery_codes": codes})


class PasskeyView(SecretView):
    """One of the caller's passkeys. Asks for `X-Step-Up`."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, passkey_id: int) -> Response:
        """Take it away, which ends every program's log-in."""
        user = self.membership.user
        if passkey_id not in {passkey.pk for passkey in selectors.second_factors(user).passkeys}:
            raise exceptions.NotFound("You have no such passkey.")
        services.remove_passkey(user=user, passkey_id=passkey_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RecoveryCodesView(SecretView):
    """The caller's recovery codes. Asks for `X-Step-Up`."""

    @extend_schema(
        request=None, responses=documented({200: RecoveryCodesSerializer}, refusals=(401, 403, 422, 503))
    )
    def post(self, request: Request) -> Response:
        """Make new ones, told this once; the old ones open nothing any more."""
        return Response({"recovery_codes": services.replace_recovery_codes(user=self.membership.user)})
