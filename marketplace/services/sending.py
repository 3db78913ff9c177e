"""Sending what is due: taken under a lock, sent outside of any transaction, and what came of it noted.

Two workers never make the same try: ``one_try_at_a_time`` allows one that has no end. A worker that dies between
sending and noting leaves its try open; when its lease is over the delivery is sent again under the same id.
"""

import time
from collections import defaultdict
from collections.abc import Sequence, Set
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from itertools import zip_longest
from typing import Final
from uuid import UUID

from django.conf import settings
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Subquery
from django.db.models.functions import Coalesce

from accounts.models import Membership
from aiqleads.core import alerts, clock, posting, transactions
from aiqleads.core.posting import Answer, Post
from marketplace import messages
from marketplace.models import Claim, Delivery, DeliveryEvent, DeliveryTry, Notification, Receiver
from marketplace.services.delivering import SENDING, State
from marketplace.services.notifying import notify

MOST_TRIES: Final = 8
PAUSES: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 5, 20, 60, 180, 360, 720))
"""How long after each try the next one follows; the eighth comes 22 hours and 26 minutes after the first."""
ROUND_LASTS: Final = timedelta(hours=24)
LEASE: Final = timedelta(minutes=3)
"""How long a try may take before another worker makes the next one; longer than a batch can."""
AT_ONCE: Final = 4
"""How many deliveries of one receiver one batch holds: a slow one takes no more of its time."""
LETTERS_AT_ONCE: Final = 20
BATCH: Final = 40
FIRST_REST: Final = timedelta(seconds=15)
LONGEST_REST: Final = timedelta(minutes=15)
LONGEST_WISH: Final = timedelta(hours=1)
RECEIVERS_AT_ONCE: Final = 32
TURN_SECONDS: Final = 45.0
LOOKS_AGAIN_SECONDS: Final = 1.0
"""How soon what was queued meanwhile is looked for, while slow receivers are waited for."""
GIVEN_UP: Final = "Not taken by its last try."
GONE: Final = "It answered that it is gone for good."
INTERRUPTED: Final = "interrupted"
CAME_BACK: Final = "The lead came back, or who bought it left."
CALLED_BACK: Final = "called back before it was sent"
ALERT_AREA: Final = "delivery.dead"


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A delivery that this worker may send now, and the try that it opened for it."""

    delivery: Delivery
    try_id: int


Share = list[tuple[Taken, Post | messages.Letter]]
"""What one receiver is sent at a time; all letters are one."""


def send_due() -> int:
    """Send until nothing is due, beginning for ``TURN_SECONDS``; return how many tries were made.

    Each receiver has a thread of its own, so that a slow one delays nobody else; rows are read and written here.
    Safe to run twice and side by side.
    """
    SENDING.begin()
    made, ends = 0, time.monotonic() + TURN_SECONDS
    under_way: dict[Future[list[tuple[Taken, Answer]]], UUID | None] = {}
    with ThreadPoolExecutor(RECEIVERS_AT_ONCE) as threads:
        while True:
            taken = take_due(without=set(under_way.values())) if time.monotonic() < ends else []
            made += len(taken)
            under_way |= {threads.submit(_send, share): to for to, share in shares_of(taken).items()}
            if not taken and not under_way:
                return made
            for sent in wait(under_way, timeout=LOOKS_AGAIN_SECONDS, return_when=FIRST_COMPLETED).done:
                del under_way[sent]
                for one, answer in sent.result():
                    note(one, answer)


@transactions.write
def take_due(*, without: Set[UUID | None] = frozenset()) -> list[Taken]:
    """Open a try for what is due, a few of each receiver, so that no other worker makes it.

    :param without: receivers that are left alone, None for letters
    """
    locked = (
        Delivery.objects.due().filter(pk__in=_next_ids(without)).select_for_update(of=("self",), skip_locked=True)
    )
    ids = list(locked.values_list("pk", flat=True))
    _call_back_what_is_no_sale(ids)
    last = DeliveryTry.objects.filter(delivery=OuterRef("pk")).order_by("-number").values("number")[:1]
    waiting = Delivery.objects.waiting().filter(pk__in=ids)
    rows = waiting.annotate(made=Coalesce(Subquery(last), 0))  # type: ignore[no-redef]
    tried = list(rows.select_related("receiver").order_by("due_at", "pk"))
    DeliveryTry.objects.filter(delivery__in=tried, finished_at=None).update(
        finished_at=clock.Now(), error=INTERRUPTED
    )
    now = clock.now()
    return _open([delivery for delivery in tried if not _is_over(delivery, now)], now)


def _call_back_what_is_no_sale(ids: Sequence[UUID]) -> None:
    """A replay that met a return may have left one, which no guard lets out and which would hold up the others."""
    sales = Delivery.objects.filter(pk__in=ids, event=DeliveryEvent.PURCHASED)
    gone = sales.exclude(purchase__claim__state=Claim.State.SOLD).values("pk")
    Delivery.objects.filter(pk__in=gone).update(state=State.CANCELLED, why=CAME_BACK, settled_at=clock.Now())


def _is_over(delivery: Delivery, now: datetime) -> bool:
    """Whether its tries or its day are used up, as by workers that died; it is given up then."""
    is_over = delivery.tries >= MOST_TRIES or now > delivery.round_at + ROUND_LASTS
    if is_over:
        _give_up(delivery, GIVEN_UP)
    return is_over


def _open(deliveries: Sequence[Delivery], now: datetime) -> list[Taken]:
    tries = [DeliveryTry(delivery=delivery, number=delivery.made + 1) for delivery in deliveries]
    DeliveryTry.objects.bulk_create(tries)
    for delivery in deliveries:
        delivery.tries += 1
        delivery.due_at = now + LEASE
    Delivery.objects.filter(pk__in=[one.pk for one in deliveries]).update(tries=F("tries") + 1, due_at=now + LEASE)
    return [Taken(delivery=one, try_id=opened.pk) for one, opened in zip(deliveries, tries, strict=True)]


def _next_ids(without: Set[UUID | None]) -> list[UUID]:
    """What to send next: letters, and of each receiver that can be sent to the first few, one after another.

    The index is entered once for each receiver, so that a queue of a hundred thousand costs no more than a short
    one.
    """
    letters = Delivery.objects.due().filter(receiver=None).order_by("due_at", "pk")
    most_letters = 0 if None in without else LETTERS_AT_ONCE
    its_first = Delivery.objects.due().filter(receiver=OuterRef("pk")).order_by("due_at", "pk")
    waiting = Receiver.objects.awake().filter(Exists(its_first)).exclude(pk__in=[to for to in without if to])
    oldest_first = waiting.annotate(
        due=ArraySubquery(its_first.values("pk")[:AT_ONCE]), since=Subquery(its_first.values("due_at")[:1])
    ).order_by("since", "pk")
    queues = list(oldest_first.values_list("due", flat=True)[:BATCH])
    in_turn = [key for turn in zip_longest(*queues) for key in turn if key]
    return [*letters.values_list("pk", flat=True)[:most_letters], *in_turn[:BATCH]]


def shares_of(taken: Sequence[Taken]) -> dict[UUID | None, Share]:
    """What each receiver is sent, written as it reads by now; what may not be sent any more is called back."""
    shares: dict[UUID | None, Share] = defaultdict(list)
    for one, message in zip(taken, messages.write([one.delivery for one in taken]), strict=True):
        if message is None:
            note_called_back(one)
        else:
            shares[one.delivery.receiver_id].append((one, message))
    return shares


def _send(share: Share) -> list[tuple[Taken, Answer]]:
    """Send everything at once; it asks no database, for it runs in a thread of its own."""
    posts = [message for _, message in share if isinstance(message, Post)]
    letters = [message for _, message in share if isinstance(message, messages.Letter)]
    may_be_loopback = settings.DELIVER_TO_LOOPBACK
    answers = posting.send_all(posts, may_be_loopback=may_be_loopback) if posts else messages.mail(letters)
    return list(zip([one for one, _ in share], answers, strict=True))


@transactions.write
def note_called_back(taken: Taken) -> None:
    """End a try that found nothing to send any more."""
    _end_try(taken, Answer(status=None, duration_ms=0, error=CALLED_BACK))
    Delivery.objects.waiting().filter(pk=taken.delivery.pk).update(
        state=State.CANCELLED, why=CAME_BACK, settled_at=clock.Now()
    )


@transactions.write
def note(taken: Taken, answer: Answer) -> None:
    """Write down what came of a try: delivered, to be tried again, or given up.

    One that another worker took over meanwhile, or that was called back, is left as it is.
    """
    receiver_id = taken.delivery.receiver_id
    receiver = Receiver.objects.select_for_update().get(pk=receiver_id) if receiver_id else None
    delivery = Delivery.objects.select_for_update().get(pk=taken.delivery.pk)
    delivery.receiver = receiver
    if not _end_try(taken, answer) or delivery.state != State.WAITING:
        return
    delivery.shape = taken.delivery.shape
    if answer.is_taken:
        _settle(delivery)
    else:
        _fail(delivery, answer)


def _end_try(taken: Taken, answer: Answer) -> bool:
    """Whether it was still this worker's."""
    return bool(
        DeliveryTry.objects.filter(pk=taken.try_id, finished_at=None).update(
            finished_at=clock.Now(),
            status=answer.status,
            duration_ms=answer.duration_ms,
            error=answer.error or ("" if answer.is_taken else "not taken"),
        )
    )


def _settle(delivery: Delivery) -> None:
    delivery.state, delivery.settled_at, delivery.why = State.DELIVERED, clock.now(), ""
    delivery.save(update_fields=["state", "settled_at", "why", "shape"])
    if delivery.receiver and delivery.receiver.failures:
        delivery.receiver.failures, delivery.receiver.rests_until = 0, None
        delivery.receiver.save(update_fields=["failures", "rests_until"])
    if delivery.receiver is None or delivery.all_tries.count() > 1:
        alerts.close_alert(key=_alert_key(delivery))


def _fail(delivery: Delivery, answer: Answer) -> None:
    now = clock.now()
    if answer.status == HTTPStatus.GONE and delivery.receiver:
        delivery.save(update_fields=["shape"])
        switch_off(delivery.receiver, because=GONE)
        return
    pause = max(PAUSES[min(delivery.tries, len(PAUSES)) - 1], _wish(answer))
    is_over = delivery.event == DeliveryEvent.TEST or delivery.tries >= MOST_TRIES
    if is_over or now + pause > delivery.round_at + ROUND_LASTS:
        _give_up(delivery, GIVEN_UP)
    else:
        delivery.due_at = now + pause
        delivery.save(update_fields=["due_at", "shape"])
    if delivery.receiver:
        _rest(delivery.receiver, now, _wish(answer))


def _wish(answer: Answer) -> timedelta:
    """How long a busy receiver asks to be left alone, within reason."""
    return min(timedelta(seconds=answer.retry_after_seconds or 0), LONGEST_WISH)


def _rest(receiver: Receiver, now: datetime, wish: timedelta) -> None:
    """Leave a receiver alone that did not take something: longer each time, counted once per rest."""
    if receiver.rests_until and receiver.rests_until > now:
        receiver.rests_until = max(receiver.rests_until, now + wish)
    else:
        receiver.failures += 1
        rest = min(FIRST_REST * 2 ** min(receiver.failures - 1, 10), LONGEST_REST)
        receiver.rests_until = now + max(rest, wish)
    receiver.save(update_fields=["failures", "rests_until"])


def _give_up(delivery: Delivery, why: str) -> None:
    delivery.state, delivery.why, delivery.settled_at = State.DEAD, why, clock.now()
    delivery.save(update_fields=["state", "why", "settled_at", "shape"])
    if delivery.event == DeliveryEvent.TEST:
        return
    if delivery.receiver:
        says = f"A {delivery.get_channel_display()} receiver did not take a delivery within a day."
        _tell_owners(delivery.receiver, f"Not delivered to {delivery.receiver.host}, after {delivery.tries} tries")
    else:
        says = "A letter with a bought lead could not be sent within a day."
        _tell_buyer(delivery)
    alerts.open_alert(key=_alert_key(delivery), says=says, subject=delivery)


def _alert_key(delivery: Delivery) -> str:
    return f"{ALERT_AREA}:{delivery.receiver_id or delivery.channel}"


def switch_off(receiver: Receiver, *, because: str) -> None:
    """Send nothing more to a receiver, and give up what waits for it. Joins the caller's transaction."""
    transactions.require_transaction()
    receiver.is_on, receiver.off_because = False, because
    receiver.failures, receiver.rests_until = 0, None
    receiver.save(update_fields=["is_on", "off_because", "failures", "rests_until"])
    waiting = Delivery.objects.waiting().filter(receiver=receiver)
    waiting.update(state=State.DEAD, why=because, settled_at=clock.Now())
    if because == GONE:
        _tell_owners(receiver, f"Switched off: {receiver.host} answered that it is gone")


def _tell_owners(receiver: Receiver, says: str) -> None:
    """Once a day for each receiver, however many deliveries it does not take."""
    owners = Membership.objects.filter(organisation=receiver.organisation_id, role=Membership.Role.OWNER)
    for owner in owners.order_by("pk"):
        notify(
            membership_id=owner.pk,
            kind=Notification.Kind.DELIVERY_FAILED,
            key=f"delivery:{receiver.pk}:{clock.now():%Y-%m-%d}:{'off' if not receiver.is_on else 'failed'}",
            says=says,
            body="What was not delivered can be sent again from its page, once the receiver answers.",
            path=messages.receiver_path(receiver),
        )


def _tell_buyer(delivery: Delivery) -> None:
    """A letter that could not be sent; the lead is on its page all the same."""
    if delivery.purchase is None:
        return
    notify(
        membership_id=delivery.purchase.membership_id,
        kind=Notification.Kind.DELIVERY_FAILED,
        key=f"delivery:{delivery.pk}:{delivery.round_at:%Y-%m-%d}",
        says="The letter with a lead that you bought could not be sent",
        path=delivery.purchase.get_absolute_url(),
    )
