"""How the sandbox remembers: objects by id, requests by their key, and events that it will tell of.

Every function that changes something runs inside ``acting``, a transaction of the sandbox's own.
"""

import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ImproperlyConfigured
from django.db import transaction

from aiqleads.core import clock
from aiqleads.core.signatures import canonical
from billing.models.sandbox import SandboxEvent, SandboxObject
from billing.providers import choosing
from billing.providers.port import KeyConflict, NotFound, ObjectKind, ProviderMisunderstood, ProviderRefused

Kind = SandboxObject.Kind
Data = dict[str, Any]

NAME: Final = "sandbox"
_PREFIXES: Final[Mapping[str, str]] = {
    Kind.CUSTOMER: "sbcus",
    Kind.METHOD: "sbpm",
    Kind.PRICE: "sbprice",
    Kind.CHECKOUT: "sbco",
    Kind.PORTAL: "sbportal",
    Kind.PAYMENT: "sbpay",
    Kind.REFUND: "sbre",
    Kind.DISPUTE: "sbdp",
    Kind.SUBSCRIPTION: "sbsub",
    Kind.BILL: "sbin",
    Kind.MOVEMENT: "sbtxn",
}


class Closed(ImproperlyConfigured):
    """Real people could come here, and what they pay would be make-believe."""


def refuse_outside_debug() -> None:
    """:raises Closed: outside DEBUG"""
    if not choosing.is_sandbox_open():
        raise Closed("The sandbox takes make-believe money: it is refused outside DEBUG.")


@contextmanager
def acting() -> Iterator[None]:
    """A step of the sandbox: all of it happens, or nothing."""
    refuse_outside_debug()
    with transaction.atomic():
        yield


def add(kind: Kind, data: Data, *, owner: str = "", called: str = "") -> SandboxObject:
    """Keep a new object; ``called`` is its id where that is not left to chance."""
    name = called or f"{_PREFIXES[kind]}_{secrets.token_hex(10)}"
    return SandboxObject.objects.create(id=name, kind=kind, owner=owner, data=data)


def find(kind: Kind, object_id: str) -> SandboxObject:
    """:raises NotFound: there is none"""
    refuse_outside_debug()
    found = SandboxObject.objects.filter(pk=object_id, kind=kind).first()
    return found or _missing(kind, object_id)


def locked(kind: Kind, object_id: str) -> SandboxObject:
    """The same for who changes it: nobody else does meanwhile.

    :raises NotFound: there is none
    """
    found = SandboxObject.objects.select_for_update().filter(pk=object_id, kind=kind).first()
    return found or _missing(kind, object_id)


def _missing(kind: Kind, object_id: str) -> SandboxObject:
    raise NotFound("resource_missing", f"There is no {kind} {object_id}.")


def change(kept: SandboxObject, **facts: Any) -> None:
    """Keep other facts about an object, beside those that others changed meanwhile."""
    now = SandboxObject.objects.select_for_update().get(pk=kept.pk).data
    kept.data = now | facts
    kept.save(update_fields=["data"])


def those_of(kind: Kind, owner: str) -> list[SandboxObject]:
    """All of a kind that belong to an object, oldest first."""
    return list(SandboxObject.objects.filter(kind=kind, owner=owner).order_by("created_at", "pk"))


def once(key: str, asked: Mapping[str, Any], act: Callable[[], SandboxObject]) -> SandboxObject:
    """Do what was asked under a key, once: who asks again is answered with the same object, or refused alike.

    :raises KeyConflict: something else was asked under this key before
    :raises ProviderRefused: it was refused, now or then
    """
    fingerprint = hashlib.sha256(canonical(asked)).hexdigest()  # names and addresses are not kept
    if not key:
        raise ProviderMisunderstood("a request that moves something needs a key")
    refused: ProviderRefused | None = None
    with acting():
        request, is_new = SandboxObject.objects.get_or_create(
            id=f"key:{key}", defaults={"kind": Kind.REQUEST, "data": {"asked": fingerprint}}
        )
        if request.data["asked"] != fingerprint:
            raise KeyConflict(f"another request was made under the key {key}")
        if is_new:
            try:
                change(request, object_id=act().pk)
            except ProviderRefused as error:  # what it noted of the refusal stays
                change(request, code=error.code, says=error.says)
                refused = error
    if refused:
        raise refused
    if "code" in request.data:
        raise ProviderRefused(request.data["code"], request.data["says"])
    return SandboxObject.objects.get(pk=request.data["object_id"])


def happened(name: str, kind: ObjectKind, object_id: str) -> None:
    """Note an event, and have it told once all of this has happened."""
    from billing.providers.sandbox import telling  # noqa: PLC0415  (it sends what is noted here)

    event = SandboxEvent.objects.create(
        id=f"sbevt_{secrets.token_hex(10)}", name=name, object_kind=kind, object_id=object_id
    )
    transaction.on_commit(lambda: telling.ask_to_tell(event.pk))


def moved(kind: str, source_id: str, gross_minor: int, *, fee_minor: int = 0, currency: str = "USD") -> None:
    """Note a line of our balance at the sandbox."""
    add(
        Kind.MOVEMENT,
        {"kind": kind, "source_id": source_id, "gross": gross_minor, "fee": fee_minor, "currency": currency},
        owner=source_id,
    )


def written(moment: datetime | None) -> str | None:
    """A moment as it is kept."""
    return moment.isoformat() if moment else None


def moment(text: str | None) -> datetime | None:
    """What ``written`` wrote."""
    return datetime.fromisoformat(text) if text else None


def now() -> datetime:
    """The sandbox keeps our time."""
    return clock.now()


def is_over(text: str | None) -> bool:
    """Whether a moment that was kept has come."""
    then = moment(text)
    return then is not None and then <= now()
