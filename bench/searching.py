"""Pages of the marketplace beside the same SQL sent bare, and beside pages by number."""

import sys
from collections.abc import Iterator

from django.db import connection
from django.test.utils import CaptureQueriesContext

from bench.measuring import Comparison
from marketplace import selectors
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing

DEEP_PAGE = 200
CHEAPEST_FIRST = ListingFilters(sort=Sort.PRICE)
SEARCHES = {
    "first page": ListingFilters(),
    "four beds in Texas, best first": ListingFilters(state="TX", beds_min=4, sort=Sort.QUALITY),
    "text": ListingFilters(q="condo"),
    "within 25 miles of Dallas": ListingFilters(near=(32.7767, -96.797), radius_miles=25),
}

COMPARISONS = (*(f"search: {name}" for name in SEARCHES), f"search: page {DEEP_PAGE}")


def comparisons() -> Iterator[Comparison]:
    for name, filters in SEARCHES.items():
        yield _beside_bare_sql(name, filters)
    yield _beside_offset()
    for name in plans_without_index():
        sys.stdout.write(f"search: {name} reads the whole table\n")


def plans_without_index() -> list[str]:
    """Names of the searches that read the whole table: a page must not cost more with every lead."""
    whole = []
    for name, filters in SEARCHES.items():
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN {_statement(filters)}")
            plan = " ".join(row[0] for row in cursor.fetchall())
        if "Seq Scan on marketplace_listing" in plan:
            whole.append(name)
    return whole


def _beside_bare_sql(name: str, filters: ListingFilters) -> Comparison:
    statement = _statement(filters)

    def bare(_: int) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            cursor.fetchall()

    return Comparison(
        name=f"search: {name}",
        beside="the same SQL, bare",
        ours=lambda _: selectors.search(filters),
        other=bare,
        rounds=30,
        at_most_ratio=4,
    )


def _statement(filters: ListingFilters) -> str:
    """What a search sends, as the connection saw it."""
    with CaptureQueriesContext(connection) as captured:
        selectors.search(filters)
    return str(captured.captured_queries[-1]["sql"])


def _beside_offset() -> Comparison:
    cursor, rows = None, Listing.objects.offered().with_holds().order_by("price_credits", "pk")
    for _ in range(DEEP_PAGE):
        cursor = selectors.search(CHEAPEST_FIRST, cursor=cursor).next
    start = DEEP_PAGE * selectors.PAGE_SIZE
    return Comparison(
        name=f"search: page {DEEP_PAGE}",
        beside="OFFSET",
        ours=lambda _: selectors.search(CHEAPEST_FIRST, cursor=cursor),
        other=lambda _: list(rows[start : start + selectors.PAGE_SIZE]),
        rounds=20,
        at_most_ratio=1,
    )
