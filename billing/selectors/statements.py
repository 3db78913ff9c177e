"""A month of an organisation's credits, as its bookkeeper wants it."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import accumulate
from typing import Final
from uuid import UUID

from django.db.models import Sum

from billing.models import Account, Entry
from billing.selectors.ledger import statement

MONTH: Final = r"^20[0-9]{2}-(0[1-9]|1[0-2])$"
MONTHS_OFFERED: Final = 24


class NoMonth(ValueError):
    """The text names no month of this century."""


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A calendar month in UTC."""

    first: date

    @classmethod
    def parse(cls, text: str) -> "Month":
        """Read ``2026-11``.

        :raises NoMonth: it is something else
        """
        if not re.fullmatch(MONTH, text) or text != text.strip():
            raise NoMonth(text)
        return cls(date(int(text[:4]), int(text[5:]), 1))

    @classmethod
    def of(cls, moment: datetime) -> "Month":
        return cls(moment.astimezone(UTC).date().replace(day=1))

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def starts_at(self) -> datetime:
        return datetime(self.first.year, self.first.month, 1, tzinfo=UTC)

    @property
    def next(self) -> "Month":
        return Month(date(self.first.year + self.first.month // 12, self.first.month % 12 + 1, 1))

    @property
    def previous(self) -> "Month":
        return Month(date(self.first.year - (self.first.month == 1), (self.first.month - 2) % 12 + 1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One fact of a statement; whole credits."""

    posted_at: datetime
    memo: str
    amount_credits: int
    balance_credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What an organisation could spend when a month began, what moved it, and what was left; whole credits."""

    organisation: str
    month: Month
    opening_credits: int
    lines: list[Line]

    @property
    def closing_credits(self) -> int:
        return self.lines[-1].balance_credits if self.lines else self.opening_credits


def monthly_statement(*, organisation_id: UUID, organisation: str, month: Month) -> Statement:
    """The statement of one month, oldest first. A month closes with what the next one opens with."""
    within = {"journal__posted_at__gte": month.starts_at, "journal__posted_at__lt": month.next.starts_at}
    rows = list(statement(organisation_id).filter(**within).order_by("pk"))
    opening = _posted_before(organisation_id, month.starts_at)
    balances = accumulate((row.amount_credits for row in rows), initial=opening)
    next(balances)
    return Statement(
        organisation=organisation,
        month=month,
        opening_credits=opening,
        lines=[
            Line(
                posted_at=row.journal.posted_at,
                memo=row.journal.memo,
                amount_credits=row.amount_credits,
                balance_credits=balance,
            )
            for row, balance in zip(rows, balances, strict=True)
        ],
    )


def months_with_entries(organisation_id: UUID, *, now: datetime) -> list[Month]:
    """The months that a statement can be had of: from the first entry on, the newest first, two years at most."""
    first = statement(organisation_id).order_by("pk").values_list("journal__posted_at", flat=True).first()
    if first is None:
        return []
    months = [Month.of(now)]
    while months[-1] > Month.of(first) and len(months) < MONTHS_OFFERED:
        months.append(months[-1].previous)
    return months


def _posted_before(organisation_id: UUID, moment: datetime) -> int:
    entries = Entry.objects.filter(
        account__organisation=organisation_id, account__kind__in=Account.SPENDABLE, journal__posted_at__lt=moment
    )
    total: int = entries.aggregate(total=Sum("amount", default=0))["total"]
    return total
