"""The inbox: a provider's message is verified, stored and answered; what it leads to is done from the stored row.

A message is claimed for one try at a time; nothing is held while a provider is asked. Who is killed in the middle
of a try leaves the message due again, and what was done of it is found done.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db import connection, transaction

from aiqleads.core import alerts, audit, clock, transactions
from aiqleads.core.clock import Now
from aiqleads.core.errands import Errand
from aiqleads.core.redis import breaker
from billing.errors import NothingToReplay
from billing.models import InboxMessage, InboxRefusals
from billing.providers import choosing
from billing.providers.port import Event, Forged, ProviderMisunderstood, Stale
from billing.services.hints import NotOurs, NotOursYet, act

log = structlog.get_logger(__name__)

State: Final = InboxMessage.State
MOST_ATTEMPTS: Final = 8
FIRST_WAIT: Final = timedelta(seconds=30)
LONGEST_WAIT: Final = timedelta(hours=6)
SIGNED: Final = ("stripe-signature", "sandbox-signature")
"""Headers that are kept with a message, and any that begins as PayPal's do."""
SIGNED_BY_PAYPAL: Final = "paypal-"

_WORK: Final = Errand("inbox")


def receive(*, provider: str, raw: bytes, headers: Mapping[str, str]) -> None:
    """Take a message in, once; a worker is asked to work it. The same again changes nothing.

    :param raw: the body as it came, at most ``MOST_BYTES``
    :param headers: names in lower case
    :raises ProviderNotOffered: nobody of that name takes money here
    :raises Forged: the signature does not cover it
    :raises Stale: it was signed too long ago, or in the future
    :raises ProviderMisunderstood: it is signed, and not what the protocol promises
    :raises ProviderUnreachable: who verifies it does not answer
    """
    transactions.refuse_transaction()
    adapter = choosing.provider(provider)
    try:
        event = adapter.verify(raw, headers, now=clock.now())
    except (Forged, Stale, ProviderMisunderstood) as error:
        _count_refusal(provider, error)
        raise
    kept = {name: value for name, value in headers.items() if name in SIGNED or name.startswith(SIGNED_BY_PAYPAL)}
    _store(provider=provider, events=[event], raw=raw, headers=kept)


def receive_missed(*, provider: str, events: Iterable[Event]) -> int:
    """Take in what the provider lists and never brought here; return how many messages."""
    return _store(provider=provider, events=list(events), raw=b"", headers={})


def work_inbox() -> int:
    """Work whatever is due, one message after another; return how many were tried. Safe side by side."""
    transactions.refuse_transaction()
    _WORK.begin()
    tried = 0
    while message := _claim():
        _work(message)
        tried += 1
    return tried


@transactions.write
def replay_message(*, message_id: UUID, actor_id: int) -> InboxMessage:
    """Have a message worked once more, from the first try on.

    :raises NothingToReplay: it waits already
    """
    message = InboxMessage.objects.select_for_update().get(pk=message_id)
    if message.state == State.WAITING:
        raise NothingToReplay("The message waits for its next try already.")
    before = message.state
    InboxMessage.objects.filter(pk=message_id).update(
        state=State.WAITING, attempts=0, next_at=Now(), settled_at=None, error=""
    )
    alerts.close_alert(key=_alert_of(message))
    audit.record(actor_id=actor_id, action="inbox.replayed", subject=message, state=[before, State.WAITING.value])
    _ask_a_worker()
    message.refresh_from_db()
    return message


def wait_after(attempts: int) -> timedelta:
    """How long nobody tries again after the ``attempts``-th try began."""
    tripled: int = 3 ** min(attempts - 1, MOST_ATTEMPTS)
    return min(FIRST_WAIT * tripled, LONGEST_WAIT)


@transactions.write
def _store(*, provider: str, events: list[Event], raw: bytes, headers: Mapping[str, str]) -> int:
    ids = {event.event_id: event for event in events}
    known = InboxMessage.objects.filter(provider=provider, event_id__in=ids).values_list("event_id", flat=True)
    for event_id in list(known):
        del ids[event_id]
    made = InboxMessage.objects.bulk_create(
        (
            InboxMessage(
                provider=provider,
                event_id=event.event_id,
                name=event.name[:80],
                kind=event.kind.value,
                object_id=event.object_id,
                raw=raw,
                headers=dict(headers),
                occurred_at=event.occurred_at,
            )
            for event in ids.values()
        ),
        ignore_conflicts=True,  # the same message, delivered twice at once
    )
    if made:
        _ask_a_worker()
    return len(made)


def _ask_a_worker() -> None:
    from billing.tasks import work_inbox as task  # noqa: PLC0415  (tasks call this module)

    transaction.on_commit(lambda: _WORK.ask(task.delay), robust=True)


_COUNT: Final = """
INSERT INTO billing_inboxrefusals (provider, day, why, count)
VALUES (%s, (core_now() AT TIME ZONE 'UTC')::date, %s, 1)
ON CONFLICT (provider, day, why) DO UPDATE SET count = billing_inboxrefusals.count + 1
"""


def _count_refusal(provider: str, error: Exception) -> None:
    why = {Forged: InboxRefusals.Why.FORGED, Stale: InboxRefusals.Why.STALE}
    with connection.cursor() as cursor:
        cursor.execute(_COUNT, [provider, why.get(type(error), InboxRefusals.Why.UNREADABLE).value])


@transactions.write
def _claim() -> InboxMessage | None:
    """The next message that is due, and not before its wait again, whatever becomes of this try."""
    due = InboxMessage.objects.filter(state=State.WAITING, next_at__lte=Now()).order_by("next_at", "received_at")
    message = due.defer("raw").select_for_update(skip_locked=True).first()
    if message is None:
        return None
    message.attempts += 1
    message.next_at = clock.now() + wait_after(message.attempts)
    message.save(update_fields=["attempts", "next_at"])
    return message


def _work(message: InboxMessage) -> None:
    is_last = message.attempts >= MOST_ATTEMPTS
    try:
        act(message)
    except NotOurs:
        _settle(message, State.DONE, "Not ours")
    except NotOursYet:
        if is_last:
            _settle(message, State.DONE, "Nothing of ours came of it")
        else:
            _note(message, "Nothing of ours so far")
    except Exception as error:  # whatever failed, the other messages are worked and this one is tried again
        log.exception("inbox.failed", message=str(message.pk), provider=message.provider, attempts=message.attempts)
        if is_last:
            _settle(message, State.DEAD, _words_of(error))
        else:
            _note(message, _words_of(error))
    else:
        _settle(message, State.DONE, "")
        _ask_for_a_mirror(message)


def _ask_for_a_mirror(message: InboxMessage) -> None:
    """Stripe's objects are mirrored by a task of its own: whatever becomes of it, the message was acted upon."""
    from billing.tasks import mirror_of_stripe as task  # noqa: PLC0415  (tasks call this module)

    if message.provider == "stripe":
        send = partial(task.delay, message.kind, message.object_id)
        breaker.attempt(send, otherwise=lambda: None, purpose="mirror")


def _words_of(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


@transactions.write
def _settle(message: InboxMessage, state: InboxMessage.State, error: str) -> None:
    InboxMessage.objects.filter(pk=message.pk).update(state=state, error=error, settled_at=Now())
    if state == State.DEAD:
        alerts.open_alert(
            key=_alert_of(message),
            says=f"{message.provider}'s {message.name} was given up after {message.attempts} tries: {error}",
            subject=message,
        )


@transactions.write
def _note(message: InboxMessage, error: str) -> None:
    InboxMessage.objects.filter(pk=message.pk, state=State.WAITING).update(error=error)


def _alert_of(message: InboxMessage) -> str:
    return f"inbox.dead:{message.pk}"
