"""``Authorization: Bearer …`` with an access token or an API key, and what a key may be used for."""

from typing import TYPE_CHECKING, Any, cast

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request

from accounts import credentials
from accounts.api.limits import RefusedThrottle
from accounts.credentials import Credential
from accounts.models import User
from accounts.models.credentials import Scope
from aiqleads.core.refusals import CHALLENGE

if TYPE_CHECKING:
    from rest_framework.views import APIView  # which loads this module


class BearerAuthentication(BaseAuthentication):
    """Sets ``request.user`` and, as ``request.auth``, the ``Credential``."""

    def authenticate(self, request: Request) -> tuple[User, Credential] | None:
        scheme, _, token = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        try:
            credential = credentials.authenticate(token.strip())
        except credentials.NotProven as refusal:
            throttle = RefusedThrottle()
            if not throttle.allow_request(request, cast("APIView", None)):
                raise exceptions.Throttled(throttle.wait()) from refusal
            raise exceptions.AuthenticationFailed(str(refusal), code="token_not_valid") from refusal
        return credential.user, credential

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the schema shows it: two ways to the same header."""

    target_class = BearerAuthentication
    name = ["jwtAuth", "apiKeyAuth"]

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, Any]]:
        return [
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "JWT",
                "description": "The `access` token of `auth/token/`; it lives 15 minutes.",
            },
            {
                "type": "http",
                "scheme": "bearer",
                "bearerFormat": "aiq_",
                "description": "A personal API key, made on /account/keys/ or by `POST me/keys/`.",
            },
        ]

    def get_security_requirement(self, auto_schema: Any) -> list[dict[str, list[Any]]]:
        return [{"jwtAuth": []}, {"apiKeyAuth": []}]


class InsufficientScope(exceptions.PermissionDenied):
    """The key is real and was made for something else."""

    remedy = "Send a key that was made with the scope in `detail`, or log in."

    default_code = "insufficient_scope"


def require_scope(request: Request, scope: Scope) -> None:
    """:raises InsufficientScope: the request came with a key that is not for this."""
    if isinstance(request.auth, Credential) and not request.auth.allows(scope):
        raise InsufficientScope(f'This key was not made for "{scope.value}". Make one with that scope.')
