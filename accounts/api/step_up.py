"""Proving once more who one is, for programs."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services, step_up
from accounts.models import User
from accounts.serializers import CodeSentSerializer, StepUpSerializer, StepUpTokenSerializer
from aiqleads.core.api import NeverCached, documented
from aiqleads.core.throttles import LogInThrottle


class StepUpView(NeverCached):
    """Prove once more who you are, for what is sensitive.

    The password alone has a code sent by e-mail (202). With that code the answer is a token, to be brought in the
    header `X-Step-Up` for the next 15 minutes.
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
        services.require_password(user=user, password=asked.validated_data["password"])
        if "code" not in asked.validated_data:
            services.ask_for_code(user=user)
            return Response({"detail": "A code is on its way by e-mail."}, status=status.HTTP_202_ACCEPTED)
        services.require_code(user=user, typed=asked.validated_data["code"])
        lasts = int(step_up.FRESH_FOR.total_seconds())
        return Response({"step_up": step_up.token_for(user), "expires_in_seconds": lasts})
