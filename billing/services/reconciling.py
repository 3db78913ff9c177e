"""Our books beside a provider's: what it lists and never brought, what is not final, and each line of our balance
there against every line of ours. What differs becomes a row that a person closes, or the next look if it is gone.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

import structlog
from django.db.models import Q

from aiqleads.core import audit, clock, transactions
from aiqleads.core.clock import Now
from billing import books
from billing.errors import DifferenceClosed
from billing.models import Account, Difference, Dispute, Journal, Payment, Reconciliation, Refund
from billing.providers import choosing
from billing.providers.port import (
    Movement,
    MovementKind,
    NotFound,
    Provider,
    ProviderMisunderstood,
    ProviderRefused,
    ProviderUnreachable,
)
from billing.services import ledger, receiving
from billing.services.buying import look_again
from billing.services.hints import look_at_dispute
from billing.services.ledger import Fact, House, Move
from billing.services.refunding import RefundsOverlap, look_at_refund

log = structlog.get_logger(__name__)

FIRST_LOOK: Final = timedelta(days=30)
"""How far back the first look goes: as far as Stripe lists events."""
OVERLAP: Final = timedelta(days=3)
"""How much further back than its last beginning each look goes: providers write some lines late."""
LINES_ARE_LATE: Final = timedelta(hours=6)
"""How long a line of the provider's may take to appear; PayPal says three hours."""
AT_ONCE: Final = 200
GONE: Final = "Gone at the next look"

Kind: Final = Difference.Kind
_BOOKED_BY_US: Final = {MovementKind.PAYMENT, MovementKind.REFUND, MovementKind.DISPUTE}
Ledger: Final = Account.Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that is told differently, in US cents."""

    kind: Difference.Kind
    object_id: str
    ours_cents: int
    theirs_cents: int
    occurred_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One object's money at a provider as one side tells it.

    :ivar is_due: whether the other side must know it by now
    :ivar is_final: whether it stays like this, as far as anybody knows
    """

    cents: int
    occurred_at: datetime
    is_due: bool = True
    is_final: bool = True


def reconcile(*, provider: str, since: datetime | None = None) -> Reconciliation:
    """Look at one provider's books, from where the last look began unless it is said; act on what was missed.

    Safe to run twice and to kill. A provider that does not answer ends the look, which says so.

    :raises ProviderNotOffered: nobody of that name takes money here
    """
    transactions.refuse_transaction()
    adapter = choosing.provider(provider)
    run = Reconciliation.objects.create(provider=provider, since=since or _since(provider))
    try:
        run.missed_events = receiving.receive_missed(provider=provider, events=adapter.events(since=run.since))
        receiving.work_inbox()
        found = [*_ask_again(adapter)]
        movements = [_in_our_books(one) for one in adapter.movements(since=run.since)]
        run.movements = len(movements)
        _book(provider, movements)
        found += _compared(provider, movements, since=run.since)
        run.differences = note_differences(provider=provider, found=found, since=run.since)
    except (ProviderUnreachable, ProviderMisunderstood, ProviderRefused) as error:
        log.warning("reconcile.not_finished", provider=provider, error=type(error).__name__)
        run.error = f"{type(error).__name__}: {error}"[:200]
    else:
        run.finished_at = clock.now()
    run.save(update_fields=["missed_events", "movements", "differences", "error", "finished_at"])
    books.verify()
    return run


@transactions.write
def close_difference(*, difference_id: UUID, how: str, actor_id: int) -> Difference:
    """Note what a difference was, or how it was mended. The same again, with the same amounts, is not told again.

    :raises DifferenceClosed: somebody closed it, or it was gone
    """
    difference = Difference.objects.select_for_update().get(pk=difference_id)
    if difference.closed_at:
        raise DifferenceClosed(f"It is closed already: {difference.how}.")
    difference.closed_at, difference.closed_by_id, difference.how = Now(), actor_id, how
    difference.save(update_fields=["closed_at", "closed_by", "how"])
    audit.record(actor_id=actor_id, action="difference.closed", subject=difference, how=how)
    difference.refresh_from_db()
    return difference


@transactions.write
def note_differences(*, provider: str, found: Iterable[Found], since: datetime) -> int:
    """Keep what was found, each open once, and close what was open since then and is gone; return what is open."""
    told = {(one.kind, one.object_id): one for one in found}
    rows = Difference.objects.select_for_update().filter(provider=provider, closed_at=None)
    open_ones = {(row.kind, row.object_id): row for row in rows}
    for key, row in open_ones.items():
        if one := told.get((Kind(key[0]), key[1])):
            _update(row, one)
        elif row.occurred_at >= since:
            row.closed_at, row.how = clock.now(), GONE
            row.save(update_fields=["closed_at", "how"])
    new = [one for key, one in told.items() if key not in open_ones and not _is_explained(provider, one)]
    Difference.objects.bulk_create(
        (
            Difference(
                provider=provider,
                kind=one.kind,
                object_id=one.object_id,
                ours_cents=one.ours_cents,
                theirs_cents=one.theirs_cents,
                occurred_at=one.occurred_at,
            )
            for one in new
        ),
        ignore_conflicts=True,  # two looks at once
    )
    return Difference.objects.filter(provider=provider, closed_at=None).count()


def _update(row: Difference, one: Found) -> None:
    if (row.ours_cents, row.theirs_cents) != (one.ours_cents, one.theirs_cents):
        row.ours_cents, row.theirs_cents = one.ours_cents, one.theirs_cents
        row.save(update_fields=["ours_cents", "theirs_cents"])


def _is_explained(provider: str, one: Found) -> bool:
    """Whether a person has said of this very difference what it is."""
    return Difference.objects.filter(
        provider=provider,
        kind=one.kind,
        object_id=one.object_id,
        ours_cents=one.ours_cents,
        theirs_cents=one.theirs_cents,
        closed_by__isnull=False,
    ).exists()


def _since(provider: str) -> datetime:
    """Where the last finished look began and some days more, and before whatever is still open."""
    last = (
        Reconciliation.objects.filter(provider=provider, finished_at__isnull=False).order_by("-started_at").first()
    )
    if last is None:
        return clock.now() - FIRST_LOOK
    open_ones = Difference.objects.filter(provider=provider, closed_at=None).order_by("occurred_at")
    moments = [last.started_at - OVERLAP, *open_ones.values_list("occurred_at", flat=True)[:1]]
    return max(min(moments), clock.now() - FIRST_LOOK)


# What is not final here


def _ask_again(adapter: Provider) -> Iterator[Found]:
    """Fetch whatever is not final; tell of what the provider does not know."""
    name = adapter.name
    payments = Payment.objects.filter(provider=name, status__in=["created", "pending"]).exclude(purpose="bill")
    refunds = Refund.objects.filter(payment__provider=name, status__in=["asked", "pending"])
    disputes = Dispute.objects.filter(payment__provider=name, status="open")
    for payment in payments:
        look = partial(look_again, payment.pk)
        yield from _tried(look, payment.checkout_id or str(payment.pk), payment.created_at)
    for refund in refunds:
        yield from _tried(partial(look_at_refund, refund_id=refund.pk), str(refund.pk), refund.created_at)
    for dispute in disputes:
        told = dispute.dispute_id
        yield from _tried(partial(look_at_dispute, provider=name, dispute_id=told), told, dispute.opened_at)


def _tried(look: Callable[[], object], object_id: str, occurred_at: datetime) -> Iterator[Found]:
    try:
        look()
    except NotFound:
        yield Found(kind=Kind.STATE, object_id=object_id, ours_cents=0, theirs_cents=0, occurred_at=occurred_at)
    except (ProviderRefused, ProviderMisunderstood, RefundsOverlap, transactions.LockTimeout):
        log.exception("reconcile.look_failed", object_id=object_id)


def _in_our_books(one: Movement) -> Movement:
    """A line of another currency is booked nowhere, whatever it is: a person says what it was."""
    is_ours = {one.gross.currency, one.fee.currency} == {"USD"}
    return one if is_ours else replace(one, kind=MovementKind.OTHER)


# Lines against lines


def _compared(provider: str, movements: Sequence[Movement], *, since: datetime) -> Iterator[Found]:
    for kind, ours in (
        (MovementKind.PAYMENT, _payments),
        (MovementKind.REFUND, _refunds),
        (MovementKind.DISPUTE, _disputes),
    ):
        theirs = _theirs(movements, kind)
        yield from _differing(ours(provider, theirs.keys(), since), theirs, since=since)
    for movement in movements:
        if movement.kind == MovementKind.OTHER:
            yield Found(
                kind=Kind.UNEXPLAINED,
                object_id=movement.movement_id,
                ours_cents=0,
                theirs_cents=movement.gross.minor - movement.fee.minor,
                occurred_at=movement.occurred_at,
            )


def _differing(ours: dict[str, Line], theirs: dict[str, Line], *, since: datetime) -> Iterator[Found]:
    for object_id in sorted(ours.keys() | theirs.keys()):
        mine, other = ours.get(object_id), theirs.get(object_id)
        if mine is None and other is not None:
            if other.cents:
                yield _found(Kind.MISSING_HERE, object_id, 0, other.cents, other.occurred_at)
        elif mine is not None and other is None:
            if mine.is_due and mine.cents:
                yield _found(Kind.MISSING_THERE, object_id, mine.cents, 0, mine.occurred_at)
        elif mine and other and mine.cents != other.cents and mine.is_final and mine.occurred_at >= since:
            yield _found(Kind.AMOUNT, object_id, mine.cents, other.cents, other.occurred_at)


def _found(kind: Difference.Kind, object_id: str, ours_cents: int, theirs_cents: int, at: datetime) -> Found:
    return Found(kind=kind, object_id=object_id, ours_cents=ours_cents, theirs_cents=theirs_cents, occurred_at=at)


def _theirs(movements: Iterable[Movement], kind: MovementKind) -> dict[str, Line]:
    lines: dict[str, list[Movement]] = defaultdict(list)
    for movement in movements:
        if movement.kind == kind:
            lines[movement.source_id].append(movement)
    return {
        source_id: Line(cents=sum(one.gross.minor for one in ones), occurred_at=ones[0].occurred_at)
        for source_id, ones in lines.items()
    }


def _payments(provider: str, told: Iterable[str], since: datetime) -> dict[str, Line]:
    rows = Payment.objects.filter(Q(capture_id__in=list(told)) | Q(paid_at__gte=since), provider=provider)
    before = clock.now() - LINES_ARE_LATE
    return {
        row.capture_id: Line(cents=row.total_cents, occurred_at=row.paid_at, is_due=row.paid_at <= before)
        for row in rows.filter(status=Payment.Status.PAID)
        if row.paid_at
    }


def _refunds(provider: str, told: Iterable[str], since: datetime) -> dict[str, Line]:
    """One that is on its way is in neither book for good, and asked about until it is."""
    rows = Refund.objects.filter(Q(refund_id__in=list(told)) | Q(closed_at__gte=since), payment__provider=provider)
    before = clock.now() - LINES_ARE_LATE
    return {
        row.refund_id: Line(
            cents=-(row.net_cents + row.tax_cents) if row.status == Refund.Status.SUCCEEDED else 0,
            occurred_at=row.created_at,
            is_due=bool(row.closed_at and row.closed_at <= before),
            is_final=row.closed_at is not None,
        )
        for row in rows.exclude(refund_id="")
    }


def _disputes(provider: str, told: Iterable[str], since: datetime) -> dict[str, Line]:
    rows = Dispute.objects.filter(
        Q(dispute_id__in=list(told)) | Q(opened_at__gte=since), payment__provider=provider
    )
    before = clock.now() - LINES_ARE_LATE
    return {
        row.dispute_id: Line(
            cents=0 if row.status == Dispute.Status.WON else -row.amount_cents,
            occurred_at=row.opened_at,
            is_due=row.opened_at <= before,
            is_final=(row.closed_at or row.opened_at) <= before,
        )
        for row in rows
    }


# What the provider alone knows


def _book(provider: str, movements: Sequence[Movement]) -> None:
    """Book what no message tells: fees, and what was paid out to our bank. Each line once, under its own key."""
    for first in range(0, len(movements), AT_ONCE):
        _book_some(provider=provider, movements=movements[first : first + AT_ONCE])


@transactions.write
def _book_some(*, provider: str, movements: Sequence[Movement]) -> None:
    clearing = Account.objects.filter(kind=Ledger.CLEARING, provider=provider)
    clearing.select_for_update(no_key=True).get()  # two looks at once book one after the other
    keys = {f"{provider}:movement:{one.movement_id}": one for one in movements}
    known = set(Journal.objects.filter(key__in=keys).values_list("key", flat=True))
    house = House()
    facts = [
        Fact(key=key, memo=_memo(one), moves=moves)
        for key, one in keys.items()
        if key not in known and (moves := _moves(one, house, provider))
    ]
    if facts:
        ledger.post(facts)


def _moves(one: Movement, house: House, provider: str) -> list[Move]:
    fee_cents, paid_out_cents = one.fee.minor, 0
    if one.kind == MovementKind.FEE:
        fee_cents -= one.gross.minor
    if one.kind == MovementKind.PAYOUT:
        paid_out_cents = -one.gross.minor
    if one.kind == MovementKind.OTHER:
        fee_cents = 0  # a person says what it was
    return [
        *house.cents({Ledger.FEES: fee_cents, Ledger.BANK: paid_out_cents}),
        *house.cents({Ledger.CLEARING: -fee_cents - paid_out_cents}, provider=provider),
    ]


def _memo(one: Movement) -> str:
    return "Paid out to the bank" if one.kind == MovementKind.PAYOUT else "A provider's fee"
