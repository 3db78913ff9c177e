"""Where an organisation has its deliveries sent: its webhooks, its CRM account, its letters. Owners decide alone.

Every change is audited, without address and secret.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from accounts import permissions
from accounts.models import Membership, Organisation
from aiqleads.core import audit, clock, transactions
from marketplace import errors
from marketplace.messages.webhooks import new_secret
from marketplace.models import MOST_RECEIVERS, Delivery, DeliveryChoice, DeliveryEvent, Receiver
from marketplace.receiver_addresses import host_of
from marketplace.services.delivering import Channel, State, request_sending
from marketplace.services.sending import switch_off

OVERLAP: Final = timedelta(hours=24)
"""How long the old secret signs beside a new one."""
SWITCHED_OFF: Final = "Switched off."
REMOVED: Final = "Removed."
CRM_HOST: Final = "followupboss.com"


def require_owner(member: Membership) -> None:
    """:raises NotYourRole: as it says"""
    permissions.require(member, permissions.Action.SET_DELIVERY)


def add_webhook(*, member: Membership, url: str, events: Sequence[str]) -> Receiver:
    """Keep a webhook; its secret is on the returned row and is never shown again.

    :raises NotYourRole | ReceiverRefused: as they say
    """
    require_owner(member)
    return _add_webhook(member, url, host_of(url), events)


@transactions.write
def _add_webhook(member: Membership, url: str, host: str, events: Sequence[str]) -> Receiver:
    kept = _lock_receivers(member, Receiver.Kind.WEBHOOK)
    if any(receiver.url == url for receiver in kept):
        raise errors.ReceiverRefused("You have a webhook to this address. Change its events instead.", field="url")
    if len(kept) >= MOST_RECEIVERS:
        raise errors.ReceiverRefused(f"You have {MOST_RECEIVERS} webhooks. Remove one first.")
    return _create(
        member, kind=Receiver.Kind.WEBHOOK, url=url, host=host, secret=new_secret(), events=sorted(set(events))
    )


def _lock_receivers(member: Membership, kind: Receiver.Kind) -> list[Receiver]:
    """What the organisation has; it is counted one by one."""
    Organisation.objects.select_for_update(no_key=True).get(pk=member.organisation_id)
    return list(Receiver.objects.filter(organisation=member.organisation_id, kind=kind, removed_at=None))


def _create(member: Membership, **facts: Any) -> Receiver:
    receiver = Receiver.objects.create(organisation_id=member.organisation_id, made_by=member, **facts)
    _audit(member, "added", receiver)
    return receiver


def change_webhook(
    *,
    member: Membership,
    receiver_id: UUID,
    url: str | None = None,
    events: Sequence[str] | None = None,
    is_on: bool | None = None,
) -> Receiver:
    """Change what is named about a webhook; switching it off gives up what waits for it.

    :raises Receiver.DoesNotExist: their organisation has none such
    :raises NotYourRole | ReceiverRefused: as they say
    """
    require_owner(member)
    host = None if url is None else host_of(url)
    return _change_webhook(member, receiver_id, url=url, host=host, events=events, is_on=is_on)


@transactions.write
def _change_webhook(
    member: Membership,
    receiver_id: UUID,
    *,
    url: str | None,
    host: str | None,
    events: Sequence[str] | None,
    is_on: bool | None,
) -> Receiver:
    receiver = _locked(member, receiver_id, Receiver.Kind.WEBHOOK)
    if url is not None and host is not None:
        receiver.url, receiver.host = url, host
    if events is not None:
        receiver.events = sorted(set(events))
    receiver.save(update_fields=["url", "host", "events"])
    if is_on is not None and is_on != receiver.is_on:
        _switch(receiver, is_on=is_on)
    _audit(member, "changed", receiver)
    return receiver


def _switch(receiver: Receiver, *, is_on: bool) -> None:
    if not is_on:
        switch_off(receiver, because=SWITCHED_OFF)
        return
    receiver.is_on, receiver.off_because = True, ""
    receiver.save(update_fields=["is_on", "off_because"])


@transactions.write
def rotate_secret(*, member: Membership, receiver_id: UUID) -> Receiver:
    """Give a webhook a new secret, shown this once; the old one signs beside it for ``OVERLAP``.

    :raises Receiver.DoesNotExist | NotYourRole: as they say
    """
    require_owner(member)
    receiver = _locked(member, receiver_id, Receiver.Kind.WEBHOOK)
    receiver.old_secret, receiver.old_secret_until = receiver.secret, clock.now() + OVERLAP
    receiver.secret = new_secret()
    receiver.save(update_fields=["secret", "old_secret", "old_secret_until"])
    _audit(member, "secret_changed", receiver)
    return receiver


@transactions.write
def remove_receiver(*, member: Membership, receiver_id: UUID) -> None:
    """Send nothing more to a receiver and forget its address and secret; its log stays. Again is harmless.

    :raises Receiver.DoesNotExist: their organisation never had it
    :raises NotYourRole: as it says
    """
    require_owner(member)
    theirs = Receiver.objects.select_for_update().filter(organisation=member.organisation_id)
    receiver = theirs.get(pk=receiver_id)
    if receiver.removed_at is not None:
        return
    switch_off(receiver, because=REMOVED)
    receiver.url = receiver.secret = receiver.old_secret = receiver.old_secret_until = None
    receiver.removed_at = clock.now()
    receiver.save(update_fields=["url", "secret", "old_secret", "old_secret_until", "removed_at"])
    _audit(member, "removed", receiver)


@transactions.write
def test_webhook(*, member: Membership, receiver_id: UUID) -> Delivery:
    """Send a webhook a test, tried once.

    :raises Receiver.DoesNotExist: their organisation has none such
    :raises NotYourRole | ReceiverRefused | TestIsWaiting: as they say
    """
    require_owner(member)
    receiver = _locked(member, receiver_id, Receiver.Kind.WEBHOOK)
    if not receiver.is_on:
        raise errors.ReceiverRefused("This webhook is switched off. Switch it on first.")
    if Delivery.objects.waiting().filter(receiver=receiver, event=DeliveryEvent.TEST).exists():
        raise errors.TestIsWaiting("A test is on its way already. Look at its answer first.")
    receiver.rests_until = None
    receiver.save(update_fields=["rests_until"])
    delivery = Delivery.objects.create(
        organisation_id=member.organisation_id,
        channel=Channel.WEBHOOK,
        receiver=receiver,
        event=DeliveryEvent.TEST,
        key=f"test:{uuid4()}",
        facts={"says": "This is a test. Nothing was bought."},
        state=State.WAITING,
    )
    request_sending()
    return delivery


@transactions.write
def connect_follow_up_boss(*, member: Membership, key: str) -> Receiver:
    """Send bought leads to a Follow Up Boss account from now on; another key replaces the one that was given.

    :raises NotYourRole | ReceiverRefused: as they say
    """
    require_owner(member)
    if not key.isascii() or not key.isprintable() or " " in key or ":" in key or not key:
        raise errors.ReceiverRefused("This is no key. Copy it from Admin → API in Follow Up Boss.", field="key")
    for old in _lock_receivers(member, Receiver.Kind.FOLLOW_UP_BOSS):
        old.secret, old.is_on, old.off_because = key, True, ""
        old.failures, old.rests_until = 0, None
        old.save(update_fields=["secret", "is_on", "off_because", "failures", "rests_until"])
        _audit(member, "secret_changed", old)
        return old
    return _create(
        member,
        kind=Receiver.Kind.FOLLOW_UP_BOSS,
        host=CRM_HOST,
        secret=key,
        events=[DeliveryEvent.PURCHASED],
    )


@transactions.write
def disconnect_follow_up_boss(*, member: Membership) -> None:
    """Send nothing more to the account and forget its key; again is harmless.

    :raises NotYourRole: as it says
    """
    require_owner(member)
    for receiver in _lock_receivers(member, Receiver.Kind.FOLLOW_UP_BOSS):
        switch_off(receiver, because=REMOVED)
        receiver.secret, receiver.removed_at = None, clock.now()
        receiver.save(update_fields=["secret", "removed_at"])
        _audit(member, "removed", receiver)


@transactions.write
def choose_letters(*, member: Membership, is_mailed: bool) -> None:
    """Have bought leads mailed to who bought them, or not.

    :raises NotYourRole: as it says
    """
    require_owner(member)
    DeliveryChoice.objects.update_or_create(
        organisation_id=member.organisation_id, defaults={"is_mailed": is_mailed}
    )
    organisation = Organisation.objects.get(pk=member.organisation_id)
    audit.record(actor_id=member.user_id, action="delivery.letters", subject=organisation, is_mailed=is_mailed)


def _locked(member: Membership, receiver_id: UUID, kind: Receiver.Kind) -> Receiver:
    theirs = Receiver.objects.filter(organisation=member.organisation_id, kind=kind, removed_at=None)
    return theirs.select_for_update().get(pk=receiver_id)


def _audit(member: Membership, what: str, receiver: Receiver) -> None:
    audit.record(
        actor_id=member.user_id, action=f"receiver.{what}", subject=receiver, kind=receiver.kind, host=receiver.host
    )
