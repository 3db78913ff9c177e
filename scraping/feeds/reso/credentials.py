"""How we prove to a feed who we are: a token that an operator recorded, or one that credentials are changed for.

Secrets go to the token's own address and nowhere else, and never into a log or a reason.
"""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol
from urllib.parse import quote, urlencode, urlsplit

from scraping.feeds.errors import AnswerRefused, FeedStopped
from scraping.readers.page import as_dict
from scraping.readers.reso.answers import problem_of

EARLY_SECONDS: Final = 60.0
"""A token is renewed so long before its end, because clocks differ and answers take time."""
USUAL_SECONDS: Final = 3600.0
LOOPBACK_HOSTS: Final = frozenset({"127.0.0.1", "localhost", "::1"})

Post = Callable[[str, bytes, Mapping[str, str]], bytes]
"""Sends a form to an address with these headers and returns the answer's body; raises ``AnswerRefused``."""


class Credentials(Protocol):
    """What a request carries to be let in."""

    def token(self) -> str:
        """The bearer token to send now; "" for none."""

    def renew(self) -> bool:
        """Give up the token that was refused. Return whether there can be another."""


@dataclass(frozen=True, slots=True)
class StaticToken:
    """The token that an operator recorded with the source; when it is refused there is no other."""

    value: str

    def token(self) -> str:
        return self.value

    def renew(self) -> bool:
        return False


@dataclass(kw_only=True)
class ClientCredentials:
    """OAuth 2 client credentials (RFC 6749, 4.4).

    :param post: how a form is sent
    :param now: seconds of a clock that only goes forward
    """

    token_url: str
    client_id: str
    client_secret: str
    scope: str
    post: Post
    now: Callable[[], float]
    _token: str = field(default="", init=False)
    _ends_at: float = field(default=0.0, init=False)

    def token(self) -> str:
        if not self._token or self.now() >= self._ends_at:
            self._ask()
        return self._token

    def renew(self) -> bool:
        self._token = ""
        return True

    def _ask(self) -> None:
        """Secrets in the form first, as most services want it; as HTTP Basic where that is refused."""
        form = {"grant_type": "client_credentials", **({"scope": self.scope} if self.scope else {})}
        secret = {"client_id": self.client_id, "client_secret": self.client_secret}
        try:
            body = self._send({**form, **secret}, {})
        except AnswerRefused as refusal:
            if refusal.status not in {400, 401}:
                raise
            pair = f"{quote(self.client_id)}:{quote(self.client_secret)}".encode()
            body = self._send(form, {"Authorization": f"Basic {b64encode(pair).decode()}"})
        self._keep(body)

    def _send(self, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
        usual = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        return self.post(self.token_url, urlencode(form).encode(), {**usual, **headers})

    def _keep(self, body: bytes) -> None:
        try:
            told = as_dict(json.loads(body))
        except ValueError:
            told = {}
        self._token = str(told.get("access_token") or "")
        if not self._token:
            raise FeedStopped(f"The token's address gave no token. {problem_of(body)}")
        seconds = str(told.get("expires_in") or USUAL_SECONDS)
        lasts = float(seconds) if seconds.replace(".", "", 1).isdecimal() else USUAL_SECONDS
        self._ends_at = self.now() + max(lasts - EARLY_SECONDS, lasts / 2)


def require_private(url: str) -> None:
    """:raises FeedStopped: a secret sent there could be read on its way"""
    parts = urlsplit(url)
    if parts.scheme != "https" and parts.hostname not in LOOPBACK_HOSTS:
        raise FeedStopped(f"{parts.hostname} is asked without encryption (http), which would give our token away.")
