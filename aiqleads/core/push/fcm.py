"""Sends notices by Firebase Cloud Messaging's HTTP v1 API, which reaches Android, iOS (through APNs) and browsers.

``PUSH_CREDENTIALS`` is the path of a service account's JSON file, as Google hands it out; it names the project, the
key that signs for us and the server that trades the signature for an access token. ``PUSH_URL`` is where messages
go; whatever speaks the same protocol may answer there.
Source: https://firebase.google.com/docs/reference/fcm/rest/v1/projects.messages/send
"""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final

import httpx
import jwt
from django.conf import settings

from aiqleads.core.push.errors import DeviceGone, PushUnavailable

ANSWER_SECONDS: Final = 5.0
SCOPE: Final = "https://www.googleapis.com/auth/firebase.messaging"
GRANT: Final = "urn:ietf:params:oauth:grant-type:jwt-bearer"
TOKEN_LASTS_SECONDS: Final = 3600
RENEW_BEFORE_SECONDS: Final = 120
GONE_CODES: Final = frozenset({"UNREGISTERED", "SENDER_ID_MISMATCH"})
_ERROR_TYPE: Final = "type.googleapis.com/google.firebase.fcm.v1.FcmError"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What a telephone shows, to whoever holds it: words of a closed list and an id, nothing personal.

    ``collapse_key`` makes a notice that comes twice one notice.
    """

    title: str
    body: str
    collapse_key: str
    data: Mapping[str, str]


def is_available() -> bool:
    """Whether a service was configured."""
    return bool(settings.PUSH_CREDENTIALS)


def send(*, token: str, notice: Notice) -> str:
    """Hand one notice to the service and return its name there; showing it on the telephone comes later.

    :raises DeviceGone: no notice will ever arrive at this token
    :raises PushUnavailable: it was not taken now
    """
    if not is_available():
        raise PushUnavailable("PUSH_CREDENTIALS is not set")
    account = _account(settings.PUSH_CREDENTIALS)
    try:
        access = _access_tokens.get(account)
        answer = httpx.post(
            f"{settings.PUSH_URL.rstrip('/')}/v1/projects/{account['project_id']}/messages:send",
            json={"message": _message(token, notice)},
            headers={"Authorization": f"Bearer {access}"},
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
    except httpx.HTTPError as error:
        raise PushUnavailable(type(error).__name__) from error
    return _taken(answer)


def _message(token: str, notice: Notice) -> dict[str, Any]:
    return {
        "token": token,
        "notification": {"title": notice.title, "body": notice.body},
        "data": dict(notice.data),
        "android": {"collapse_key": notice.collapse_key, "notification": {"tag": notice.collapse_key}},
        "apns": {"headers": {"apns-collapse-id": notice.collapse_key}},
    }


def _taken(answer: httpx.Response) -> str:
    told = _told(answer)
    if answer.status_code == HTTPStatus.OK and told.get("name"):
        return str(told["name"])
    error = told.get("error", {})
    codes = {detail.get("errorCode") for detail in error.get("details", []) if detail.get("@type") == _ERROR_TYPE}
    if codes & GONE_CODES:
        raise DeviceGone(f"HTTP {answer.status_code}")
    if answer.status_code == HTTPStatus.UNAUTHORIZED:
        _access_tokens.forget()
    waits = answer.headers.get("Retry-After", "")
    raise PushUnavailable(
        f"HTTP {answer.status_code} {error.get('status', '')}".strip(),
        retry_after_seconds=int(waits) if waits.isdecimal() else None,
    )


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


@lru_cache(maxsize=4)
def _account(path: str) -> dict[str, str]:
    """The service account's file; a system check has read it at start-up."""
    account: dict[str, str] = json.loads(Path(path).read_text(encoding="utf-8"))
    return account


class _AccessTokens:
    """The access token of this process, traded for a signature when the last one is about to end (RFC 7523)."""

    def __init__(self) -> None:
        self._token, self._owner, self._ends_at = "", "", 0.0

    def get(self, account: Mapping[str, str]) -> str:
        """The token to send with.

        :raises PushUnavailable: the server gives none
        """
        if self._owner != account["private_key"] or time.time() > self._ends_at - RENEW_BEFORE_SECONDS:
            self._trade(account)
        return self._token

    def forget(self) -> None:
        """Trade anew the next time."""
        self._ends_at = 0.0

    def _trade(self, account: Mapping[str, str]) -> None:
        now = int(time.time())
        claims = {
            "iss": account["client_email"],
            "scope": SCOPE,
            "aud": account["token_uri"],
            "iat": now,
            "exp": now + TOKEN_LASTS_SECONDS,
        }
        signed = jwt.encode(claims, account["private_key"], algorithm="RS256")
        answer = httpx.post(
            account["token_uri"],
            data={"grant_type": GRANT, "assertion": signed},
            timeout=ANSWER_SECONDS,
            follow_redirects=False,
            trust_env=False,
        )
        told = _told(answer)
        if answer.status_code != HTTPStatus.OK or not told.get("access_token"):
            raise PushUnavailable(f"no access token: HTTP {answer.status_code} {told.get('error', '')}".strip())
        self._token, self._owner = str(told["access_token"]), account["private_key"]
        self._ends_at = now + float(told.get("expires_in", TOKEN_LASTS_SECONDS))


_access_tokens: Final = _AccessTokens()
