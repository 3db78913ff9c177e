"""Putting facts on their way to those who are to get them: queued with the fact, sent after the commit.

Each function that queues joins its caller's transaction. What is queued names ids and public figures; who sends
(``services/sending.py``) reads the rest at that moment.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, TextField, Value
from django.db.models.functions import Cast, Concat

from accounts import permissions
from accounts.models import Membership
from aiqleads.core import audit, clock, transactions
from aiqleads.core.errands import Errand
from aiqleads.core.ranges import RangeEnd
from marketplace import errors
from marketplace.models import (
    Claim,
    Delivery,
    DeliveryEvent,
    DeliveryTry,
    Listing,
    Purchase,
    Receiver,
    Return,
)

Channel = Delivery.Channel
State = Delivery.State

SENDING: Final = Errand("sending")
REPLAYED_FOR: Final = timedelta(days=30)
"""How old what was given up may be to be sent again together with the rest."""
KEPT_FOR: Final = timedelta(days=90)
"""How long after it was settled what was sent can be looked up, try by try."""
LOOKS_BACK: Final = timedelta(hours=1)
"""How long ago a hold may have ended to be told of."""


_QUEUE_PURCHASES: Final = """
INSERT INTO marketplace_delivery (
    id, organisation_id, purchase_id, channel, receiver_id, event, key, facts, state, settled_at, why, tries)
SELECT gen_random_uuid(), bought.organisation_id, bought.id, way.channel, way.receiver_id, %(event)s,
    'purchase:' || bought.id, '{}', way.state, way.settled_at, '', 0
FROM marketplace_purchase bought
CROSS JOIN LATERAL (
    SELECT 'in_app', NULL::uuid, 'delivered', core_now()
    UNION ALL SELECT 'email', NULL, 'waiting', NULL WHERE NOT EXISTS (
        SELECT FROM marketplace_deliverychoice
        WHERE organisation_id = bought.organisation_id AND NOT is_mailed)
    UNION ALL SELECT kind, id, 'waiting', NULL FROM marketplace_receiver
        WHERE organisation_id = bought.organisation_id AND is_on AND events @> ARRAY[%(event)s]::varchar[]
) way (channel, receiver_id, state, settled_at)
WHERE bought.id = ANY(%(purchases)s)
RETURNING state
"""


def queue_purchases(purchases: Sequence[Purchase]) -> None:
    """Put what one checkout bought on its way by every channel of its buyer; copies of one lead go as one.

    On our own pages it is delivered by being bought.
    """
    transactions.require_transaction()
    firsts = {purchase.claim.bundle: purchase.pk for purchase in reversed(purchases)}
    with connection.cursor() as cursor:  # at every sale
        cursor.execute(_QUEUE_PURCHASES, {"event": DeliveryEvent.PURCHASED, "purchases": list(firsts.values())})
        if (State.WAITING,) in cursor.fetchall():
            request_sending()


def queue_return_decided(decided: Sequence[Return]) -> None:
    """Tell the webhooks of the buyer how a return was decided; copies that come back together are one fact."""
    asked = decided[0]
    facts = {
        "purchase": str(asked.purchase_id),
        "lead": str(asked.purchase.lead_id),
        "decision": asked.state,
        "ground": asked.ground or asked.reason,
        "credited_credits": sum(one.credited_credits or 0 for one in decided),
    }
    again = ":appeal" if asked.appealed_at else ""
    key = f"return:{asked.pk}:{asked.state}{again}"
    _queue_facts(DeliveryEvent.RETURN_DECIDED, {asked.purchase.organisation_id: facts}, key=key)


def queue_price_drop(*, listing: Listing, told_credits: dict[UUID, int]) -> None:
    """Tell webhooks that an offer on a watchlist costs less.

    :param told_credits: organisation → the price that its members knew
    """
    told = {
        organisation_id: {
            "lead": str(listing.pk),
            "list_price_credits": listing.price_credits,
            "list_price_before_credits": before,
        }
        for organisation_id, before in told_credits.items()
    }
    _queue_facts(DeliveryEvent.PRICE_DROPPED, told, key=f"price:{listing.pk}:{listing.quote_id}")


@transactions.write
def queue_ended_holds() -> int:
    """Tell webhooks of holds that ended without a purchase; return how many. Safe to run again.

    A hold ends by itself, so nothing but a look finds it; only organisations that want to hear of it are looked at.
    """
    wanted = Receiver.objects.filter(is_on=True, events__contains=[DeliveryEvent.HOLD_ENDED])
    organisation_ids = list(wanted.values_list("organisation", flat=True).distinct())
    if not organisation_ids:
        return 0
    now = clock.now()
    ended = Claim.objects.annotate(ends_at=RangeEnd("during")).filter(
        state__in=[Claim.State.HELD, Claim.State.RELEASED],
        organisation__in=organisation_ids,
        ends_at__gt=now - LOOKS_BACK,
        ends_at__lte=now,
    )
    known = Delivery.objects.filter(
        event=DeliveryEvent.HOLD_ENDED, key=Concat(Value("hold:"), Cast(OuterRef("bundle"), TextField()))
    )
    told = {claim.bundle: claim for claim in ended.exclude(Exists(known))}
    for bundle, claim in told.items():
        facts = {"lead": str(claim.lead_id), "ended_at": claim.until.isoformat()}
        _queue_facts(DeliveryEvent.HOLD_ENDED, {claim.organisation_id: facts}, key=f"hold:{bundle}")
    return len(told)


def _queue_facts(event: DeliveryEvent, facts: dict[UUID, dict[str, Any]], *, key: str) -> None:
    """Put one fact on its way to every webhook that wants it; the same ``key`` again goes nowhere."""
    transactions.require_transaction()
    _queue(
        Delivery(
            organisation_id=to.organisation_id,
            channel=Channel.WEBHOOK,
            receiver=to,
            event=event,
            key=key,
            facts=facts[to.organisation_id],
        )
        for to in _receivers(event, facts)
    )


def _receivers(event: DeliveryEvent, organisation_ids: Iterable[UUID]) -> list[Receiver]:
    wanted = Receiver.objects.filter(organisation__in=list(organisation_ids), is_on=True, events__contains=[event])
    return list(wanted.order_by("made_at", "pk"))


def _queue(rows: Iterable[Delivery]) -> None:
    queued = Delivery.objects.bulk_create(rows, ignore_conflicts=True)
    if any(row.state == State.WAITING for row in queued):
        request_sending()


def request_sending() -> None:
    """Ask a worker to send once this transaction is committed; without a broker the sweep does it."""
    transaction.on_commit(_ask_worker, robust=True)


def _ask_worker() -> None:
    from marketplace.tasks import deliver  # noqa: PLC0415  (tasks call this module)

    SENDING.ask(deliver.delay)


def cancel_deliveries(*, purchases: Q, why: str) -> int:
    """Call back what is not delivered yet of some purchases, for good; return how many. Joins the caller's
    transaction.

    :param purchases: a condition on ``Purchase``
    """
    transactions.require_transaction()
    theirs = Purchase.objects.filter(purchases).values("pk")
    open_still = Delivery.objects.waiting().filter(purchase__in=theirs, event=DeliveryEvent.PURCHASED)
    return open_still.update(state=State.CANCELLED, why=why, settled_at=clock.Now())


@transactions.write
def recall_lead(*, lead_id: UUID, why: str) -> int:
    """Call back every copy of a lead that is not delivered yet: erased, or its right is lost. Safe to run again."""
    return cancel_deliveries(purchases=Q(lead=lead_id) | Q(lead__merged_into=lead_id), why=why)


@transactions.write
def recall_contact(*, lead_id: UUID, organisation_id: UUID) -> int:
    """Call back what one organisation bought of a lead and was not delivered yet. Safe to run again."""
    theirs = Q(lead=lead_id, organisation=organisation_id)
    return cancel_deliveries(purchases=theirs, why="Its owner reported how they were contacted.")


@transactions.write
def replay_delivery(*, delivery_id: UUID, buyer: Membership) -> Delivery:
    """Send a delivery of the member's organisation once more, under the same id.

    :raises Delivery.DoesNotExist: their organisation has none such
    :raises NotYourRole | DeliveryNotReplayed: as they say
    """
    permissions.require(buyer, permissions.Action.REPLAY)
    return _replay(Delivery.objects.filter(organisation=buyer.organisation_id), delivery_id)


@transactions.write
def replay_given_up(*, receiver_id: UUID, buyer: Membership) -> int:
    """Send everything once more that a webhook did not take within ``REPLAYED_FOR``; return how many.

    :raises Receiver.DoesNotExist: their organisation has none such
    :raises NotYourRole | DeliveryNotReplayed: as they say
    """
    permissions.require(buyer, permissions.Action.REPLAY)
    theirs = Receiver.objects.select_for_update().filter(organisation=buyer.organisation_id, removed_at=None)
    receiver = theirs.get(pk=receiver_id)
    if not receiver.is_on:
        raise errors.DeliveryNotReplayed("This webhook is switched off. Switch it on first.")
    now = clock.now()
    dead = Delivery.objects.filter(receiver=receiver, state=State.DEAD, made_at__gt=now - REPLAYED_FOR)
    again = dead.exclude(event=DeliveryEvent.TEST).update(
        state=State.WAITING, why="", tries=0, settled_at=None, round_at=now, due_at=now
    )
    request_sending()
    return again


@transactions.write
def replay_for_operator(*, delivery_id: UUID, actor_id: int, reason: str) -> Delivery:
    """The same on an operator's word, which is audited.

    :raises DeliveryNotReplayed: as it says
    """
    delivery = _replay(Delivery.objects.all(), delivery_id)
    audit.record(actor_id=actor_id, action="delivery.replayed", subject=delivery, reason=reason)
    return delivery


def _replay(among: Any, delivery_id: UUID) -> Delivery:
    delivery: Delivery = (
        among.select_for_update(of=("self",)).select_related("receiver", "purchase__claim").get(pk=delivery_id)
    )
    _require_replayable(delivery)
    delivery.state, delivery.why, delivery.tries = State.WAITING, "", 0
    delivery.settled_at, delivery.round_at, delivery.due_at = None, clock.now(), clock.now()
    delivery.save(update_fields=["state", "why", "tries", "settled_at", "round_at", "due_at"])
    request_sending()
    return delivery


def _require_replayable(delivery: Delivery) -> None:
    if delivery.state == State.WAITING:
        raise errors.DeliveryNotReplayed("It is on its way already.")
    if not delivery.can_be_replayed:
        raise errors.DeliveryNotReplayed("It cannot be sent again: it is on your pages, or was called back.")
    if delivery.receiver and not delivery.receiver.is_on:
        raise errors.DeliveryNotReplayed("What it went to is switched off. Switch it on first.")
    is_sale = delivery.event == DeliveryEvent.PURCHASED
    if is_sale and delivery.purchase and delivery.purchase.claim.state != Claim.State.SOLD:
        raise errors.DeliveryNotReplayed("You gave this lead back, so it is not sent any more.")


@transactions.write
def forget_deliveries() -> int:
    """Forget what was settled ``KEPT_FOR`` ago, and secrets that sign no more; return how many facts went.

    Of purchases the row stays: it says when and how a lead reached its buyer. Safe to run again.
    """
    now = clock.now()
    settled = Delivery.objects.filter(settled_at__lt=now - KEPT_FOR)
    DeliveryTry.objects.filter(delivery__in=settled).delete()
    settled.filter(shape__isnull=False).update(shape=None)
    forgotten, _ = settled.exclude(event=DeliveryEvent.PURCHASED).delete()
    Receiver.objects.filter(old_secret_until__lt=now).update(old_secret=None, old_secret_until=None)
    return forgotten
