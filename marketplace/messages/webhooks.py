"""What a webhook is sent: the message, its signatures, and its shape for the log.

Signed as Standard Webhooks say (https://www.standardwebhooks.com): HMAC-SHA256 over ``id.timestamp.body``, so that
receivers verify it by a library of their language (docs/decisions tells why).
"""

import json
import secrets
from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from django.core.serializers.json import DjangoJSONEncoder
from standardwebhooks.webhooks import Webhook

from aiqleads.core import clock
from aiqleads.core.posting import Post
from marketplace.messages.bought_lead import BoughtLead
from marketplace.models import Delivery, Receiver

SECRET_BYTES: Final = 32
SECRET_BEGINS: Final = "whsec_"  # noqa: S105  (what every secret of Standard Webhooks begins with)
USER_AGENT: Final = "AIQLeads-Webhooks/1"
TOLERANCE_MINUTES: Final = 5
"""How old a message may be when a receiver verifies it; the library's own."""


def new_secret() -> str:
    """A secret for a webhook, as its receiver keeps it."""
    return SECRET_BEGINS + b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def write(delivery: Delivery, given: BoughtLead | None) -> Post | None:
    """The signed message of a delivery to a webhook; None where the webhook was removed.

    :param given: what leaves of a purchase; None for other facts
    """
    receiver = delivery.receiver
    if receiver is None or receiver.url is None:
        return None
    data = _lead(given) if given else delivery.facts
    told = {"id": str(delivery.pk), "type": delivery.event, "timestamp": delivery.made_at, "data": data}
    body = json.dumps(told, cls=DjangoJSONEncoder, ensure_ascii=False)
    delivery.shape = shape(json.loads(body))
    return Post(url=receiver.url, body=body.encode(), headers=_headers(delivery, body, _secrets(receiver)))


def _lead(given: BoughtLead) -> Any:
    from marketplace.serializers.deliveries import BoughtLeadSerializer  # noqa: PLC0415  (REST framework, once needed)

    return BoughtLeadSerializer(given).data


def _secrets(receiver: Receiver) -> list[str]:
    """The secret in force, and the one that it replaced while both are."""
    is_overlapping = receiver.old_secret_until and receiver.old_secret_until > clock.now()
    return [secret for secret in (receiver.secret, receiver.old_secret if is_overlapping else None) if secret]


def _headers(delivery: Delivery, body: str, secrets_in_force: Sequence[str]) -> dict[str, str]:
    """``webhook-id`` is the same at every try, so that a receiver can tell a message that comes twice."""
    sent_at = datetime.now(UTC)  # receivers compare it with their own clock, as they do a certificate's dates
    signatures = [Webhook(secret).sign(str(delivery.pk), sent_at, body) for secret in secrets_in_force]
    return {
        "Content-Type": "application/json",
        "User-Agent": USER_AGENT,
        "webhook-id": str(delivery.pk),
        "webhook-timestamp": str(int(sent_at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }


def shape(value: Any) -> Any:
    """The fields of a message and the kind of each value, without any value; a list is told by its first item."""
    if isinstance(value, Mapping):
        return {str(name): shape(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [shape(value[0])] if value else []
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "yes or no"
    return "number" if isinstance(value, int | float) else "text"
