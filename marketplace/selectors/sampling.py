"""Looks at a few pages of the table of offers, to tell what a search will meet before it is sent.

What is told of many offers is remembered for a moment; what is told of few is always the present truth.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, TypeVar

from django.core.cache import cache
from django.db import connection

from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.querysets import fits

T = TypeVar("T")

PAGE_BYTES: Final = 8_192
PROBED_PAGES: Final = 150
MANY: Final = 5_000
"""Among so many offers nobody sees that a number is half a minute old."""
ESTIMATE_SECONDS: Final = 30
AREA: Final = ("near", "radius_miles", "polygon")
TABLE: Final = f'FROM "{Listing._meta.db_table}"'


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """About how many offers there are, how many lie in the area of a search, and how many answer all of it.

    ``in_order`` are those that an index holds in the order of the search: all, or the best of one state.
    """

    everywhere: float
    in_order: float
    in_area: float
    found: float


def expected(filters: ListingFilters, *, pages: int = PROBED_PAGES) -> Expected:
    """Estimate from some pages what a search will meet; in a table of fewer pages that is exact.

    An estimate of many may be ``ESTIMATE_SECONDS`` old: list, count and the next page all ask for it.
    """
    asked = (pages, filters)
    return remembered(
        "expected", asked, lambda: _expected(filters, pages), is_large=lambda meets: meets.everywhere > MANY
    )


def remembered(
    what: str,
    asked: object,
    find: Callable[[], T],
    *,
    is_large: Callable[[T], bool],
    seconds: float = ESTIMATE_SECONDS,
) -> T:
    """What ``find`` tells; where it is large, as it was told up to ``seconds`` ago.

    The first who meets it older than that finds it anew. The others are told the old one meanwhile: what many look
    at would otherwise be found by all of them at once.

    :param asked: all that the answer depends on beside the offers, in a form whose ``repr`` tells it apart
    """
    key = f"{what}:{sha256(repr(asked).encode()).hexdigest()}"
    known: tuple[T, float] | None = cache.get(key)
    if known and (time.time() < known[1] or not cache.add(f"{key}:asked", True, ESTIMATE_SECONDS)):
        return known[0]
    found = find()
    if is_large(found):
        cache.set(key, (found, time.time() + seconds), 2 * ESTIMATE_SECONDS)
    elif known:
        cache.delete(key)
    return found


def _expected(filters: ListingFilters, pages: int) -> Expected:
    walked = filters.only(*(("state",) if filters.sort == Sort.QUALITY else ()))
    flags = {"in_order": fits(walked), "in_area": fits(filters.only(*AREA)), "found": fits(filters)}
    sql, values = Listing.objects.offered().values(**flags).query.sql_with_params()
    share = share_of(pages)
    counts = ", ".join(f"count(*) FILTER (WHERE {flag})" for flag in flags)
    statement = f"SELECT {share}, count(*), {counts} FROM ({sampled(sql, share)}) probe"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        part, *counted = map(float, cursor.fetchone())
    everywhere, in_order, in_area, found = (count / part for count in counted)
    return Expected(everywhere=everywhere, in_order=in_order, in_area=in_area, found=found)


def share_of(pages: int) -> str:
    """SQL: what share of the table so many pages are."""
    return f"least(1, {pages * PAGE_BYTES}.0 / greatest(1, pg_relation_size('{Listing._meta.db_table}')))"


def sampled(sql: str, share: str) -> str:
    """Let a statement over offers read a share of the table's pages, picked by chance but always the same."""
    return sql.replace(TABLE, f"{TABLE} TABLESAMPLE SYSTEM (100 * {share}) REPEATABLE (1)", 1)
