"""What PayPal tells us by itself: a hint each, believed only once PayPal says that it was PayPal.

The signature covers a CRC32 of the body and names the certificate to check it with, so that whoever holds one
signed message can make others; that check by ourselves is worth little. PayPal is asked instead, with the body's
own bytes.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from billing.providers.paypal import shapes
from billing.providers.paypal.shapes import parsed
from billing.providers.paypal.wire import OnTheWire
from billing.providers.port import Event, Forged, ObjectKind, ProviderMisunderstood, Stale

MOST_AGE: Final = timedelta(seconds=300)
REMEMBERED: Final = timedelta(days=29)
"""PayPal lists the events of thirty days."""
PAGE_SIZE: Final = "100"
_SHAPES: Final = {
    "paypal-transmission-id": re.compile(r"(?!\d+$)\w[\w-]{0,49}"),
    "paypal-transmission-sig": re.compile(r"[\w+/=-]{1,500}"),
    "paypal-auth-algo": re.compile(r"[A-Za-z0-9]{1,100}"),
    "paypal-cert-url": re.compile(r"\S{1,500}"),
}
_MOMENT: Final[TypeAdapter[datetime]] = TypeAdapter(AwareDatetime)


class Messages(OnTheWire):
    """The port's events."""

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Event:
        """Read a message, after PayPal said that it sent it.

        :raises ProviderUnreachable: PayPal could not say; have it send the message again
        """
        told = {name: headers.get(name, "") for name in _SHAPES}
        if not all(shape.fullmatch(told[name]) for name, shape in _SHAPES.items()):
            raise Forged("without the headers that PayPal signs with")
        if not self._is_certificate(told["paypal-cert-url"]):
            raise Forged("signed with a certificate that is not PayPal's")
        sent = headers.get("paypal-transmission-time", "")
        _in_time(sent, now)
        message = _message(raw)
        self._ask_whether(raw, told, sent)
        return _event(message)

    def events(self, *, since: datetime) -> Iterator[Event]:
        """What PayPal told since then, whether it reached us or not, oldest first; at most 29 days back."""
        now = self.now()
        begins = max(since, now - REMEMBERED)
        query: dict[str, str] | None = {
            "page_size": PAGE_SIZE,
            "start_time": shapes.at(begins),
            "end_time": shapes.at(now),
        }
        path: str | None = "/v1/notifications/webhooks-events"
        found: dict[str, shapes.Message] = {}
        while path:
            page = self.wire.ask(shapes.Messages, "GET", path, query=query)
            news = {one.id: one for one in page.events if one.id not in found}
            found |= news
            path, query = self._next(page) if news else None, None
        for message in sorted(found.values(), key=lambda one: (one.create_time, one.id)):
            yield _event(message)

    def _next(self, page: shapes.Messages) -> str | None:
        """The next page, on the host that we were told to ask and on no other."""
        parts = urlsplit(page.link("next"))
        return f"{parts.path}?{parts.query}" if parts.path else None

    def _is_certificate(self, url: str) -> bool:
        if self.wire.is_stand_in:
            return url.startswith(f"{self.wire.base_url}/")
        parts = urlsplit(url)
        host = parts.hostname or ""
        return parts.scheme == "https" and (host == "paypal.com" or host.endswith(".paypal.com"))

    def _ask_whether(self, raw: bytes, told: Mapping[str, str], sent: str) -> None:
        """The body goes to PayPal byte by byte: spelt anew it would no longer be the one that was signed."""
        asked = {
            "auth_algo": told["paypal-auth-algo"],
            "cert_url": told["paypal-cert-url"],
            "transmission_id": told["paypal-transmission-id"],
            "transmission_sig": told["paypal-transmission-sig"],
            "transmission_time": sent,
            "webhook_id": self.wire.credentials.webhook_id,
        }
        content = json.dumps(asked).encode()[:-1] + b', "webhook_event": ' + raw + b"}"
        path = "/v1/notifications/verify-webhook-signature"
        try:
            answer = self.wire.ask(shapes.Verified, "POST", path, content=content)
        except ProviderMisunderstood as error:
            raise Forged("PayPal cannot read the signature") from error
        if answer.verification_status != "SUCCESS":
            raise Forged("PayPal did not sign it")


def _in_time(sent: str, now: datetime) -> None:
    try:
        moment = _MOMENT.validate_python(sent)
    except ValidationError as error:
        raise Forged("without the time at which it was signed") from error
    if abs(moment - now) > MOST_AGE:
        raise Stale(f"signed at {moment.isoformat()}")


def _message(raw: bytes) -> shapes.Message:
    """The body, which is one JSON object in UTF-8 and nothing after it."""
    try:
        json.loads(raw.decode())
        return parsed(shapes.Message, raw)
    except (ValueError, RecursionError, ProviderMisunderstood) as error:
        raise Forged("no message of PayPal's") from error


def _event(message: shapes.Message) -> Event:
    kind, object_id = _about(message.event_type, message.resource)
    return Event(
        event_id=message.id,
        name=message.event_type,
        kind=kind if object_id else ObjectKind.OTHER,
        object_id=object_id,
        occurred_at=message.create_time,
    )


def _about(name: str, resource: shapes.Resource) -> tuple[ObjectKind, str]:
    """What to fetch. A payment of an order is asked about by its order: that is the id we have from the start."""
    if name.startswith("PAYMENT."):
        return _about_money(name, resource)
    if name.startswith("CUSTOMER.DISPUTE."):
        return ObjectKind.DISPUTE, resource.dispute_id
    kinds = {"BILLING.SUBSCRIPTION.": ObjectKind.SUBSCRIPTION, "CHECKOUT.ORDER.": ObjectKind.CHECKOUT}
    return next((kind for begins, kind in kinds.items() if name.startswith(begins)), ObjectKind.OTHER), resource.id


def _about_money(name: str, resource: shapes.Resource) -> tuple[ObjectKind, str]:
    if name.endswith((".REFUNDED", ".REVERSED")):
        return ObjectKind.REFUND, resource.id
    if resource.billing_agreement_id:
        return ObjectKind.SUBSCRIPTION, resource.billing_agreement_id
    order_id = resource.supplementary_data.related_ids.order_id
    return (ObjectKind.CHECKOUT, order_id) if order_id else (ObjectKind.PAYMENT, resource.id)
