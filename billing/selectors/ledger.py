"""Public reads of the ledger."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from aiqleads.core import keyset
from aiqleads.core.clock import Now
from aiqleads.core.keyset import Ordering, Page
from billing.models import Account, Entry, Lot

SPENDABLE: Final = Account.SPENDABLE


_SPENDABLE_CREDITS: Final = """
SELECT coalesce(sum(remaining), 0)::bigint FROM billing_lot JOIN billing_account account ON account.id = account_id
WHERE organisation_id = %s AND remaining > 0 AND coalesce(expires_at > core_now(), true)
"""


def balance_credits(organisation_id: UUID) -> int:
    """Whole credits that the organisation can spend now; 0 before anything was posted."""
    with connection.cursor() as cursor:  # at every look at a cart
        cursor.execute(_SPENDABLE_CREDITS, [organisation_id])
        return int(cursor.fetchone()[0])


def credits_in_wallets() -> int:
    """Whole credits that all organisations together can still spend."""
    total: int = _live(Lot.objects.all()).aggregate(total=Sum("remaining", default=0))["total"]
    return total


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Credits of one kind that end at one moment; ``ends_at`` is None for those that do not."""

    kind: str
    label: str
    credits: int
    ends_at: datetime | None


def holdings(organisation_id: UUID) -> list[Holding]:
    """What the organisation can spend now, by kind and end, in the order in which it is spent."""
    lots = _live(Lot.objects.filter(account__organisation=organisation_id))
    found = (
        lots.values("account__kind", "expires_at")
        .annotate(credits=Sum("remaining"))
        .order_by(F("expires_at").asc(nulls_last=True), "account__kind")
    )
    return [
        Holding(
            kind=row["account__kind"],
            label=Account.Kind(row["account__kind"]).label,
            credits=row["credits"],
            ends_at=row["expires_at"],
        )
        for row in found
    ]


def owed_credits(organisation_id: UUID) -> int:
    """Whole credits that the organisation owes, since a payment of spent credits was undone."""
    debts = Account.objects.filter(organisation=organisation_id, kind=Account.Kind.DEBT)
    return -sum(debts.values_list("balance", flat=True))


def balance_after(journal_ids: Collection[UUID]) -> int:
    """Whole credits on the payer's accounts when the last of these journals, at least one, was posted to them."""
    last = (
        Entry.objects.filter(journal__in=journal_ids, account__kind__in=SPENDABLE)
        .order_by("-id")
        .values_list("id", flat=True)[0]
    )
    return int(_lines(Entry.objects.filter(pk=last)).get().balance_credits)


def statement(organisation_id: UUID) -> QuerySet[Any]:
    """What moved the organisation's spendable credits, newest first: one row per journal.

    Each row is the journal's last entry, with the journal's ``amount_credits`` and ``balance_credits`` after it.
    """
    entries = Entry.objects.filter(account__organisation=organisation_id, account__kind__in=SPENDABLE)
    later = _beside().filter(pk__gt=OuterRef("pk"))
    return _lines(entries.filter(~Exists(later))).select_related("journal").order_by("-id")


def statement_page(organisation_id: UUID, *, cursor: str | None, size: int) -> Page[Any]:
    """One page of the statement.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="id", is_descending=True)
    return keyset.page(statement(organisation_id), ordering=newest, cursor=cursor, size=size)


def _lines(entries: QuerySet[Entry]) -> QuerySet[Any]:
    return entries.annotate(
        amount_credits=Subquery(_beside().values("journal").annotate(total=Sum("amount")).values("total")),
        balance_credits=Coalesce(_balance_of(Account.Kind.PAID), 0)
        + Coalesce(_balance_of(Account.Kind.GRANTED), 0),
    )


def _beside() -> QuerySet[Entry]:
    """The entries of the outer entry's journal on the same organisation's spendable accounts."""
    return Entry.objects.filter(
        journal=OuterRef("journal"),
        account__organisation=OuterRef("account__organisation"),
        account__kind__in=SPENDABLE,
    ).order_by()


def _balance_of(kind: Account.Kind) -> Subquery:
    until = Entry.objects.filter(
        account__organisation=OuterRef("account__organisation"), account__kind=kind, pk__lte=OuterRef("pk")
    )
    return Subquery(until.order_by("-id").values("balance_after")[:1])


def _live(lots: QuerySet[Lot]) -> QuerySet[Lot]:
    return lots.filter(Q(expires_at=None) | Q(expires_at__gt=Now()), remaining__gt=0)


_EARNED: Final = """
SELECT -coalesce((SELECT sum(amount) FROM billing_entry JOIN billing_account account ON account.id = account_id
                  WHERE kind = 'unearned'), 0)
       - coalesce((SELECT sum(ceil(paid_cents::numeric * remaining / amount)) FROM billing_lot
                   WHERE remaining > 0), 0)
"""


def earned_cents() -> int:
    """US cents of spent credits that are not booked as earned yet; below zero where more came back."""
    with connection.cursor() as cursor:
        cursor.execute(_EARNED)
        return int(cursor.fetchone()[0])


def organisations_with_ended_lots() -> list[UUID]:
    """Whose lots have ended with credits left in them."""
    ended = Lot.objects.filter(remaining__gt=0, expires_at__lte=Now())
    owners = ended.order_by().values_list("account__organisation", flat=True).distinct()
    return [owner for owner in owners if owner]
