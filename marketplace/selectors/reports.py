"""Reads of what bought leads cost and brought: one query for all figures of a report."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from django.db import connection

from accounts import selectors as accounts
from accounts.models import Membership
from leads.models import Tier
from marketplace.performance import Performance

# The newest word counts. Of a lost lead the word before says how far it had come.
FIGURES: Final = """
SELECT member_id::text, source_name, tier,
       count(*), count(*) FILTER (WHERE is_returned),
       coalesce(sum(price_credits), 0), coalesce(sum(price_credits) FILTER (WHERE is_returned), 0),
       count(*) FILTER (WHERE NOT is_returned AND reached IN ('contacted', 'appointment', 'listed')),
       count(*) FILTER (WHERE NOT is_returned AND reached IN ('appointment', 'listed')),
       count(*) FILTER (WHERE NOT is_returned AND newest = 'listed'),
       count(*) FILTER (WHERE NOT is_returned AND newest = 'lost'),
       GROUPING(member_id, source_name, tier)
FROM (
    SELECT assigned.member_id, listing.source_name, listing.tier, bought.price_credits,
           claim.state = 'returned' AS is_returned,
           (SELECT status FROM leads_outcome marked WHERE marked.sale_id = bought.id
            ORDER BY marked_at DESC, id DESC LIMIT 1) AS newest,
           (SELECT status FROM leads_outcome marked WHERE marked.sale_id = bought.id AND status <> 'lost'
            ORDER BY marked_at DESC, id DESC LIMIT 1) AS reached
    FROM marketplace_purchase bought
    JOIN marketplace_claim claim ON claim.id = bought.claim_id
    JOIN marketplace_assignment assigned ON assigned.purchase_id = bought.id
    JOIN marketplace_listing listing ON listing.lead_id = bought.lead_id
    WHERE bought.organisation_id = %(organisation)s
      AND bought.bought_at >= %(since)s AND bought.bought_at < %(until)s
      AND (%(member)s::uuid IS NULL OR assigned.member_id = %(member)s)
) told
GROUP BY GROUPING SETS ((), (member_id), (source_name), (tier))
"""
ALL: Final = 0b111
NOBODY: Final = "Nobody"


class Table(StrEnum):
    """By what a report is broken down."""

    MEMBER = "member"
    SOURCE = "source"
    TIER = "tier"

    @property
    def grouping(self) -> int:
        """What PostgreSQL's ``GROUPING`` says of this table's rows."""
        return {Table.MEMBER: 0b011, Table.SOURCE: 0b101, Table.TIER: 0b110}[self]


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Whole days by UTC, the first and the last included."""

    since: date
    until: date

    @classmethod
    def last(cls, days: int, *, today: date) -> "Period":
        return cls(since=today - timedelta(days=days - 1), until=today)

    @property
    def bounds(self) -> tuple[datetime, datetime]:
        """The first moment of it, and the first one behind it."""
        start = datetime.combine(self.since, time.min, UTC)
        return start, datetime.combine(self.until, time.min, UTC) + timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """One row of a table: who or what, and their figures."""

    name: str
    figures: Performance


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What leads bought in a period cost and brought, together and broken down; most bought first.

    ``is_whole`` says whether it is the organisation's, or the viewer's own part.
    """

    period: Period
    is_whole: bool
    total: Performance
    tables: Mapping[Table, list[ReportLine]]


def report(viewer: Membership, period: Period) -> Report:
    """The figures that a member may see: an owner the organisation's, everybody else those of their own leads.

    Leads are counted on the day they were bought, whenever they came back or were marked.
    """
    is_whole = viewer.role == Membership.Role.OWNER
    since, until = period.bounds
    asked: dict[str, UUID | datetime | None] = {
        "organisation": viewer.organisation_id,
        "since": since,
        "until": until,
        "member": None if is_whole else viewer.pk,
    }
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, asked)
        rows = cursor.fetchall()
    names = {str(one.pk): str(one.user) for one in accounts.members(viewer.organisation_id)}
    return Report(
        period=period,
        is_whole=is_whole,
        total=next((_figures(row) for row in rows if row[-1] == ALL), Performance()),
        tables={table: _lines(table, rows, names) for table in Table},
    )


def _lines(table: Table, rows: list[tuple[Any, ...]], members: Mapping[str, str]) -> list[ReportLine]:
    column = list(Table).index(table)
    lines = [
        ReportLine(name=_name(table, row[column], members), figures=_figures(row))
        for row in rows
        if row[-1] == table.grouping
    ]
    return sorted(lines, key=lambda line: (-line.figures.bought, line.name))


def _name(table: Table, value: str | None, members: Mapping[str, str]) -> str:
    if not value:
        return NOBODY if table == Table.MEMBER else "Not named"
    if table == Table.TIER:
        return Tier(value).label
    return members.get(value, value)


def _figures(row: tuple[Any, ...]) -> Performance:
    bought, returned, spent, credited, contacted, appointments, listed, lost = row[3:11]
    return Performance(
        bought=bought,
        returned=returned,
        spent_credits=spent,
        credited_credits=credited,
        contacted=contacted,
        appointments=appointments,
        listed=listed,
        lost=lost,
    )
