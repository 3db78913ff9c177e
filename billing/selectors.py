"""Public reads of the ledger."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import QuerySet, Sum

from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from billing.models import Account, Entry


def balance_credits(organisation_id: UUID) -> int:
    """Whole credits in the organisation's wallet; 0 before anything was posted."""
    balance = (
        Account.objects.filter(organisation=organisation_id, code="wallet", unit=Account.Unit.CREDITS)
        .values_list("balance", flat=True)
        .first()
    )
    return balance or 0


def balance_after(journal_ids: Collection[UUID]) -> int:
    """Whole credits that the wallet held when the last of these journals, at least one, was posted to it."""
    entries = Entry.objects.filter(journal__in=journal_ids, account__code="wallet")
    return int(entries.order_by("-id").values_list("balance_after", flat=True)[0] or 0)


def credits_in_wallets() -> int:
    """Whole credits that all organisations together can still spend."""
    wallets = Account.objects.filter(code="wallet", unit=Account.Unit.CREDITS)
    total: int = wallets.aggregate(total=Sum("balance", default=0))["total"]
    return total


def statement(organisation_id: UUID) -> QuerySet[Entry]:
    """The wallet's entries with their journals, newest first."""
    return (
        Entry.objects.filter(
            account__organisation=organisation_id, account__code="wallet", account__unit=Account.Unit.CREDITS
        )
        .select_related("journal")
        .order_by("-id")
    )


def statement_page(organisation_id: UUID, *, cursor: str | None, size: int) -> Page[Entry]:
    """One page of the statement.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="id", is_descending=True)
    return keyset.page(statement(organisation_id), ordering=newest, cursor=cursor, size=size)


def world_sums() -> dict[str, int]:
    """The sum of all entries per unit: 0 for each, or the books are wrong."""
    sums = Entry.objects.values("account__unit").annotate(total=Sum("amount")).order_by("account__unit")
    return {row["account__unit"]: row["total"] for row in sums}


def broken_wallets() -> list[UUID]:
    """Ids of wallets whose kept balance is not the sum of their entries: empty, or the books are wrong."""
    wallets = Account.objects.exclude(organisation=None).annotate(total=Sum("entries__amount", default=0))
    return [wallet.pk for wallet in wallets if wallet.total != wallet.balance]
