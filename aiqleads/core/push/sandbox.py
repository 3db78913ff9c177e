"""A stand-in for Firebase Cloud Messaging: its token server and its HTTP v1 API over loopback, to no telephone.

It refuses what FCM refuses, in FCM's words and codes. Its control plane says how a token answers from now on
(``PUT /control/devices/{token}`` with ``gone``, ``mismatched``, ``busy``, ``broken`` or ``well``) and lists what
was taken (``GET /control/messages``); whoever opens its address sees the notices.
Source: https://firebase.google.com/docs/cloud-messaging/error-codes
"""

import json
import secrets
from collections import deque
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from aiqleads.core.push.fcm import GRANT, SCOPE, TOKEN_LASTS_SECONDS

MOST_BYTES: Final = 4096
"""What FCM takes as one message's payload."""
MOST_KEPT: Final = 200
PROJECT: Final = "demo-push"
_FIELDS: Final = frozenset({"token", "notification", "data", "android", "apns", "webpush", "fcm_options"})
_ERROR_TYPE: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
_REFUSALS: Final[dict[str, tuple[int, str, str]]] = {
    "gone": (404, "NOT_FOUND", "UNREGISTERED"),
    "mismatched": (403, "PERMISSION_DENIED", "SENDER_ID_MISMATCH"),
    "busy": (429, "RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"),
    "broken": (503, "UNAVAILABLE", "UNAVAILABLE"),
}


class PushSandbox:
    """One project of the service, with what its devices answer and what it took."""

    def __init__(self, *, project: str = PROJECT, private_key: str = "") -> None:
        """
        :param private_key: of an account that was handed out before (PEM); "" makes a new one
        """
        self.project = project
        self.messages: deque[dict[str, Any]] = deque(maxlen=MOST_KEPT)
        self.answers: dict[str, str] = {}
        self._key = _known_key(private_key) if private_key else rsa.generate_private_key(65537, 2048)
        self._access_tokens: set[str] = set()

    def credentials(self, base_url: str) -> dict[str, str]:
        """A service account's file, as Google hands it out, for this project at ``base_url``."""
        pem = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        return {
            "type": "service_account",
            "project_id": self.project,
            "client_email": f"push@{self.project}.iam.example.com",
            "private_key": pem.decode(),
            "token_uri": f"{base_url}/token",
        }

    def app(self) -> Starlette:
        """The service and its control plane."""
        return Starlette(
            routes=[
                Route("/token", self._trade, methods=["POST"]),
                Route("/v1/projects/{project}/messages:send", self._take, methods=["POST"]),
                Route("/control/devices/{token}", self._say, methods=["PUT"]),
                Route("/control/messages", self._list, methods=["GET"]),
                Route("/", self._show, methods=["GET"]),
            ]
        )

    async def _trade(self, request: Request) -> Response:
        """Trade a signed claim for an access token, as RFC 7523 says."""
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if form.get("grant_type") != GRANT:
            return JSONResponse({"error": "unsupported_grant_type"}, status_code=400)
        try:
            claims = jwt.decode(
                form.get("assertion", ""), self._key.public_key(), algorithms=["RS256"], audience=str(request.url)
            )
        except jwt.InvalidTokenError as error:
            return JSONResponse({"error": "invalid_grant", "error_description": str(error)}, status_code=400)
        if claims.get("scope") != SCOPE:
            return JSONResponse({"error": "invalid_scope"}, status_code=400)
        token = secrets.token_urlsafe(24)
        self._access_tokens.add(token)
        return JSONResponse({"access_token": token, "expires_in": TOKEN_LASTS_SECONDS, "token_type": "Bearer"})

    async def _take(self, request: Request) -> Response:
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        if bearer not in self._access_tokens or request.path_params["project"] != self.project:
            return _refused(401, "UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR")
        body = await request.body()
        message = _message(body)
        if message is None:
            return _refused(400, "INVALID_ARGUMENT", "INVALID_ARGUMENT")
        answer = self.answers.get(message["token"], "well")
        if answer in _REFUSALS:
            return _refused(*_REFUSALS[answer])
        self.messages.append(message)
        return JSONResponse({"name": f"projects/{self.project}/messages/{secrets.token_hex(8)}"})

    async def _say(self, request: Request) -> Response:
        told = (await request.body()).decode("utf-8", "replace").strip()
        if told not in {"well", *_REFUSALS}:
            return Response(status_code=422)
        self.answers[request.path_params["token"]] = told
        return Response(status_code=204)

    async def _list(self, request: Request) -> Response:
        return JSONResponse(list(self.messages))

    async def _show(self, request: Request) -> Response:
        shown = "".join(
            f"<p><b>{escape(one['notification']['title'])}</b> {escape(one['notification']['body'])}</p>"
            for one in reversed(self.messages)
        )
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta charset="utf-8"><meta name="color-scheme" content="light dark">'
            "<title>Notices of the demo</title><h1>Notices on telephones</h1>"
            f"{shown or '<p>None yet. Reload this page once one was sent.</p>'}</html>"
        )


def _known_key(pem: str) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("Accounts sign by RSA.")
    return key


def _message(body: bytes) -> dict[str, Any] | None:
    """The message of a request, or None where FCM would not take it for its fields or its size."""
    try:
        message = json.loads(body)["message"]
        is_known = set(message) <= _FIELDS and isinstance(message["token"], str) and message["token"]
        are_texts = all(isinstance(value, str) for value in message.get("data", {}).values())
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return message if is_known and are_texts and len(body) <= MOST_BYTES else None


def _refused(status: int, name: str, code: str) -> Response:
    detail = {"@type": _ERROR_TYPE, "errorCode": code}
    headers = {"Retry-After": "60"} if status == 429 else {}
    error = {"code": status, "message": f"The request was refused: {code}.", "status": name, "details": [detail]}
    return JSONResponse({"error": error}, status_code=status, headers=headers)
