"""How a mail server hands a letter over: its bytes as they came, signed as Standard Webhooks say.

The signature is over ``id.timestamp.bytes``: nobody puts words into anybody's mouth who does not know the secret,
and what was overheard is worth nothing after five minutes.
Source: https://www.standardwebhooks.com
"""

import base64
import hmac
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from aiqleads.core.inbound_mail.errors import LetterRefused

MOST_BYTES: Final = 1_000_000
TOLERANCE: Final = timedelta(minutes=5)
SECRET_BEGINS: Final = "whsec_"  # noqa: S105  (what every secret of Standard Webhooks begins with)
LEAST_SECRET_BYTES: Final = 24
CONTENT_TYPE: Final = "message/rfc822"


def verify(*, raw: bytes, headers: Mapping[str, str], secret: str, now: datetime) -> None:
    """:raises LetterRefused: no secret is set, it was not signed with it, or not within five minutes of ``now``"""
    name, sent_at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    given = headers.get("webhook-signature", "").split()
    if not is_secret(secret) or not name or not (sent_at.isascii() and sent_at.isdigit()) or len(sent_at) > 11:
        raise LetterRefused("not signed")
    if abs(now.timestamp() - int(sent_at)) > TOLERANCE.total_seconds():
        raise LetterRefused("signed at another time")
    right = _signature(secret, name, sent_at, raw)
    if not any(hmac.compare_digest(right.encode(), one.encode("utf-8", "replace")) for one in given):
        raise LetterRefused("signed by somebody else")


def signed(*, raw: bytes, name: str, secret: str, now: datetime) -> dict[str, str]:
    """The headers of a request that hands ``raw`` over.

    :param name: of this handover, the same at every try
    """
    sent_at = str(int(now.timestamp()))
    return {
        "Content-Type": CONTENT_TYPE,
        "webhook-id": name,
        "webhook-timestamp": sent_at,
        "webhook-signature": _signature(secret, name, sent_at, raw),
    }


def is_secret(text: str) -> bool:
    """Whether a text is a secret of Standard Webhooks, of at least 24 bytes."""
    try:
        return len(_bytes_of(text)) >= LEAST_SECRET_BYTES and text.startswith(SECRET_BEGINS)
    except ValueError:  # no Base64
        return False


def _bytes_of(secret: str) -> bytes:
    return base64.b64decode(secret.removeprefix(SECRET_BEGINS), validate=True)


def _signature(secret: str, name: str, sent_at: str, raw: bytes) -> str:
    digest = hmac.digest(_bytes_of(secret), f"{name}.{sent_at}.".encode() + raw, "sha256")
    return f"v1,{base64.b64encode(digest).decode()}"
