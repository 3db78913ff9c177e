"""A page of the marketplace costs the same wherever it starts and however much is on offer."""

import json
from functools import partial

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from aiqleads.core import geo
from marketplace import selectors, synthetic
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing
from marketplace.sampling import IsSampled
from marketplace.selectors import offers
from marketplace.selectors.clusters import Window
from marketplace.selectors.sampling import expected, remembered

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


def test_the_most_relevant_are_sought_among_a_bounded_number_of_the_best_and_only_a_page_is_read_again():
    relevant = ListingFilters(q="house", sort=Sort.RELEVANCE)
    first = selectors.search(relevant, most_ranked=200)

    page, scans = searched(relevant, cursor=first.next, most_ranked=200)

    best, shown = sorted(scans, key=lambda scan: scan["Index Name"])
    assert (best["Index Name"], best["Actual Rows"]) == ("listing_quality", 200)
    assert (shown["Index Name"], shown["Actual Loops"]) == ("marketplace_listing_pkey", 2 * selectors.PAGE_SIZE + 1)
    assert [row.relevance for row in page.results] == sorted((row.relevance for row in page.results), reverse=True)
    assert selectors.search(relevant, cursor=page.previous, most_ranked=200).results == first.results


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


def test_the_best_of_an_area_in_one_state_are_walked_to_among_the_best_of_that_state():
    best_in_texas = ListingFilters(
        near=(32.7767, -96.797), radius_miles=200, state="TX", beds_min=2, sort=Sort.QUALITY
    )

    page, [scan] = searched(best_in_texas, size=5)

    assert scan["Index Name"] == "listing_state"
    assert scan["Actual Rows"] + scan["Rows Removed by Filter"] < expected(best_in_texas).in_area
    in_order = Listing.objects.offered().matching(best_in_texas).order_by("-quality_score", "-pk")
    assert page.results == list(in_order[:5])


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


def test_a_large_count_is_remembered_for_a_moment_and_a_small_one_is_always_true():
    large, small = ListingFilters(), ListingFilters(kind=("probate",))
    before = selectors.count(large), selectors.count(small)
    assert before[0] >= offers.LEAST_REMEMBERED > before[1] > 0

    Listing.objects.filter(pk=Listing.objects.matching(small).first().pk).update(copies_left=0)

    assert (selectors.count(large), selectors.count(small)) == (before[0], before[1] - 1)


def test_while_one_counts_anew_the_others_are_told_what_was_counted_before():
    count = partial(remembered, "offers", "all", is_large=lambda counted: counted > 1, seconds=0)
    meanwhile = []
    before = count(lambda: 2)

    after = count(lambda: meanwhile.append(count(lambda: 4)) or 3)

    assert (before, meanwhile, after) == (2, [2], 3)


def test_what_was_large_and_is_small_now_is_forgotten():
    count = partial(remembered, "offers", "all", is_large=lambda counted: counted > 1, seconds=0)

    assert [count(lambda: 2), count(lambda: 1), count(lambda: 0)] == [2, 1, 0]


@pytest.mark.parametrize(
    ("rare", "index"),
    [
        (ListingFilters(kind=("probate",), beds_min=5), "listing_kind"),
        (ListingFilters(baths_min=5), "listing_baths"),
        (ListingFilters(quality_min=97), "listing_quality"),
    ],
    ids=["kind and beds", "baths", "quality"],
)
def test_what_is_rare_is_counted_by_its_index(rare, index):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert f" {index}" in Listing.objects.offered().matching(rare).explain()


def test_a_window_of_the_map_is_counted_off_its_indexes_alone():
    window = Window(west=-80, south=36, east=-70, north=46, zoom=6).holds
    every, sampled = Listing.objects.offered(), Listing.objects.offered().filter(IsSampled("pk"))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")

    for seen in (every, sampled.matching(ListingFilters(baths_min=2, asking_max=900_000, zip=("10001",)))):
        assert "Index Only Scan using listing_" in seen.filter(window).values("pk", "latitude").explain()
