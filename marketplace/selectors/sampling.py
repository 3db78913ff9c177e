"""Looks at a few pages of the table of offers, to tell what a search will meet before it is sent."""

from dataclasses import dataclass
from typing import Final

from django.db import connection

from marketplace.filters import ListingFilters
from marketplace.models import Listing
from marketplace.querysets import fits

PAGE_BYTES: Final = 8_192
PROBED_PAGES: Final = 150
AREA: Final = ("near", "radius_miles", "polygon")
TABLE: Final = f'FROM "{Listing._meta.db_table}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """About how many offers there are, how many lie in the area of a search, and how many answer all of it."""

    everywhere: float
    in_area: float
    found: float


def expected(filters: ListingFilters, *, pages: int = PROBED_PAGES) -> Expected:
    """Estimate from some pages what a search will meet; in a table of fewer pages that is exact."""
    flags = {"in_area": fits(filters.only(*AREA)), "found": fits(filters)}
    sql, values = Listing.objects.offered().values(**flags).query.sql_with_params()
    share = share_of(pages)
    counts = "count(*), count(*) FILTER (WHERE in_area), count(*) FILTER (WHERE found)"
    statement = f"SELECT {share}, {counts} FROM ({sampled(sql, share)}) probe"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        part, *counted = map(float, cursor.fetchone())
    everywhere, in_area, found = (count / part for count in counted)
    return Expected(everywhere=everywhere, in_area=in_area, found=found)


def share_of(pages: int) -> str:
    """SQL: what share of the table so many pages are."""
    return f"least(1, {pages * PAGE_BYTES}.0 / greatest(1, pg_relation_size('{Listing._meta.db_table}')))"


def sampled(sql: str, share: str) -> str:
    """Let a statement over offers read a share of the table's pages, picked by chance but always the same."""
    return sql.replace(TABLE, f"{TABLE} TABLESAMPLE SYSTEM (100 * {share}) REPEATABLE (1)", 1)
