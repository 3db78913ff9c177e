"""A stand-in for a site that people log in with: an OpenID provider over loopback, where all are whoever they say.

It speaks discovery, authorize, token and keys, signs its ID tokens, and refuses what the standards have it refuse:
a code twice, another address to come back to, a wrong verifier. Its control plane (``PUT /control/lies``) has it
lie in a token about anything, or sign it otherwise.
Source: https://openid.net/specs/openid-connect-core-1_0.html, https://www.rfc-editor.org/rfc/rfc7636
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from html import escape
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

CLIENT_ID: Final = "aiqleads"
CLIENT_SECRET: Final = "open-house"  # noqa: S105 - guards nobody: who comes here says who they are
_LASTS_SECONDS: Final = 300
_ASKED: Final = ("client_id", "redirect_uri", "state", "nonce", "code_challenge")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grant:
    """What a code stands for."""

    asked: dict[str, str]
    email: str
    is_verified: bool


class OpenIdSandbox:
    """One provider. ``lies`` go into its next tokens: claims by name (null: left out), ``alg`` and ``key``.

    ``alg`` ``none`` signs nothing, ``HS256`` signs with the public key as if it were a secret; ``key`` ``other``
    signs with a key that it does not publish.
    """

    def __init__(self) -> None:
        self.lies: dict[str, Any] = {}
        self.grants: dict[str, _Grant] = {}
        self._key, self._other_key = (rsa.generate_private_key(65537, 2048) for _ in range(2))

    def app(self) -> Starlette:
        """The provider and its control plane."""
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self._discover, methods=["GET"]),
                Route("/authorize", self._ask, methods=["GET"]),
                Route("/authorize/as", self._grant, methods=["GET"]),
                Route("/token", self._trade, methods=["POST"]),
                Route("/keys", self._publish, methods=["GET"]),
                Route("/control/lies", self._lie, methods=["PUT"]),
            ]
        )

    async def _discover(self, request: Request) -> Response:
        own = _own(request)
        return JSONResponse(
            {
                "issuer": own,
                "authorization_endpoint": f"{own}/authorize",
                "token_endpoint": f"{own}/token",
                "jwks_uri": f"{own}/keys",
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
                **self.lies.get("discovery", {}),
            }
        )

    async def _ask(self, request: Request) -> Response:
        """The page on which people say who they are."""
        asked = dict(request.query_params)
        wrong = _wrong_with(asked)
        if wrong:
            return Response(wrong, status_code=400)
        kept = "".join(
            f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">' for name, value in asked.items()
        )
        return HTMLResponse(
            '<!doctype html><html lang="en"><meta name="viewport" content="width=device-width">'
            "<title>A site of make-believe</title><h1>Who are you?</h1><p>Nobody looks: say what you like.</p>"
            f'<form action="/authorize/as">{kept}<p><label>E-mail <input name="email" type="email"></label></p>'
            '<p><label><input type="checkbox" name="verified" value="yes" checked> confirmed there</label></p>'
            '<p><button>Go on</button></p></form><p><a href="'
            f'{escape(_back(asked, error="access_denied"))}">Leave</a></p></html>'
        )

    async def _grant(self, request: Request) -> Response:
        asked = dict(request.query_params)
        wrong = _wrong_with(asked)
        if wrong:
            return Response(wrong, status_code=400)
        code = secrets.token_urlsafe(16)
        self.grants[code] = _Grant(
            asked={name: asked.get(name, "") for name in _ASKED},
            email=asked.get("email", ""),
            is_verified=asked.get("verified") == "yes",
        )
        return RedirectResponse(_back(asked, code=code), status_code=302)

    async def _trade(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
        if (form.get("client_id"), form.get("client_secret")) != (CLIENT_ID, CLIENT_SECRET):
            return JSONResponse({"error": "invalid_client"}, status_code=401)
        grant = self.grants.pop(form.get("code", ""), None)
        if grant is None or grant.asked["redirect_uri"] != form.get("redirect_uri"):
            return JSONResponse({"error": "invalid_grant"}, status_code=400)
        if _challenge_of(form.get("code_verifier", "")) != grant.asked["code_challenge"]:
            return JSONResponse({"error": "invalid_grant", "error_description": "code_verifier"}, status_code=400)
        return JSONResponse(
            {
                "access_token": secrets.token_urlsafe(24),
                "token_type": "Bearer",
                "expires_in": _LASTS_SECONDS,
                "id_token": self._token(grant, issuer=_own(request)),
            }
        )

    def _token(self, grant: _Grant, *, issuer: str) -> str:
        now = int(time.time())
        claims = {
            "iss": issuer,
            "aud": CLIENT_ID,
            "sub": subject_of(grant.email),
            "iat": now,
            "exp": now + _LASTS_SECONDS,
            "nonce": grant.asked["nonce"],
            "email": grant.email,
            "email_verified": grant.is_verified,
            **self.lies.get("claims", {}),
        }
        told = {name: value for name, value in claims.items() if value is not None}
        return self._signed(told)

    def _signed(self, told: dict[str, Any]) -> str:
        algorithm = self.lies.get("alg", "RS256")
        if algorithm == "none":
            return jwt.encode(told, "", algorithm="none", headers={"kid": "1"})
        if algorithm == "HS256":
            return _signed_by_hand(told, secret=json.dumps(self._public()).encode())
        key = self._other_key if self.lies.get("key") == "other" else self._key
        return jwt.encode(told, key, algorithm="RS256", headers={"kid": "1"})

    def _public(self) -> dict[str, Any]:
        told: dict[str, Any] = RSAAlgorithm.to_jwk(self._key.public_key(), as_dict=True)
        return {**told, "kid": "1", "use": "sig", "alg": "RS256"}

    async def _publish(self, request: Request) -> Response:
        return JSONResponse({"keys": [self._public()]})

    async def _lie(self, request: Request) -> Response:
        told = json.loads(await request.body() or b"{}")
        if not isinstance(told, dict) or not set(told) <= {"claims", "alg", "key", "discovery"}:
            return Response(status_code=422)
        self.lies = told
        return Response(status_code=204)


def subject_of(email: str) -> str:
    """What the provider calls whoever has this address there."""
    return hashlib.sha256(email.encode()).hexdigest()[:24]


def _own(request: Request) -> str:
    return str(request.base_url).rstrip("/")


def _wrong_with(asked: dict[str, str]) -> str:
    if asked.get("client_id") != CLIENT_ID or not asked.get("redirect_uri", "").startswith("http"):
        return "unknown client"
    if asked.get("response_type") != "code" or "openid" not in asked.get("scope", "").split():
        return "unsupported"
    if asked.get("code_challenge_method") != "S256" or not asked.get("code_challenge"):
        return "no code_challenge"
    return ""


def _back(asked: dict[str, str], **told: str) -> str:
    return f"{asked['redirect_uri']}?{urlencode({**told, 'state': asked.get('state', '')})}"


def _challenge_of(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def _signed_by_hand(told: dict[str, Any], *, secret: bytes) -> str:
    """As HS256, with a secret that no library of ours would take: everybody knows it."""
    parts = [{"alg": "HS256", "kid": "1", "typ": "JWT"}, told]
    text = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in parts)
    signature = base64.urlsafe_b64encode(hmac.digest(secret, text, "sha256")).rstrip(b"=")
    return (text + b"." + signature).decode()
