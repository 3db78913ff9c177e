"""Other sites that people may log in with: what ``SOCIAL_LOGINS`` names, with what belongs to each.

Pure, and read by the settings: what is missing is said by the system checks of ``accounts.social.checks``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

OPENID_CONNECT: Final = "openid_connect"
"""What allauth calls the protocol that all of them speak."""


class Known(Protocol):
    """The part of the environment that is read here."""

    social_logins: str
    google_client_id: str
    google_client_secret: str
    microsoft_client_id: str
    microsoft_client_secret: str
    microsoft_tenant: str
    apple_client_id: str
    apple_team_id: str
    apple_key_id: str
    apple_key_file: str
    oidc_name: str
    oidc_url: str
    oidc_client_id: str
    oidc_client_secret: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SocialLogin:
    """One of them.

    :ivar id: as in addresses and rows; stays when its name changes
    :ivar url: where its discovery document lies beneath; what it calls itself, too
    :ivar needs: variables of the environment and whether each is set
    """

    id: str
    name: str
    url: str
    client_id: str
    client_secret: str
    needs: Mapping[str, bool]
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        """Where its pages are."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def as_app(self) -> dict[str, Any]:
        """The same in allauth's words."""
        return {
            "provider_id": self.id,
            "name": self.name,
            "client_id": self.client_id,
            "secret": self.client_secret,
            "settings": {"server_url": self.url, **self.settings},
        }


def _google(known: Known) -> SocialLogin:
    return SocialLogin(
        id="google",
        name="Google",
        url="https://accounts.google.com",
        client_id=known.google_client_id,
        client_secret=known.google_client_secret,
        needs=_set(GOOGLE_CLIENT_ID=known.google_client_id, GOOGLE_CLIENT_SECRET=known.google_client_secret),
    )


def _microsoft(known: Known) -> SocialLogin:
    return SocialLogin(
        id="microsoft",
        name="Microsoft",
        url=f"https://login.microsoftonline.com/{known.microsoft_tenant or 'common'}/v2.0",
        client_id=known.microsoft_client_id,
        client_secret=known.microsoft_client_secret,
        needs=_set(
            MICROSOFT_CLIENT_ID=known.microsoft_client_id, MICROSOFT_CLIENT_SECRET=known.microsoft_client_secret
        ),
    )


def _apple(known: Known) -> SocialLogin:
    """Its secret is signed anew for each log-in; and where it is to tell an address, its answer is posted."""
    return SocialLogin(
        id="apple",
        name="Apple",
        url="https://appleid.apple.com",
        client_id=known.apple_client_id,
        client_secret="",
        needs=_set(
            APPLE_CLIENT_ID=known.apple_client_id,
            APPLE_TEAM_ID=known.apple_team_id,
            APPLE_KEY_ID=known.apple_key_id,
            APPLE_KEY_FILE=known.apple_key_file,
        ),
        settings={
            "scope": ["openid", "email", "name"],
            "auth_params": {"response_mode": "form_post"},
            "signed_secret": {
                "team": known.apple_team_id,
                "key_id": known.apple_key_id,
                "key_file": known.apple_key_file,
            },
        },
    )


def _any_other(known: Known) -> SocialLogin:
    return SocialLogin(
        id="oidc",
        name=known.oidc_name or "OpenID",
        url=known.oidc_url.rstrip("/"),
        client_id=known.oidc_client_id,
        client_secret=known.oidc_client_secret,
        needs=_set(
            OIDC_URL=known.oidc_url,
            OIDC_CLIENT_ID=known.oidc_client_id,
            OIDC_CLIENT_SECRET=known.oidc_client_secret,
        ),
    )


STAND_IN: Final = "sandbox"
_BY_NAME: Final = {"google": _google, "apple": _apple, "microsoft": _microsoft, "oidc": _any_other}
NAMES: Final = tuple(_BY_NAME)


def _set(**values: str) -> dict[str, bool]:
    return {name: bool(value) for name, value in values.items()}


def named(known: Known) -> list[str]:
    """What ``SOCIAL_LOGINS`` names, as it stands there, each once; the stand-in is ``make run``'s to name anew."""
    words = (word.strip().lower() for word in known.social_logins.split(","))
    return list(dict.fromkeys(word for word in words if word not in {"", STAND_IN}))


def asked_for(known: Known) -> list[SocialLogin]:
    """Those that ``SOCIAL_LOGINS`` names and we know, in its order, whole or not."""
    return [_BY_NAME[name](known) for name in named(known) if name in _BY_NAME]


def usable(logins: Sequence[SocialLogin]) -> list[SocialLogin]:
    """Those of which nothing is missing: the others stay off."""
    return [login for login in logins if all(login.needs.values())]
