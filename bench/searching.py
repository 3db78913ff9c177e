"""Pages of the marketplace beside the same SQL sent bare, and beside pages by number."""

import sys
from collections.abc import Iterator

from django.db import connection
from django.db.models import Count
from django.test.utils import CaptureQueriesContext

from aiqleads.core.geo import Area
from bench.measuring import Comparison
from marketplace import selectors
from marketplace.facets import FACETS as ALL_FACETS
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing

DEEP_PAGE = 200
DALLAS = (32.7767, -96.797)
NORTH_OF_TEXAS = (((-100.0, 31.0), (-96.0, 31.0), (-96.0, 34.0), (-98.0, 33.0), (-100.0, 34.0), (-100.0, 31.0)),)
CHEAPEST_FIRST = ListingFilters(sort=Sort.PRICE)
SEARCHES = {
    "first page": ListingFilters(),
    "four beds in Texas, best first": ListingFilters(state="TX", beds_min=4, sort=Sort.QUALITY),
    "text": ListingFilters(q="condo"),
    "within 25 miles of Dallas": ListingFilters(near=DALLAS, radius_miles=25),
    "within 500 miles of Dallas": ListingFilters(near=DALLAS, radius_miles=500),
    "the nearest to Dallas": ListingFilters(near=DALLAS, radius_miles=500, sort=Sort.DISTANCE),
    "the best match": ListingFilters(q="condo", sort=Sort.RELEVANCE),
    "a drawn area": ListingFilters(polygon=Area((NORTH_OF_TEXAS,), square_miles=43_000)),
    "everything at once": ListingFilters(
        q="house",
        near=DALLAS,
        radius_miles=200,
        polygon=Area((NORTH_OF_TEXAS,), square_miles=43_000),
        state="TX",
        kind=("fsbo", "expired"),
        tier=("standard", "premium"),
        beds_min=2,
        asking_max=600_000,
        sort=Sort.QUALITY,
    ),
}
FACETS = "facets of homes by their owners"

COMPARISONS = (*(f"search: {name}" for name in SEARCHES), f"search: page {DEEP_PAGE}", f"search: {FACETS}")


def comparisons() -> Iterator[Comparison]:
    for name, filters in SEARCHES.items():
        yield _beside_bare_sql(name, filters)
    yield _beside_offset()
    yield _beside_counting_everything()
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
        at_most_ratio=15 if filters.near or filters.polygon else 6,  # a look at some pages comes before an area
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


def _beside_counting_everything() -> Comparison:
    """All counts in one statement over a sample, beside a GROUP BY over all offers for each facet."""
    by_owners = ListingFilters(kind=("fsbo",))

    def count_everything(_: int) -> None:
        for facet in ALL_FACETS:
            offers = Listing.objects.offered().matching(by_owners.without(*facet.filters))
            list(offers.values(value=facet.value).annotate(offers=Count("pk")).order_by("-offers")[:20])

    return Comparison(
        name=f"search: {FACETS}",
        beside="GROUP BY for each",
        ours=lambda _: selectors.facets(by_owners),
        other=count_everything,
        rounds=10,
        at_most_ratio=2,
    )
