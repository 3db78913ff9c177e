"""A page of the marketplace costs the same wherever it starts and however much is on offer."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters, Sort

pytestmark = pytest.mark.django_db
LEADS = 1500


def listing_scans(plan: dict[str, object]) -> list[dict[str, object]]:
    below = [found for part in plan.get("Plans", []) for found in listing_scans(part)]
    return [plan, *below] if plan.get("Relation Name") == "marketplace_listing" else below


@pytest.mark.parametrize("sort", [sort for sort in Sort if not sort.needs])
def test_a_deep_page_reads_its_own_rows_off_the_index_and_no_others(sort):
    synthetic.load(count=LEADS, seed=1)
    middle = selectors.search(ListingFilters(sort=sort), size=LEADS // 2)

    page, [scan] = searched(ListingFilters(sort=sort), cursor=middle.next)

    assert (scan["Index Name"], scan["Actual Rows"]) == (f"listing_{sort}", selectors.PAGE_SIZE + 1)
    assert scan.get("Rows Removed by Filter", 0) == 0
    assert not {row.pk for row in page.results} & {row.pk for row in middle.results}


@pytest.mark.skipif("connection.pg_version < 170_000", reason="an older PostgreSQL sorts all of the circle")
def test_a_deep_page_of_the_nearest_is_read_off_the_index_from_the_centre_on():
    synthetic.load(count=LEADS, seed=1)
    nearest = ListingFilters(near=(40.7, -74.0), radius_miles=500, sort=Sort.DISTANCE)
    middle = selectors.search(nearest, size=100)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # which so small a table is read by, and rightly so

    _, [scan] = searched(nearest, cursor=middle.next)

    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "listing_distance")
    assert scan["Order By"]
    assert scan["Actual Rows"] + scan["Rows Removed by Filter"] <= 100 + selectors.PAGE_SIZE + 2


def test_the_most_relevant_are_sought_among_a_bounded_number_of_the_best():
    synthetic.load(count=LEADS, seed=1)

    _, scans = searched(ListingFilters(q="house", sort=Sort.RELEVANCE), most_ranked=50)

    best, ranked = sorted(scans, key=lambda scan: scan["Index Name"])
    assert (best["Index Name"], best["Actual Rows"]) == ("listing_quality", 50)
    assert (ranked["Index Name"], ranked["Actual Rows"] * ranked["Actual Loops"]) == (
        "marketplace_listing_pkey",
        50,
    )


def searched(filters, **how):
    """A page, and how its statement read the offers."""
    with CaptureQueriesContext(connection) as captured:
        page = selectors.search(filters, **how)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {captured.captured_queries[-1]['sql']}")
        answer = cursor.fetchone()[0]
    return page, listing_scans((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])


def test_what_is_on_offer_is_counted_up_to_a_bound():
    synthetic.load(count=6, seed=1)

    assert [selectors.count(ListingFilters(), at_most=bound) for bound in (5, 6, 7)] == [5, 6, 6]
