"""What people answer to our text messages, as Twilio hands it over: a form that the account's token signs.

The signature is over the address that Twilio was told and the form itself, so that nobody else can put words into
somebody's mouth. Replies are read and forgotten here: whoever asks to be left alone is heard by ``accounts``.
Source: https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl, unquote, urlsplit

from django.conf import settings

from aiqleads.core.text_messages.errors import ReplyRefused

SIGNED_BY: Final = "X-Twilio-Signature"
MOST_BYTES: Final = 64_000


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reply:
    """One message from a telephone.

    :ivar id: the service's own name of the message, the same however often it is handed over
    :ivar phone: E.164, whose message it is
    :ivar is_opt_out: the service itself took it for one, and sends that number nothing any more
    """

    id: str
    phone: str
    words: str
    is_opt_out: bool


def read(*, url: str, body: bytes, signature: str) -> Reply:
    """The reply that a request to ``url`` brought.

    :param url: the address that the service was told, not the one that the request says it came by
    :raises ReplyRefused: no service is configured, it did not sign this, or no number stands in it
    """
    account, token = _account()
    form = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True)
    said = dict(form)
    if not token or not hmac.compare_digest(signature_of(url=url, form=form, token=token), signature):
        raise ReplyRefused("not signed by the service that is configured")
    if said.get("AccountSid") != account or not said.get("From") or not said.get("MessageSid"):
        raise ReplyRefused("another account's, or no message")
    return Reply(
        id=said["MessageSid"],
        phone=said["From"],
        words=said.get("Body", ""),
        is_opt_out=said.get("OptOutType", "").upper() == "STOP",
    )


def signature_of(*, url: str, form: Iterable[tuple[str, str]], token: str) -> str:
    """What Twilio signs a form with: the address, then each name with its value, in the order of the names."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return base64.b64encode(hmac.digest(token.encode(), signed.encode(), "sha1")).decode()


def _account() -> tuple[str, str]:
    parts = urlsplit(settings.SMS_URL)
    return unquote(parts.username or ""), unquote(parts.password or "")
