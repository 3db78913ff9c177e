"""Every way in which the books move. Each business fact posts once, under its own key.

An organisation's credits lie in lots; its accounts are locked together, in one order, before its lots are read.
In US cents what the house has stands above zero and what it owes or earned below, so that a journal sums to zero.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django.db import connection
from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable

from aiqleads.core import audit, clock, transactions
from aiqleads.core.clock import Now
from aiqleads.core.prepared import Prepared
from billing import selectors
from billing.errors import GrantedDifferently, InsufficientCredits
from billing.models import GRANT_DAYS, Account, Entry, Journal, Lot
from billing.spending import LotLeft, Part, spend, worth_cents

Kind: Final = Account.Kind
Unit: Final = Account.Unit
RESTORED_DAYS: Final = 30
"""How long a lot lives on that had ended when a return put credits back into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One thing sold: the journal's key (``buy:<claim>``), a memo for the statement, whole credits."""

    key: str
    memo: str
    price_credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """One entry to be: whole credits or US cents, and the lot where the account lies in lots."""

    account_id: UUID
    amount: int
    lot_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A journal to be, with its entries."""

    key: str
    memo: str
    moves: Sequence[Move]
    reverses_id: UUID | None = None
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """An organisation's accounts, locked, with the live lots on them in the order in which they are spent."""

    accounts: Mapping[str, UUID]
    owed_credits: int
    revenue_id: UUID
    lots: list[LotLeft]

    @property
    def spendable_credits(self) -> int:
        return sum(lot.remaining for lot in self.lots)

    def pay(self, amounts: Sequence[int]) -> list[list[Move]]:
        """The entries that take each of ``amounts`` out of the lots, which hold them."""
        return [
            [Move(account_id=part.lot.account_id, amount=-part.amount, lot_id=part.lot.lot_id) for part in parts]
            for parts in spend(self.lots, amounts)
        ]


class House:
    """The house's accounts, asked for once: a dozen."""

    def __init__(self) -> None:
        rows = Account.objects.filter(organisation=None).values_list("kind", "unit", "provider", "pk")
        self._ids = {(kind, unit, provider): pk for kind, unit, provider, pk in rows}

    def credits(self, kind: str, amount: int) -> Move:
        """One entry in whole credits."""
        return Move(account_id=self._ids[kind, Unit.CREDITS, ""], amount=amount)

    def cents(self, amounts: Mapping[str, int], *, provider: str = "") -> list[Move]:
        """Entries in US cents; none for what is zero."""
        return [
            Move(account_id=self._ids[kind, Unit.USD_CENTS, provider], amount=cents)
            for kind, cents in amounts.items()
            if cents
        ]


@transactions.write
def grant_credits(
    *,
    organisation_id: UUID,
    amount_credits: int,
    key: str,
    memo: str,
    actor_id: int | None = None,
    valid_days: int = GRANT_DAYS,
) -> Journal:
    """Give ``amount_credits`` under ``grant:<key>``; the same grant again changes nothing.

    :param valid_days: how long they can be spent
    :raises ValueError: ``amount_credits`` is not positive
    :raises GrantedDifferently: the key was used for another organisation or another number
    """
    return post_grant(
        organisation_id=organisation_id,
        amount_credits=amount_credits,
        key=key,
        memo=memo,
        actor_id=actor_id,
        expires_at=Now() + timedelta(days=valid_days),
    )


def post_grant(
    *,
    organisation_id: UUID,
    amount_credits: int,
    key: str,
    memo: str,
    expires_at: datetime | Combinable,
    actor_id: int | None = None,
) -> Journal:
    """The same until a moment, as a part of the caller's transaction."""
    transactions.require_transaction()
    if amount_credits < 1:
        raise ValueError("a grant is at least 1 credit")
    wallet = locked_wallet(organisation_id)  # the same grant, sent twice at once, waits for the first to be posted
    granted_id = wallet.accounts[Kind.GRANTED]
    known = Journal.objects.filter(key=f"grant:{key}").first()
    if known:
        if not known.entries.filter(account=granted_id, amount=amount_credits).exists():
            raise GrantedDifferently("Other credits were granted under this form already. Open a new one.")
        return known
    lot = Lot.objects.create(account_id=granted_id, amount=amount_credits, expires_at=expires_at)
    moves = [
        Move(account_id=granted_id, amount=amount_credits, lot_id=lot.pk),
        House().credits(Kind.ISSUED, -amount_credits),
    ]
    [journal] = post([Fact(key=f"grant:{key}", memo=memo, moves=moves)])
    before = wallet.spendable_credits
    audit.record(
        actor_id=actor_id,
        action="credits.granted",
        subject=journal,
        organisation=str(organisation_id),
        balance=[before, before + amount_credits],
    )
    if wallet.owed_credits:
        settle_debt(organisation_id, because=journal)
    return journal


def post_payment(
    *,
    organisation_id: UUID,
    key: str,
    memo: str,
    amount_credits: int,
    net_cents: int,
    tax_cents: int,
    provider: str,
    valid_days: int | None = None,
) -> Journal:
    """Credit what a provider captured, in both books; the same again changes nothing. Joins the transaction.

    :param key: the provider's capture (``stripe:pi:<id>``), never an event
    :param net_cents: US cents paid for the credits, tax left out
    :param valid_days: how long the credits can be spent; None for good
    """
    transactions.require_transaction()
    wallet = locked_wallet(organisation_id)
    known = Journal.objects.filter(key=key).first()
    if known:
        return known
    paid_id = wallet.accounts[Kind.PAID]
    lot = Lot.objects.create(
        account_id=paid_id,
        amount=amount_credits,
        paid_cents=net_cents,
        expires_at=None if valid_days is None else Now() + timedelta(days=valid_days),
    )
    house = House()
    moves = [
        Move(account_id=paid_id, amount=amount_credits, lot_id=lot.pk),
        house.credits(Kind.ISSUED, -amount_credits),
        *house.cents({Kind.UNEARNED: -net_cents, Kind.TAX: -tax_cents}),
        *house.cents({Kind.CLEARING: net_cents + tax_cents}, provider=provider),
    ]
    [journal] = post([Fact(key=key, memo=memo, moves=moves)])
    if wallet.owed_credits:
        settle_debt(organisation_id, because=journal)
    return journal


def post_sales(*, organisation_id: UUID, sales: Sequence[Sale]) -> list[Journal]:
    """Charge the organisation for every sale, one journal each. Joins the caller's transaction.

    :raises InsufficientCredits: its live lots do not hold the total; nothing is posted
    """
    transactions.require_transaction()
    wallet = locked_wallet(organisation_id)
    total = sum(sale.price_credits for sale in sales)
    if wallet.spendable_credits < total:
        raise InsufficientCredits(
            f"This costs {total} credits and you have {wallet.spendable_credits}.",
            needed_credits=total,
            balance_credits=wallet.spendable_credits,
        )
    paid = wallet.pay([sale.price_credits for sale in sales])
    return post(
        Fact(
            key=sale.key,
            memo=sale.memo,
            moves=[*moves, Move(account_id=wallet.revenue_id, amount=sale.price_credits)],
        )
        for sale, moves in zip(sales, paid, strict=True)
    )


def reverse_journal(*, journal_id: UUID, key: str, memo: str) -> Journal:
    """Move every entry of a journal back, under a key of its own (``return:<claim>``): into the lots that it left.

    Lots that have ended meanwhile live for ``RESTORED_DAYS`` more. Joins the caller's transaction. The database
    keeps a reversal whole, and a journal from being reversed twice.

    :raises Journal.DoesNotExist: there is none, or it was reversed before
    """
    transactions.require_transaction()
    posted = Journal.objects.get(pk=journal_id, reversal=None)
    entries = list(posted.entries.select_related("account").order_by("account_id", "lot_id"))
    owners = sorted({owner for entry in entries if (owner := entry.account.organisation_id)})
    for owner in owners:
        locked_wallet(owner)
    _revive([entry.lot_id for entry in entries if entry.lot_id])
    moves = [Move(account_id=entry.account_id, amount=-entry.amount, lot_id=_lot_of(entry)) for entry in entries]
    [journal] = post([Fact(key=key, memo=memo, moves=moves, reverses_id=posted.pk)])
    for owner in owners:
        settle_debt(owner, because=journal)
    return journal


def set_aside(*, lot_id: int, amount_credits: int, net_cents: int, key: str, memo: str) -> Journal:
    """Take paid credits out of their lot for a refund that a provider has yet to make. Joins the transaction.

    :param net_cents: what of the lot's price goes back, tax left out
    :raises InsufficientCredits: the lot does not hold so many any more
    """
    transactions.require_transaction()
    lot = Lot.objects.select_related("account").get(pk=lot_id)
    wallet = locked_wallet(_owner(lot))
    left = next((held for held in wallet.lots if held.lot_id == lot_id), None)
    remaining = left.remaining if left else 0
    if remaining < amount_credits:
        raise InsufficientCredits(
            f"{amount_credits} credits are to go back and {remaining} of them are unspent.",
            needed_credits=amount_credits,
            balance_credits=remaining,
        )
    moves = [
        Move(account_id=lot.account_id, amount=-amount_credits, lot_id=lot_id),
        Move(account_id=wallet.accounts[Kind.REFUND_PENDING], amount=amount_credits),
        *House().cents({Kind.UNEARNED: net_cents, Kind.REFUND_PENDING: -net_cents}),
    ]
    [journal] = post([Fact(key=key, memo=memo, moves=moves)])
    return journal


def settle_refund(
    *,
    organisation_id: UUID,
    amount_credits: int,
    net_cents: int,
    tax_cents: int,
    provider: str,
    key: str,
    memo: str,
) -> Journal:
    """Book a refund that the provider made of what was set aside. Joins the caller's transaction."""
    transactions.require_transaction()
    wallet = locked_wallet(organisation_id)
    house = House()
    moves = [
        Move(account_id=wallet.accounts[Kind.REFUND_PENDING], amount=-amount_credits),
        house.credits(Kind.ISSUED, amount_credits),
        *house.cents({Kind.REFUND_PENDING: net_cents, Kind.TAX: tax_cents}),
        *house.cents({Kind.CLEARING: -net_cents - tax_cents}, provider=provider),
    ]
    [journal] = post([Fact(key=key, memo=memo, moves=moves)])
    return journal


def claw_back(
    *,
    organisation_id: UUID,
    amount_credits: int,
    first_lot_id: int | None,
    key: str,
    memo: str,
    cents: Callable[[int], Sequence[Move]] = lambda worth_cents: (),
) -> Journal:
    """Take credits back whose payment was undone; what is spent already becomes a debt. Joins the transaction.

    :param amount_credits: none where a payment bought no credits: then ``cents`` are moved alone
    :param first_lot_id: the lot that the payment opened, which gives first
    :param cents: what the same fact moves in US cents, by what the credits that lots gave were worth
    """
    transactions.require_transaction()
    wallet = locked_wallet(organisation_id)
    lots = sorted(wallet.lots, key=lambda lot: lot.lot_id != first_lot_id)
    taken = min(amount_credits, wallet.spendable_credits)
    [parts] = spend(lots, [taken]) if taken else [[]]
    moves = [Move(account_id=part.lot.account_id, amount=-part.amount, lot_id=part.lot.lot_id) for part in parts]
    if owed := amount_credits - taken:
        moves.append(Move(account_id=wallet.accounts[Kind.DEBT], amount=-owed))
    if amount_credits:
        moves.append(House().credits(Kind.ISSUED, amount_credits))
    [journal] = post([Fact(key=key, memo=memo, moves=[*moves, *cents(_worth_cents(parts))])])
    return journal


def reinstate(
    *,
    organisation_id: UUID,
    amount_credits: int,
    paid_cents: int,
    key: str,
    memo: str,
    cents: Sequence[Move],
    valid_days: int | None = None,
) -> Journal:
    """Give credits back that were taken for an undoing that did not last, as a new lot. Joins the transaction.

    What was owed meanwhile is paid out of it.

    :param amount_credits: none where none were taken: then ``cents`` are moved alone
    :param paid_cents: what of the lots' worth had been taken with them
    :param cents: what the same fact moves in US cents
    """
    transactions.require_transaction()
    wallet = locked_wallet(organisation_id)
    moves: list[Move] = []
    if amount_credits:
        paid_id = wallet.accounts[Kind.PAID]
        lot = Lot.objects.create(
            account_id=paid_id,
            amount=amount_credits,
            paid_cents=paid_cents,
            expires_at=None if valid_days is None else Now() + timedelta(days=valid_days),
        )
        moves = [
            Move(account_id=paid_id, amount=amount_credits, lot_id=lot.pk),
            House().credits(Kind.ISSUED, -amount_credits),
        ]
    [journal] = post([Fact(key=key, memo=memo, moves=[*moves, *cents])])
    if wallet.owed_credits:
        settle_debt(organisation_id, because=journal)
    return journal


def _worth_cents(parts: Sequence[Part]) -> int:
    """What the lots were worth more before than after they gave ``parts``, in US cents."""
    lots = Lot.objects.in_bulk([part.lot.lot_id for part in parts])
    return sum(_worth_of(lots[part.lot.lot_id], part.lot.remaining, part.amount) for part in parts)


def _worth_of(lot: Lot, remaining: int, taken: int) -> int:
    before, after = (
        worth_cents(paid_cents=lot.paid_cents, amount=lot.amount, credits_left=left)
        for left in (remaining, remaining - taken)
    )
    return before - after


@transactions.write
def expire_lots(*, organisation_id: UUID) -> int:
    """Write off what is left in an organisation's ended lots. Safe to run twice.

    :return: whole credits that were written off
    """
    locked_wallet(organisation_id)
    ended = Lot.objects.filter(account__organisation=organisation_id)
    return _write_off(ended)


@transactions.write
def recognise_revenue(*, day: date) -> Journal | None:
    """Book as earned what was spent of paid credits until now: ``unearned`` becomes what all lots are still worth.

    Plans are earned day by day: ``unearned_plans`` becomes what is left of the times that were paid for. Once a
    ``day``; what was returned since the last time is taken out again.

    :return: None where nothing was earned, or the day has its journal
    """
    key = f"recognised:{day.isoformat()}"
    if Journal.objects.filter(key=key).exists():
        return None
    of_credits, of_plans = selectors.earned_cents(), selectors.plans_earned_cents(now=clock.now())
    if not of_credits and not of_plans:
        return None
    amounts: dict[str, int] = {Kind.UNEARNED: of_credits, Kind.UNEARNED_PLANS: of_plans}
    amounts[Kind.REVENUE] = -of_credits - of_plans
    moves = House().cents(amounts)
    [journal] = post([Fact(key=key, memo=f"Earned until {day.isoformat()}", moves=moves)])
    return journal


def _lot_of(entry: Entry) -> int | None:
    """The lot that the entry moved, or a new one for what was spent before there were lots."""
    if entry.lot_id or entry.account.kind not in Account.SPENDABLE:
        return entry.lot_id
    ends = Now() + timedelta(days=GRANT_DAYS)
    return Lot.objects.create(account_id=entry.account_id, amount=-entry.amount, expires_at=ends).pk


def _revive(lot_ids: Sequence[int]) -> None:
    """Let lots that have ended take credits again: what was left in them is written off before."""
    ended = Lot.objects.filter(pk__in=lot_ids, expires_at__lte=Now())
    _write_off(ended)
    ended.update(expires_at=Now() + timedelta(days=RESTORED_DAYS))


def _write_off(lots: QuerySet[Lot]) -> int:
    ended = list(lots.filter(remaining__gt=0, expires_at__lte=Now()).order_by("pk"))
    if not ended:
        return 0
    house = House()
    post(
        Fact(
            key=f"expire:{lot.pk}:{lot.expires_at:%Y%m%d%H%M%S%f}",
            memo=f"{lot.remaining} of {lot.amount} credits ended unspent",
            moves=[
                Move(account_id=lot.account_id, amount=-lot.remaining, lot_id=lot.pk),
                house.credits(Kind.BREAKAGE, lot.remaining),
                *_lost_cents(lot, house),
            ],
        )
        for lot in ended
    )
    return sum(lot.remaining for lot in ended)


def _lost_cents(lot: Lot, house: House) -> list[Move]:
    worth = worth_cents(paid_cents=lot.paid_cents, amount=lot.amount, credits_left=lot.remaining)
    return house.cents({Kind.UNEARNED: worth, Kind.BREAKAGE: -worth})


def settle_debt(organisation_id: UUID, *, because: Journal) -> None:
    """Pay what the organisation owes out of what has just come in."""
    wallet = locked_wallet(organisation_id)
    settled = min(wallet.owed_credits, wallet.spendable_credits)
    if not settled:
        return
    [moves] = wallet.pay([settled])
    moves.append(Move(account_id=wallet.accounts[Kind.DEBT], amount=settled))
    post([Fact(key=f"settle:{because.pk}", memo="Paid of what was owed", moves=moves)])


_POST: Final = """
WITH posted AS (
    INSERT INTO billing_journal (id, key, memo, reverses_id)
    SELECT * FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::uuid[]) RETURNING id)
INSERT INTO billing_entry (journal_id, account_id, lot_id, amount)
SELECT move.journal_id, move.account_id, move.lot_id, move.amount FROM posted
JOIN unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::bigint[]) WITH ORDINALITY
    move (journal_id, account_id, lot_id, amount, place) ON move.journal_id = posted.id
ORDER BY move.place
"""


def post(facts: Iterable[Fact]) -> list[Journal]:
    """Write journals with their entries, in one statement. Joins the caller's transaction."""
    transactions.require_transaction()
    facts = list(facts)
    moves = [(fact.id, move.account_id, move.lot_id, move.amount) for fact in facts for move in fact.moves]
    journals = [(fact.id, fact.key, fact.memo, fact.reverses_id) for fact in facts]
    columns: list[list[Any]] = [list(column) for rows in (journals, moves) for column in zip(*rows, strict=True)]
    with connection.cursor() as cursor:  # at every sale
        cursor.execute(_POST, columns)
    return [Journal(pk=fact.id, key=fact.key, memo=fact.memo, reverses_id=fact.reverses_id) for fact in facts]


_REVENUE: Final = Account.objects.filter(organisation=None, kind=Kind.REVENUE, unit=Unit.CREDITS)
_ACCOUNTS: Final = Prepared(
    lambda organisation_id: (
        Account.objects.filter(organisation=organisation_id, unit=Unit.CREDITS)
        .annotate(revenue_id=Subquery(_REVENUE.values("pk")))
        .order_by("kind")
        .select_for_update()
    )
)
_LOTS: Final = Prepared(
    lambda organisation_id: (
        Lot.objects.filter(account__organisation=organisation_id, remaining__gt=0)
        .filter(Q(expires_at=None) | Q(expires_at__gt=Now()))
        .order_by(F("expires_at").asc(nulls_last=True), "pk")
        .only("account_id", "remaining")
    )
)


def locked_wallet(organisation_id: UUID) -> Wallet:
    """Lock an organisation's accounts, which are made when they are asked for first, and read its live lots."""
    accounts: list[Any] = _ACCOUNTS.rows(organisation_id=organisation_id)
    if len(accounts) < len(Account.OWNED):
        missing = [Account(organisation_id=organisation_id, kind=kind, unit=Unit.CREDITS) for kind in Account.OWNED]
        Account.objects.bulk_create(missing, ignore_conflicts=True)
        accounts = _ACCOUNTS.rows(organisation_id=organisation_id)
    lots = _LOTS.rows(organisation_id=organisation_id)
    return Wallet(
        accounts={account.kind: account.pk for account in accounts},
        owed_credits=-sum(account.balance for account in accounts if account.kind == Kind.DEBT),
        revenue_id=accounts[0].revenue_id,
        lots=[LotLeft(lot_id=lot.pk, account_id=lot.account_id, remaining=lot.remaining) for lot in lots],
    )


def _owner(lot: Lot) -> UUID:
    if lot.account.organisation_id is None:
        raise ValueError("the house has no lots")
    return lot.account.organisation_id
