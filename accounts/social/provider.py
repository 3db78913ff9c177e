"""How another site is spoken to: allauth's OpenID Connect, with a nonce, PKCE and every token looked at.

allauth sends no nonce and takes the signature of a token for granted that came over TLS; and whoever links to its
pages may say what else is asked of the site. Imported by who logs somebody in, for it brings an HTTP client along.
"""

import secrets
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialToken
from allauth.socialaccount.providers.oauth2.client import OAuth2Client, OAuth2Error
from allauth.socialaccount.providers.oauth2.utils import generate_code_challenge
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.provider import OpenIDConnectProvider
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.http import HttpRequest, HttpResponse
from requests import RequestException

from accounts.social import id_tokens
from aiqleads.core import clock

UNREACHABLE: Final = (RequestException, OAuth2Error)
_SECRET_LASTS_SECONDS: Final = 300


class OpenIdAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]
    """One log-in at one site. ``nonce`` is what it was begun with."""

    nonce: str = ""

    @property
    def openid_config(self) -> dict[str, Any]:
        """What the site says of itself, which must be of itself: it is asked nothing at other sites' pages."""
        if not hasattr(self, "_openid_config"):
            told = super().openid_config
            if not isinstance(told, dict):
                raise OAuth2Error("no discovery document")
            self._openid_config = told
        return self._openid_config

    def _told(self, name: str) -> str:
        value = self.openid_config.get(name)
        if not isinstance(value, str):
            raise OAuth2Error(f"the discovery document names no {name}")
        return value

    @property
    def authorize_url(self) -> str:
        """Where people are sent: by the pages' policy, to the site's own origin alone."""
        url, own = urlsplit(self._told("authorization_endpoint")), urlsplit(self.get_provider().server_url)
        if (url.scheme, url.netloc) != (own.scheme, own.netloc):
            raise OAuth2Error("the discovery document sends people elsewhere")
        return url.geturl()

    @property
    def access_token_url(self) -> str:
        return self._told("token_endpoint")

    def get_client(self, request: HttpRequest, app: SocialApp) -> OAuth2Client:
        client = super().get_client(request, app)
        if signed := app.settings.get("signed_secret"):
            client.consumer_secret = signed_secret(app.client_id, audience=self._told("issuer"), **signed)
        return client

    def complete_login(self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: Any) -> Any:
        """Whom the site's token names.

        :raises OAuth2Error: there is none, or it is not for this log-in
        """
        id_token = kwargs["response"].get("id_token")
        if not isinstance(id_token, str):
            raise OAuth2Error("no ID token")
        try:
            said = id_tokens.read(
                id_token,
                keys=self._keys(),
                issuer=self._told("issuer"),
                audience=app.client_id,
                nonce=self.nonce,
                now=clock.now(),
            )
        except id_tokens.UnusableIdToken as error:
            raise OAuth2Error(str(error)) from error
        return self.get_provider().sociallogin_from_response(request, {"id_token": said})

    def _keys(self) -> dict[str, Any]:
        with get_adapter().get_requests_session() as session:
            answer = session.get(self._told("jwks_uri"))
            answer.raise_for_status()
            keys = answer.json()
        if not isinstance(keys, dict):
            raise OAuth2Error("no keys")
        return keys


def signed_secret(client_id: str, *, audience: str, team: str, key_id: str, key_file: str) -> str:
    """The secret of those who take none but a fresh signature (Apple).

    :raises OAuth2Error: the key cannot be read
    """
    now = int(clock.now().timestamp())
    claims = {"iss": team, "sub": client_id, "aud": audience, "iat": now, "exp": now + _SECRET_LASTS_SECONDS}
    try:
        key = Path(key_file).read_text(encoding="ascii")
        return jwt.encode(claims, key, algorithm="ES256", headers={"kid": key_id})
    except (OSError, ValueError, jwt.PyJWTError) as error:
        raise OAuth2Error("our key cannot be read") from error


class OpenIdProvider(OpenIDConnectProvider):  # type: ignore[misc]
    """One site, by what the settings say of it. Nothing of its word is kept but whom it calls so."""

    oauth2_adapter_class = OpenIdAdapter

    def get_pkce_params(self) -> dict[str, str]:
        told: dict[str, str] = generate_code_challenge()
        return told

    def redirect(
        self, request: HttpRequest, process: str, next_url: str | None = None, data: Any = None, **kwargs: Any
    ) -> HttpResponse:
        """Send somebody there; the session keeps what they must come back with."""
        nonce = secrets.token_urlsafe(32)
        asked = {**self.get_auth_params(), "nonce": nonce}
        answer: HttpResponse = super().redirect(request, process, next_url, data, auth_params=asked, nonce=nonce)
        return answer

    def extract_extra_data(self, data: Any) -> dict[str, Any]:
        return {}

    def extract_email_addresses(self, data: Any) -> list[EmailAddress]:
        """The address, confirmed only where the site says so in so many words (Apple writes the word as a text)."""
        said = data["id_token"]
        email = said.get("email")
        if not isinstance(email, str) or not email:
            return []
        is_verified = said.get("email_verified") is True or said.get("email_verified") == "true"
        return [EmailAddress(email=email.lower(), verified=is_verified, primary=True)]


class Callback(OAuth2CallbackView):  # type: ignore[misc]
    """The way back from there. Each log-in that was begun comes back once, to the browser that began it."""

    adapter: OpenIdAdapter

    def _get_state(self, request: HttpRequest, provider: OpenIdProvider) -> Any:
        state, answer = super()._get_state(request, provider)
        self.adapter.nonce = (state or {}).get("nonce", "")
        return state, answer
