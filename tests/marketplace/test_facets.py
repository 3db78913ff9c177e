"""What each choice of a filter would leave: counted with all other filters in force, in one statement."""

import json
from bisect import bisect_right
from collections import Counter

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from aiqleads.core import geo
from marketplace import selectors, synthetic
from marketplace.facets import AGES_DAYS, ASKING_DOLLARS, BEDS, FACETS, PRICES_CREDITS
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Listing

pytestmark = pytest.mark.django_db
LEADS = 700
ALL_PAGES = 10**9
TEXAS = geo.read_area('{"type":"Polygon","coordinates":[[[-106,26],[-94,26],[-94,36],[-106,36],[-106,26]]]}')
CITY = "New York"
SEARCHES = [
    ListingFilters(),
    ListingFilters(kind=("fsbo",), sort=Sort.PRICE),
    ListingFilters(state="TX", beds_min=3),
    ListingFilters(q="house", tier=("standard", "premium"), price_max=20),
    ListingFilters(polygon=TEXAS, asking_min=200_000, asking_max=600_000, kind=("fsbo", "expired")),
    ListingFilters(near=(32.78, -96.8), radius_miles=200, baths_min=2, beds_min=2),
    ListingFilters(state="TX", county="Harris", listed_within_days=30, beds_max=4),
    ListingFilters(city=CITY),
    ListingFilters(city=CITY, kind=("fsbo", "expired"), beds_min=2),
    ListingFilters(city="Nowhere"),
]


@pytest.fixture(scope="module")
def market(django_db_setup, django_db_blocker):
    """Offers that all tests of this module see, and none of another."""
    with django_db_blocker.unblock(), transaction.atomic():
        synthetic.load(count=LEADS, seed=1)
        yield
        transaction.set_rollback(True)


def band_of(number, starts):
    return starts[bisect_right(starts, number) - 1]


VALUES = {
    "kind": lambda offer: offer.kind,
    "tier": lambda offer: offer.tier,
    "city": lambda offer: f"{offer.city}, {offer.state_code}",
    "beds": lambda offer: band_of(offer.beds, BEDS),
    "price": lambda offer: band_of(offer.price_credits, PRICES_CREDITS),
    "asking": lambda offer: band_of(offer.asking_price_cents / 100, ASKING_DOLLARS),
    "freshness": lambda offer: band_of((timezone.now() - offer.listed_at).total_seconds() / 86400, AGES_DAYS),
}


def counted_one_by_one(filters):
    """What facets are by their definition: facet → value → how many offers a search without its filters finds."""
    return {
        facet.name: Counter(
            str(VALUES[facet.name](offer))
            for offer in Listing.objects.offered().matching(filters.without(*facet.filters))
        )
        for facet in FACETS
    }


@pytest.mark.parametrize("sampled_pages", [ALL_PAGES, 20])
def test_a_choice_is_counted_with_all_filters_but_those_of_its_own_facet(market, sampled_pages):
    """If all pages are not read but twenty, what is searched by place is still counted whole."""
    for filters in SEARCHES if sampled_pages == ALL_PAGES else [ListingFilters(city=CITY)]:
        found = selectors.facets(filters, sampled_pages=sampled_pages)
        expected = counted_one_by_one(filters)
        for name, choices in found.choices.items():
            if name == "city" and sampled_pages == 20:
                continue  # of all cities there are too many
            counts = {choice.value: choice.count for choice in choices if choice.count}
            most = expected[name].most_common(20)
            assert sorted(counts.values()) == sorted(count for _, count in most), (filters, name)
            assert counts.items() <= expected[name].items(), (filters, name)


def test_everything_is_counted_in_one_statement_that_reads_no_more_of_a_longer_table(market):
    everything = ListingFilters(kind=("fsbo",), tier=("standard",), city=CITY, beds_min=2, price_max=50)

    with CaptureQueriesContext(connection) as captured:
        selectors.facets(everything, sampled_pages=20)

    [statement] = captured.captured_queries
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")  # or a small table is read whole, and rightly so
        cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement['sql']}")
        answer = cursor.fetchone()[0]
        [plan] = json.loads(answer) if isinstance(answer, str) else answer
    assert sorted(scans(plan["Plan"])) == ["Bitmap Heap Scan", "Sample Scan"]


def scans(plan):
    """How the table of offers was read, by the parts of a plan that ran."""
    if plan.get("Relation Name") == "marketplace_listing" and plan["Actual Loops"]:
        yield plan["Node Type"]
    for part in plan.get("Plans", []):
        yield from scans(part)


def test_many_offers_are_estimated_from_a_sample_and_said_to_be(market):
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size('marketplace_listing') / 8192 / 2")
        [half_the_pages] = cursor.fetchone()

    sampled = selectors.facets(ListingFilters(), sampled_pages=half_the_pages)

    assert sampled.is_estimated
    for name in ("kind", "tier", "beds"):
        assert sum(choice.count for choice in sampled.choices[name]) == pytest.approx(LEADS, rel=0.6)


def test_the_choices_of_a_facet_are_in_order(market):
    choices = selectors.facets(ListingFilters(), sampled_pages=ALL_PAGES).choices

    assert [choice.value for choice in choices["price"]] == [str(start) for start in PRICES_CREDITS]
    assert [choice.below for choice in choices["price"]] == [*PRICES_CREDITS[1:], None]
    cities = [choice.count for choice in choices["city"]]
    assert len(cities) == 20
    assert cities == sorted(cities, reverse=True)
