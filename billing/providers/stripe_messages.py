"""Stripe's messages: which of them are genuine and fresh, and which object each is about.

The SDK's own check takes messages from the future and one secret; this one takes neither too old nor too new, and
each of several secrets, so that a secret can be changed while both are in use.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from billing.providers.port import Event, Forged, ObjectKind, ProviderMisunderstood, Stale

HEADER: Final = "stripe-signature"
OLDEST: Final = timedelta(seconds=300)
_MOST_SIGNATURES: Final = 20
_KINDS: Final[Mapping[str, ObjectKind]] = {
    "payment_intent": ObjectKind.PAYMENT,
    "refund": ObjectKind.REFUND,
    "dispute": ObjectKind.DISPUTE,
    "subscription": ObjectKind.SUBSCRIPTION,
    "invoice": ObjectKind.BILL,
}
_PAGES: Final[Mapping[str, ObjectKind]] = {
    "payment": ObjectKind.CHECKOUT,
    "setup": ObjectKind.SETUP,
    "subscription": ObjectKind.CHECKOUT,
}


def signature(raw: bytes, *, secret: str, at: int) -> str:
    """What Stripe signs a message with: HMAC-SHA256 of the second and the body.

    :param at: seconds since 1970
    """
    return hmac.new(secret.encode(), f"{at}.".encode() + raw, hashlib.sha256).hexdigest()


def verify(raw: bytes, header: str, *, secrets: Sequence[str], now: datetime) -> Event:
    """Read a message.

    :raises Forged: no secret of ours made any of its signatures
    :raises Stale: it was signed more than 300 seconds before or after ``now``
    :raises ProviderMisunderstood: it is genuine and no event
    """
    at, signatures = _read(header)
    made = [signature(raw, secret=secret, at=at) for secret in secrets if secret]
    if not any(hmac.compare_digest(ours, theirs) for ours in made for theirs in signatures):
        raise Forged("no secret of ours made its signature")
    if abs(datetime.fromtimestamp(at, UTC) - now) > OLDEST:
        raise Stale("signed too long before or after now")
    try:
        told = json.loads(raw)
    except ValueError as error:
        raise ProviderMisunderstood("a signed message that is no JSON") from error
    return event(told)


def _read(header: str) -> tuple[int, list[str]]:
    """The second and the signatures of a header as ``t=1,v1=…,v1=…``; other schemes than v1 prove nothing."""
    parts = [part.strip().partition("=") for part in header.split(",")[: _MOST_SIGNATURES + 1]]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1" and value.isascii()]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 11 or not signatures:
        raise Forged("its header is no signature")
    return int(times[0]), signatures


def event(told: Mapping[str, Any]) -> Event:
    """What an event is about.

    :param told: an event as the API tells it
    :raises ProviderMisunderstood: it is none
    """
    try:
        thing = told["data"]["object"]
        kind, object_id = _about(thing)
        return Event(
            event_id=str(told["id"]),
            name=str(told["type"]),
            kind=kind,
            object_id=object_id,
            occurred_at=datetime.fromtimestamp(told["created"], UTC),
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise ProviderMisunderstood("a message that is no event") from error


def _about(thing: Mapping[str, Any]) -> tuple[ObjectKind, str]:
    """The object to fetch: a charge is a part of its intent, a page of subscribing leads to the subscription."""
    name, object_id = str(thing["object"]), str(thing.get("id") or "")
    if name == "charge":
        return (ObjectKind.PAYMENT, str(thing["payment_intent"])) if thing.get("payment_intent") else _NOTHING
    if name == "checkout.session":
        if thing.get("subscription"):
            return ObjectKind.SUBSCRIPTION, str(thing["subscription"])
        return _PAGES.get(str(thing.get("mode")), ObjectKind.OTHER), object_id
    if name == "dispute" and str(thing.get("status", "")).startswith("warning_"):
        return ObjectKind.OTHER, object_id  # a bank's question: no money has moved
    return _KINDS.get(name, ObjectKind.OTHER), object_id


_NOTHING: Final = (ObjectKind.OTHER, "")
