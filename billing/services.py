"""Public writes to the ledger. Each business fact posts once, under its own key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet, Subquery

from aiqleads.core import audit, transactions
from aiqleads.core.prepared import Prepared
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
    wallet = _locked_wallet(organisation_id)  # the same grant, sent twice at once, waits for the first to be posted
    known = Journal.objects.filter(key=f"grant:{key}").first()
    if known:
        if not known.entries.filter(account=wallet, amount=amount_credits).exists():
            raise GrantedDifferently("Other credits were granted under this form already. Open a new one.")
        return known
    [journal] = _post(
        [Journal(key=f"grant:{key}", memo=memo)], [amount_credits], payer=_house_id(GRANTS), payee=wallet.pk
    )
    audit.record(
        actor_id=actor_id,
        action="credits.granted",
        subject=journal,
        organisation=str(organisation_id),
        balance=[wallet.balance, wallet.balance + amount_credits],
    )
    return journal


def post_sales(*, organisation_id: UUID, sales: Sequence[Sale]) -> list[Journal]:
    """Charge the wallet for every sale, one journal each. Joins the caller's transaction.

    :raises InsufficientCredits: the wallet does not hold the total; nothing is posted
    """
    transactions.require_transaction()
    wallet = _locked_wallet(organisation_id)
    total = sum(sale.price_credits for sale in sales)
    if wallet.balance < total:
        raise InsufficientCredits(
            f"This costs {total} credits and you have {wallet.balance}.",
            needed_credits=total,
            balance_credits=wallet.balance,
        )
    journals = [Journal(key=sale.key, memo=sale.memo) for sale in sales]
    prices = [sale.price_credits for sale in sales]
    return _post(journals, prices, payer=wallet.pk, payee=wallet.sales_id or _house_id(SALES))


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


_POST: Final = """
WITH posted AS (
    INSERT INTO billing_journal (id, key, memo)
    SELECT * FROM unnest(%(ids)s::uuid[], %(keys)s::text[], %(memos)s::text[]) RETURNING id)
INSERT INTO billing_entry (journal_id, account_id, amount)
SELECT fact.id, side.account, side.amount FROM posted
JOIN unnest(%(ids)s::uuid[], %(amounts)s::bigint[]) WITH ORDINALITY fact (id, amount, place) USING (id),
LATERAL (VALUES (%(payer)s, -fact.amount), (%(payee)s, fact.amount)) side (account, amount)
ORDER BY fact.place
"""


def _post(journals: list[Journal], amounts: list[int], *, payer: UUID, payee: UUID) -> list[Journal]:
    """Post journals that each move an amount from one account to another."""
    facts: dict[str, Any] = {
        "ids": [journal.pk for journal in journals],
        "keys": [journal.key for journal in journals],
        "memos": [journal.memo for journal in journals],
        "amounts": amounts,
        "payer": payer,
        "payee": payee,
    }
    with connection.cursor() as cursor:  # at every sale
        cursor.execute(_POST, facts)
    return journals


_WALLET: Final = Prepared(
    lambda organisation_id: (
        Account.objects.filter(organisation=organisation_id, code="wallet", unit=Account.Unit.CREDITS)
        .annotate(sales_id=Subquery(_house(SALES).values("pk")))
        .select_for_update()
    )
)


def _locked_wallet(organisation_id: UUID) -> Any:
    """The organisation's wallet, locked, with the id of the house's sales; made when it is asked for first."""
    wallet = _WALLET.first(organisation_id=organisation_id)
    if wallet is None:
        Account.objects.get_or_create(organisation_id=organisation_id, code="wallet", unit=Account.Unit.CREDITS)
        [wallet] = _WALLET.rows(organisation_id=organisation_id)
    return wallet


def _house(code: str) -> QuerySet[Account]:
    return Account.objects.filter(organisation=None, code=code, unit=Account.Unit.CREDITS)


def _house_id(code: str) -> UUID:
    return _house(code).get_or_create(organisation=None, code=code, unit=Account.Unit.CREDITS)[0].pk
