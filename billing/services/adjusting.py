"""Credits that operators give or take: one asks, another confirms, and then they are posted once."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Sum
from django.db.models.functions import Abs

from accounts.models import User
from aiqleads.core import audit, clock, transactions
from aiqleads.core.clock import Now
from billing.errors import AdjustmentDecided, AdjustmentTooMuch, InsufficientCredits, OwnAdjustment
from billing.models import MOST_CREDITS, Account, Adjustment, Journal, Lot
from billing.services.ledger import Fact, House, Move, grant_credits, locked_wallet, post
from billing.spending import worth_cents

State = Adjustment.State
MOST_A_DAY_CREDITS: Final = 20_000
"""What one operator asks for within 24 hours at most, given and taken alike."""


@transactions.write
def ask_for_adjustment(
    *, organisation_id: UUID, kind: str, amount_credits: int, reason: str, actor_id: int, key: UUID
) -> Adjustment:
    """Write down what another operator is to confirm; the same ``key`` again changes nothing.

    :param amount_credits: whole credits; below zero they are taken, which goodwill never does
    :raises AdjustmentTooMuch: more than one adjustment moves, or than one operator asks for in a day
    """
    User.objects.select_for_update(no_key=True).get(pk=actor_id)  # one ask after another, as they are counted
    known = Adjustment.objects.filter(pk=key).first()
    if known:
        return known
    if not 0 < abs(amount_credits) <= MOST_CREDITS:
        raise AdjustmentTooMuch(f"Up to {MOST_CREDITS:,} credits can be moved at once.", field="amount_credits")
    _require_within_a_day(actor_id, amount_credits)
    asked = Adjustment.objects.create(
        pk=key,
        organisation_id=organisation_id,
        kind=kind,
        amount_credits=amount_credits,
        reason=reason,
        asked_by_id=actor_id,
    )
    _record(asked, "asked", actor_id)
    return asked


@transactions.write
def confirm_adjustment(*, adjustment_id: UUID, actor_id: int) -> Adjustment:
    """Post what another operator asked for.

    :raises OwnAdjustment: the same operator asked for it
    :raises AdjustmentDecided: somebody decided before
    :raises InsufficientCredits: more is to be taken than is there; nothing is
    """
    asked = _waiting(adjustment_id)
    if asked.asked_by_id == actor_id:
        raise OwnAdjustment("You asked for this yourself. Another operator confirms it.")
    journal = _given(asked, actor_id) if asked.amount_credits > 0 else _taken(asked)
    _decide(asked, State.CONFIRMED, actor_id, journal=journal)
    return asked


@transactions.write
def refuse_adjustment(*, adjustment_id: UUID, actor_id: int, why: str) -> Adjustment:
    """Close what was asked for without posting it. Who asked may take it back so.

    :raises AdjustmentDecided: somebody decided before
    """
    asked = _waiting(adjustment_id)
    _decide(asked, State.REFUSED, actor_id, why=why)
    return asked


def _require_within_a_day(actor_id: int, amount_credits: int) -> None:
    of_late = Adjustment.objects.filter(asked_by=actor_id, asked_at__gt=Now() - timedelta(days=1))
    asked: int = of_late.exclude(state=State.REFUSED).aggregate(total=Sum(Abs("amount_credits"), default=0))[
        "total"
    ]
    if asked + abs(amount_credits) > MOST_A_DAY_CREDITS:
        raise AdjustmentTooMuch(
            f"One operator asks for up to {MOST_A_DAY_CREDITS:,} credits in a day, and you asked for {asked:,}.",
            field="amount_credits",
        )


def _waiting(adjustment_id: UUID) -> Adjustment:
    asked = Adjustment.objects.select_for_update().get(pk=adjustment_id)
    if asked.state != State.WAITING:
        raise AdjustmentDecided(f"This was {asked.get_state_display()} already.")
    return asked


def _given(asked: Adjustment, actor_id: int) -> Journal:
    with transactions.joined():
        return grant_credits(
            organisation_id=asked.organisation_id,
            amount_credits=asked.amount_credits,
            key=f"adjustment:{asked.pk}",
            memo=asked.reason,
            actor_id=actor_id,
        )


def _taken(asked: Adjustment) -> Journal:
    """Out of the lots as they are spent. What was paid for paid ones is earned by nobody's purchase: breakage."""
    wallet = locked_wallet(asked.organisation_id)
    amount = -asked.amount_credits
    if wallet.spendable_credits < amount:
        raise InsufficientCredits(
            f"{amount:,} credits are to be taken and {wallet.spendable_credits:,} are there.",
            needed_credits=amount,
            balance_credits=wallet.spendable_credits,
        )
    [moves] = wallet.pay([amount])
    house = House()
    fact = Fact(
        key=f"adjustment:{asked.pk}",
        memo=asked.reason,
        moves=[*moves, house.credits(Account.Kind.BREAKAGE, amount), *_written_off(moves, house)],
    )
    [journal] = post([fact])
    return journal


def _written_off(moves: list[Move], house: House) -> list[Move]:
    lots = Lot.objects.in_bulk([move.lot_id for move in moves if move.lot_id])
    cents = 0
    for move in moves:
        lot = lots[move.lot_id]
        left = lot.remaining
        cents += _worth(lot, left) - _worth(lot, left + move.amount)
    return house.cents({Account.Kind.UNEARNED: cents, Account.Kind.BREAKAGE: -cents})


def _worth(lot: Lot, credits_left: int) -> int:
    return worth_cents(paid_cents=lot.paid_cents, amount=lot.amount, credits_left=credits_left)


def _decide(
    asked: Adjustment, state: State, actor_id: int, *, why: str = "", journal: Journal | None = None
) -> None:
    asked.state, asked.decided_by_id, asked.why, asked.journal = state, actor_id, why, journal
    asked.decided_at = clock.now()
    asked.save(update_fields=["state", "decided_by", "decided_at", "why", "journal"])
    _record(asked, str(state), actor_id)


def _record(asked: Adjustment, what: str, actor_id: int) -> None:
    audit.record(
        actor_id=actor_id,
        action=f"adjustment.{what}",
        subject=asked,
        organisation=str(asked.organisation_id),
        amount_credits=asked.amount_credits,
    )
