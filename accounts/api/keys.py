"""A member's own API keys, and the programs that are logged in as them."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import selectors, services
from accounts.api_access import MemberView
from accounts.credentials import Credential, Kind
from accounts.models import ApiKey, ApiSession
from accounts.serializers import ApiKeySerializer, ApiKeyWishSerializer, ApiSessionSerializer, NewApiKeySerializer
from aiqleads.core.api import documented


class KeysView(MemberView):
    """The member's API keys."""

    sensitive_methods = frozenset({"POST"})
    keeps_replies = False
    is_compressed = False

    @extend_schema(
        operation_id="me_keys_list",
        responses=documented({200: ApiKeySerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        """Those that open something and those that ended, newest first; their text is nowhere."""
        return Response(ApiKeySerializer(selectors.api_keys(self.membership), many=True).data)

    @extend_schema(
        request=ApiKeyWishSerializer,
        responses=documented({201: NewApiKeySerializer}, refusals=(400, 401, 403, 422, 503)),
    )
    def post(self, request: Request) -> Response:
        """Make a key. The answer holds its text, which is never told again. Asks for `X-Step-Up`."""
        asked = ApiKeyWishSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        key, text = services.create_key(member=self.membership, **asked.validated_data)
        return Response(NewApiKeySerializer(key, context={"text": text}).data, status=status.HTTP_201_CREATED)


class KeyView(MemberView):
    """One of the member's API keys."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, key_id: UUID) -> Response:
        """Revoke it; again is harmless."""
        try:
            services.revoke_key(member=self.membership, key_id=key_id)
        except ApiKey.DoesNotExist as error:
            raise exceptions.NotFound("You have no such key.") from error
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionsView(MemberView):
    """The programs that are logged in as the member."""

    @extend_schema(
        operation_id="me_sessions_list",
        responses=documented({200: ApiSessionSerializer(many=True)}, refusals=(401, 403)),
    )
    def get(self, request: Request) -> Response:
        """Last refreshed first; `is_this` is the one that asks."""
        running = selectors.api_sessions(self.membership.user)
        context = {"asking": _session_of(request)}
        return Response(ApiSessionSerializer(running, many=True, context=context).data)

    @extend_schema(operation_id="me_sessions_end", responses=documented({204: None}, refusals=(401, 403, 503)))
    def delete(self, request: Request) -> Response:
        """Log every program out, the one that asks too."""
        ending = ApiSession.Ending.REVOKED
        user_id = self.membership.user_id
        services.end_sessions(user_id=user_id, ending=ending, actor_id=user_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class SessionView(MemberView):
    """One program that is logged in as the member."""

    @extend_schema(responses=documented({204: None}, refusals=(401, 403, 404, 503)))
    def delete(self, request: Request, session_id: UUID) -> Response:
        """Log it out; again is harmless."""
        try:
            services.end_session(user=self.membership.user, session_id=session_id)
        except ApiSession.DoesNotExist as error:
            raise exceptions.NotFound("You have no such log-in.") from error
        return Response(status=status.HTTP_204_NO_CONTENT)


def _session_of(request: Request) -> UUID | None:
    credential: object = request.auth
    if isinstance(credential, Credential) and credential.kind == Kind.TOKEN:
        return credential.id
    return None
