"""Proving once more who one is, for programs."""

from collections.abc import Mapping
from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.exceptions import ValidationError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services, step_up
from accounts.models import User
from accounts.serializers import CodeSentSerializer, StepUpSerializer, StepUpTokenSerializer
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.throttles import LogInThrottle


class StepUpView(NeverCached):
    """Prove once more who you are, for what is sensitive.

    The answer to `otp` is a token, to be brought in the header `X-Step-Up` for the next 15 minutes. Without a
    second factor, the password alone has a code sent by e-mail (202), and with that code the answer is the token.
    """

    permission_classes = (IsAuthenticated,)
    throttle_classes = (LogInThrottle,)

    @extend_schema(
        request=StepUpSerializer,
        responses=documented({200: StepUpTokenSerializer, 202: CodeSentSerializer}, refusals=(400, 401, 422)),
    )
    def post(self, request: Request) -> Response:
        user = cast(User, request.user)
        asked = StepUpSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if selectors.is_enrolled(user):
            services.require_otp(user=user, typed=_needed(asked.validated_data, "otp"))
        elif not _prove_by_letter(user, asked.validated_data):
            return Response({"detail": "A code is on its way by e-mail."}, status=status.HTTP_202_ACCEPTED)
        lasts = int(step_up.FRESH_FOR.total_seconds())
        return Response({"step_up": step_up.token_for(user), "expires_in_seconds": lasts})


def _prove_by_letter(user: User, typed: Mapping[str, str]) -> bool:
    """Whether password and code were right; False where the code was sent just now.

    Whoever logs in with another site alone has no password: the code is enough.
    """
    if user.has_usable_password():
        services.require_password(user=user, password=_needed(typed, "password"))
    if "code" not in typed:
        services.ask_for_code(user=user)
        return False
    services.require_code(user=user, typed=typed["code"])
    return True


def _needed(typed: Mapping[str, str], field: str) -> str:
    if field not in typed:
        raise ValidationError({field: ["This field is required."]}, code="required")
    return typed[field]
