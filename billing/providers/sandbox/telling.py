"""How the sandbox tells our inbox what happened: a message over HTTP, signed with a secret that both know.

``sandbox-signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>.<body>">``
"""

import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Final

import structlog
from django.conf import settings
from django.db.models import F
from django.utils.crypto import salted_hmac

from aiqleads.core import clock
from aiqleads.core.errands import Errand
from aiqleads.core.transactions import refuse_transaction
from billing.models.sandbox import SandboxEvent, SandboxObject
from billing.providers.port import Event, Forged, Money, Movement, MovementKind, ObjectKind, Stale
from billing.providers.sandbox import memory

HEADER: Final = "sandbox-signature"
TOLERANCE_SECONDS: Final = 300
PATIENCE_SECONDS: Final = 5
MOST_ATTEMPTS: Final = 8
_ERRAND: Final = Errand("sandbox_events")
log = structlog.get_logger(__name__)


def _secret() -> bytes:
    return salted_hmac("billing.providers.sandbox", "messages", algorithm="sha256").digest()


def signature(raw: bytes, *, seconds: int) -> str:
    """What stands in ``HEADER`` beside a body that was sent at a moment of Unix time."""
    digest = hmac.new(_secret(), f"{seconds}.".encode() + raw, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def message(event: SandboxEvent) -> tuple[bytes, dict[str, str]]:
    """An event as it is sent now: the body, and the headers that go with it."""
    told = {
        "id": event.pk,
        "name": event.name,
        "kind": event.object_kind,
        "object": event.object_id,
        "occurred_at": event.occurred_at.isoformat(),
    }
    raw = json.dumps(told, sort_keys=True).encode()
    seconds = int(clock.now().timestamp())
    return raw, {HEADER: signature(raw, seconds=seconds), "content-type": "application/json"}


def verify(raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Event:
    seconds = _signed_at(headers.get(HEADER, ""))
    if not hmac.compare_digest(signature(raw, seconds=seconds).encode(), headers.get(HEADER, "").encode()):
        raise Forged("the signature does not cover the message")
    if abs(now.timestamp() - seconds) > TOLERANCE_SECONDS:
        raise Stale("signed too long ago, or in the future")
    try:
        told = json.loads(raw)
        return Event(
            event_id=told["id"],
            name=told["name"],
            kind=ObjectKind(told["kind"]),
            object_id=told["object"],
            occurred_at=datetime.fromisoformat(told["occurred_at"]).astimezone(UTC),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise Forged("signed, and no message of ours") from error


def _signed_at(header: str) -> int:
    digits = header.partition(",")[0].removeprefix("t=")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= 12):
        raise Forged("the signature names no moment")
    return int(digits)


def ask_to_tell(event_id: str) -> None:
    """Have a worker send what was not sent yet. Without one it waits for the next event."""
    from billing.tasks import tell_of_sandbox  # noqa: PLC0415  (tasks import services, which import providers)

    _ERRAND.ask(tell_of_sandbox.delay)


def tell() -> None:
    """Send what our inbox has not heard of, oldest first. What it does not take is sent with the next event."""
    memory.refuse_outside_debug()
    _ERRAND.begin()
    refuse_transaction()
    waiting = SandboxEvent.objects.filter(delivered_at=None, attempts__lt=MOST_ATTEMPTS)
    for event in waiting.order_by("occurred_at", "pk"):
        if not _send(event):
            return


def _send(event: SandboxEvent) -> bool:
    """Whether the inbox took it."""
    import httpx  # noqa: PLC0415  (few processes need it)

    raw, headers = message(event)
    try:
        answer = httpx.post(
            f"{settings.SITE_URL}/webhooks/sandbox/", content=raw, headers=headers, timeout=PATIENCE_SECONDS
        )
        is_taken = answer.is_success
    except httpx.HTTPError:
        is_taken = False
    sent = SandboxEvent.objects.filter(pk=event.pk)
    sent.update(attempts=F("attempts") + 1, delivered_at=clock.now() if is_taken else None)
    if not is_taken:
        log.info("sandbox.not_heard", event_id=event.pk)
    return is_taken


def events(since: datetime) -> Iterator[Event]:
    for one in SandboxEvent.objects.filter(occurred_at__gte=since).order_by("occurred_at", "pk").iterator():
        yield Event(
            event_id=one.pk,
            name=one.name,
            kind=ObjectKind(one.object_kind),
            object_id=one.object_id,
            occurred_at=one.occurred_at,
        )


def movements(since: datetime) -> Iterator[Movement]:
    lines = SandboxObject.objects.filter(kind=memory.Kind.MOVEMENT, created_at__gte=since)
    for one in lines.order_by("created_at", "pk").iterator():
        yield Movement(
            movement_id=one.pk,
            kind=MovementKind(one.data["kind"]),
            source_id=one.data["source_id"],
            gross=Money(minor=one.data["gross"], currency=one.data["currency"]),
            fee=Money(minor=one.data["fee"], currency=one.data["currency"]),
            occurred_at=one.created_at,
        )
