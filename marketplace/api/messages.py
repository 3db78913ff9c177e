"""How the API's document describes what webhooks are sent: each event of ``DeliveryEvent``."""

from typing import Any, Final

from drf_spectacular.utils import OpenApiResponse, OpenApiWebhook, extend_schema

from marketplace.messages.webhooks import TOLERANCE_MINUTES
from marketplace.models import DeliveryEvent
from marketplace.serializers.webhooks import MESSAGES

_TAKEN: Final = "Taken. Anything but 2xx, or no answer within ten seconds, has it sent again under the same id."
_SIGNED: Final = (
    "`v1,` and Base64 of HMAC-SHA256 over `<webhook-id>.<webhook-timestamp>.<body>` under the secret's bytes; "
    "two of them, with a space between, on the day after the secret was changed."
)
_GONE: Final = "Switches the webhook off."
HEADERS: Final[tuple[tuple[str, str, str], ...]] = (
    ("webhook-id", "The message's `id`, the same at every try.", "5b2d8c3f-0d8e-4f8b-9a4c-7a1d2e3f4b5c"),
    (
        "webhook-timestamp",
        f"When this try was sent, in seconds since 1970. Refuse what is more than {TOLERANCE_MINUTES} minutes off.",
        "1795363692",
    ),
    (
        "webhook-signature",
        _SIGNED,
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
)
"""The headers that a message is signed by: name, meaning, example."""


def _webhook(event: DeliveryEvent) -> OpenApiWebhook:
    answers = {200: OpenApiResponse(description=_TAKEN), 410: OpenApiResponse(description=_GONE)}
    described = extend_schema(
        request=MESSAGES[event], responses=answers, summary=str(event.label), tags=["webhooks"]
    )
    return OpenApiWebhook(name=event.value, decorator=described)


LEAD_PURCHASED: Final = _webhook(DeliveryEvent.PURCHASED)
RETURN_DECIDED: Final = _webhook(DeliveryEvent.RETURN_DECIDED)
LEAD_PRICE_DROPPED: Final = _webhook(DeliveryEvent.PRICE_DROPPED)
HOLD_ENDED: Final = _webhook(DeliveryEvent.HOLD_ENDED)
WEBHOOK_TEST: Final = _webhook(DeliveryEvent.TEST)


def signed(result: dict[str, Any], **asked: Any) -> dict[str, Any]:
    """drf-spectacular's hook: name the headers, which it has no place for in a webhook."""
    for webhook in result.get("webhooks", {}).values():
        webhook["post"]["parameters"] = [
            {
                "in": "header",
                "name": name,
                "required": True,
                "description": meaning,
                "schema": {"type": "string"},
                "example": example,
            }
            for name, meaning, example in HEADERS
        ]
    return result
