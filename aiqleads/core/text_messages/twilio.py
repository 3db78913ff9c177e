"""Sends text messages by Twilio's Messages API: one form-encoded POST, Basic auth, JSON back.

``SMS_URL`` names account, token and server (``https://ACCOUNT_SID:AUTH_TOKEN@api.twilio.com``), ``SMS_FROM`` the
number or the messaging service that sends. Whatever speaks the same protocol may answer there.
Source: https://www.twilio.com/docs/messaging/api/message-resource#create-a-message-resource
"""

from http import HTTPStatus
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import httpx
from django.conf import settings

from aiqleads.core.text_messages.errors import MessagesUnavailable, NumberRefused

VERSION: Final = "2010-04-01"
ANSWER_SECONDS: Final = 10.0
MOST_CHARACTERS: Final = 1600
NUMBER_CODES: Final = frozenset({21211, 21214, 21217, 21265, 21408, 21610, 21612, 21614, 21635, 60410})
"""Twilio's error codes that speak of the number alone: not one, not served, no mobile, or its owner said STOP."""


def is_available() -> bool:
    """Whether a service was configured."""
    return bool(settings.SMS_URL and settings.SMS_FROM)


def send(*, to: str, body: str) -> str:
    """Hand one message to the service and return its id there; delivery to the telephone comes later.

    :param to: E.164
    :param body: at most ``MOST_CHARACTERS``
    :raises NumberRefused: this number will never get it
    :raises MessagesUnavailable: it was not taken now
    """
    if not is_available():
        raise MessagesUnavailable("SMS_URL and SMS_FROM are not set")
    try:
        answer = _post({"To": to, "Body": body[:MOST_CHARACTERS], **_sender()})
    except httpx.HTTPError as error:
        raise MessagesUnavailable(type(error).__name__) from error
    told = _told(answer)
    if answer.status_code == HTTPStatus.CREATED and told.get("sid"):
        return str(told["sid"])
    if told.get("code") in NUMBER_CODES:
        raise NumberRefused(f"error {told['code']}")
    raise MessagesUnavailable(f"HTTP {answer.status_code}, error {told.get('code')}")


def _post(form: dict[str, str]) -> httpx.Response:
    parts = urlsplit(settings.SMS_URL)
    account, token = unquote(parts.username or ""), unquote(parts.password or "")
    server = parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl().rstrip("/")
    return httpx.post(
        f"{server}/{VERSION}/Accounts/{account}/Messages.json",
        data=form,
        auth=(account, token),
        timeout=ANSWER_SECONDS,
        follow_redirects=False,
        trust_env=False,
    )


def _sender() -> dict[str, str]:
    name = "MessagingServiceSid" if settings.SMS_FROM.startswith("MG") else "From"
    return {name: settings.SMS_FROM}


def _told(answer: httpx.Response) -> dict[str, Any]:
    try:
        told = answer.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
