"""A page of the marketplace costs the same wherever it starts and however much is on offer."""

import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from aiqleads.core import geo
from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.selectors.sampling import expected

pytestmark = pytest.mark.django_db
LEADS = 1500
EAST = geo.read_area('{"type":"Polygon","coordinates":[[[-80,36],[-70,36],[-70,46],[-80,46],[-80,36]]]}')
MANHATTAN = geo.read_area(
    '{"type":"Polygon","coordinates":[[[-74.02,40.7],[-73.93,40.7],[-73.93,40.88],[-74.02,40.88],[-74.02,40.7]]]}'
)


@pytest.fixture(scope="module", autouse=True)
def market(django_db_setup, django_db_blocker):
    """Offers that all tests of this module see, and none of another."""
    with django_db_blocker.unblock(), transaction.atomic():
        synthetic.load(count=LEADS, seed=1)
        yield
        transaction.set_rollback(True)


def listing_scans(plan: dict[str, object]) -> list[dict[str, object]]:
    below = [found for part in plan.get("Plans", []) for found in listing_scans(part)]
    return [plan, *below] if plan.get("Relation Name") == "marketplace_listing" else below


@pytest.mark.parametrize("sort", [sort for sort in Sort if not sort.needs])
def test_a_deep_page_reads_its_own_rows_off_the_index_and_no_others(sort):
    middle = selectors.search(ListingFilters(sort=sort), size=LEADS // 2)

    page, [scan] = searched(ListingFilters(sort=sort), cursor=middle.next)

    assert (scan["Index Name"], scan["Actual Rows"]) == (f"listing_{sort}", selectors.PAGE_SIZE + 1)
    assert scan.get("Rows Removed by Filter", 0) == 0
    assert not {row.pk for row in page.results} & {row.pk for row in middle.results}


@pytest.mark.skipif("connection.pg_version < 170_000", reason="an older PostgreSQL sorts all of the circle")
def test_a_deep_page_of_the_nearest_is_read_off_the_index_from_the_centre_on():
    nearest = ListingFilters(near=(40.7, -74.0), radius_miles=500, sort=Sort.DISTANCE)
    middle = selectors.search(nearest, size=100)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_bitmapscan = off")  # which so small a table is read by, and rightly so

    _, [scan] = searched(nearest, cursor=middle.next)

    assert (scan["Node Type"], scan["Index Name"]) == ("Index Scan", "listing_distance")
    assert scan["Order By"]
    assert scan["Actual Rows"] + scan["Rows Removed by Filter"] <= 100 + selectors.PAGE_SIZE + 2


def test_the_most_relevant_are_sought_among_a_bounded_number_of_the_best():

    _, scans = searched(ListingFilters(q="house", sort=Sort.RELEVANCE), most_ranked=50)

    best, ranked = sorted(scans, key=lambda scan: scan["Index Name"])
    assert (best["Index Name"], best["Actual Rows"]) == ("listing_quality", 50)
    assert (ranked["Index Name"], ranked["Actual Rows"] * ranked["Actual Loops"]) == (
        "marketplace_listing_pkey",
        50,
    )


@pytest.mark.parametrize(
    "area", [{"near": (40.7, -74.0), "radius_miles": 500.0}, {"polygon": EAST}], ids=["circle", "area"]
)
def test_a_page_of_a_broad_area_is_walked_to_and_a_small_one_is_gathered(area):
    small = {"near": (40.7, -74.0), "radius_miles": 3.0} if "near" in area else {"polygon": MANHATTAN}

    page, [broad] = searched(ListingFilters(**area, sort=Sort.QUALITY))
    _, narrow = searched(ListingFilters(**small, sort=Sort.QUALITY))

    assert broad["Index Name"] == "listing_quality"
    assert broad["Actual Rows"] + broad["Rows Removed by Filter"] < LEADS / 4
    assert sum(scan["Actual Rows"] for scan in narrow) < 50
    best = Listing.objects.offered().matching(ListingFilters(**area)).order_by("-quality_score", "-pk")
    assert page.results == list(best[: selectors.PAGE_SIZE])


def test_what_a_search_will_meet_is_exact_where_all_pages_are_read_and_near_it_where_not():
    filters = ListingFilters(near=(40.7, -74.0), radius_miles=500, kind=("fsbo",))

    exact, estimate = expected(filters, pages=10**9), expected(filters, pages=60)

    assert (exact.everywhere, exact.found) == (LEADS, selectors.count(filters))
    assert exact.in_area == selectors.count(filters.only("near", "radius_miles"))
    assert estimate.in_area == pytest.approx(exact.in_area, rel=0.8)


def searched(filters, **how):
    """A page, and how its statement read the offers."""
    with CaptureQueriesContext(connection) as captured:
        page = selectors.search(filters, **how)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # so few rows are read whole even beside a good index
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {captured.captured_queries[-1]['sql']}")
        answer = cursor.fetchone()[0]
    return page, listing_scans((json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"])


def test_what_is_on_offer_is_counted_up_to_a_bound():
    bounds = (LEADS - 1, LEADS, LEADS + 1)

    assert [selectors.count(ListingFilters(), at_most=bound) for bound in bounds] == [LEADS - 1, LEADS, LEADS]
    assert selectors.count(ListingFilters(q="house"), at_most=5) == 5
