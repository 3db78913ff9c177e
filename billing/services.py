"""Public writes to the ledger. Each business fact posts once, under its own key."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from aiqleads.core import audit, transactions
from aiqleads.core.postgres import violated_constraint
from billing import selectors
from billing.errors import GrantedDifferently, InsufficientCredits
from billing.models import Account, Entry, Journal

SALES: Final = "lead_sales"
GRANTS: Final = "granted_credits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sale:
    """One thing sold: the journal's key (``buy:<claim>``), a memo for the statement, whole credits."""

    key: str
    memo: str
    price_credits: int


@transactions.write
def grant_credits(
    *, organisation_id: UUID, amount_credits: int, key: str, memo: str, actor_id: int | None = None
) -> Journal:
    """Put ``amount_credits`` into the wallet under ``grant:<key>``; the same grant again changes nothing.

    :raises ValueError: ``amount_credits`` is not positive
    :raises GrantedDifferently: the key was used for another organisation or another number
    """
    if amount_credits < 1:
        raise ValueError("a grant is at least 1 credit")
    # The same grant, sent twice at once, waits here for the first to be posted.
    wallet = Account.objects.select_for_update().get(pk=_wallet(organisation_id).pk)
    known = Journal.objects.filter(key=f"grant:{key}").first()
    if known:
        if not known.entries.filter(account=wallet, amount=amount_credits).exists():
            raise GrantedDifferently("Other credits were granted under this form already. Open a new one.")
        return known
    journal = _post(
        key=f"grant:{key}",
        memo=memo,
        amounts={wallet.pk: amount_credits, _house(GRANTS).pk: -amount_credits},
    )
    audit.record(
        actor_id=actor_id,
        action="credits.granted",
        subject=journal,
        organisation=str(organisation_id),
        balance=[wallet.balance, wallet.balance + amount_credits],
    )
    return journal


def post_sales(*, organisation_id: UUID, sales: list[Sale]) -> list[Journal]:
    """Charge the wallet for every sale, one journal each. Joins the caller's transaction.

    :raises InsufficientCredits: the wallet does not hold the total; nothing is posted
    """
    transactions.require_transaction()
    wallet, income = _wallet(organisation_id), _house(SALES)
    total = sum(sale.price_credits for sale in sales)
    try:
        with transaction.atomic():
            return [
                _post(
                    key=sale.key,
                    memo=sale.memo,
                    amounts={wallet.pk: -sale.price_credits, income.pk: sale.price_credits},
                )
                for sale in sales
            ]
    except IntegrityError as error:
        if violated_constraint(error) != "balance_not_negative":
            raise
        balance = selectors.balance_credits(organisation_id)
        raise InsufficientCredits(
            f"This costs {total} credits and you have {balance}.", needed_credits=total, balance_credits=balance
        ) from error


def reverse_journal(*, journal_id: UUID, key: str, memo: str) -> Journal:
    """Move every entry of a journal back, under a key of its own (``return:<claim>``).

    Joins the caller's transaction. The database keeps a reversal whole, and a journal from being reversed twice.

    :raises Journal.DoesNotExist: there is none, or it was reversed before
    """
    transactions.require_transaction()
    posted = Journal.objects.get(pk=journal_id, reversal=None)
    journal = Journal.objects.create(key=key, memo=memo, reverses=posted)
    for entry in posted.entries.order_by("account_id"):
        Entry.objects.create(journal=journal, account_id=entry.account_id, amount=-entry.amount)
    return journal


def _post(*, key: str, memo: str, amounts: Mapping[UUID, int]) -> Journal:
    journal = Journal.objects.create(key=key, memo=memo)
    for account_id, amount in sorted(amounts.items()):
        Entry.objects.create(journal=journal, account_id=account_id, amount=amount)
    return journal


def _wallet(organisation_id: UUID) -> Account:
    return Account.objects.get_or_create(organisation_id=organisation_id, code="wallet", unit=Account.Unit.CREDITS)[
        0
    ]


def _house(code: str) -> Account:
    return Account.objects.get_or_create(organisation=None, code=code, unit=Account.Unit.CREDITS)[0]
