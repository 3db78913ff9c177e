"""The map counts what the list counts, from any height, and what is too much to count is estimated."""

from dataclasses import replace

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leads.models import Kind, Tier
from leads.outlines.picture import state_outlines
from marketplace import selectors, services, synthetic
from marketplace.filters import ListingFilters
from marketplace.models import Listing
from marketplace.sampling import SAMPLED_ONE_IN, IsSampled
from marketplace.selectors.clusters import SINGLE_BELOW, Window
from tests.conftest import at_length

EARTH = Window(west=-180, south=-90, east=180, north=90, zoom=3)
AUSTIN = (30.2672, -97.7431)
OFFERS = 300


@pytest.fixture
def market(db):
    """Three hundred offers all over the country, every tenth without a point."""
    synthetic.load(count=OFFERS, seed=4)
    ids = list(Listing.objects.order_by("pk").values_list("pk", flat=True)[::10])
    Listing.objects.filter(pk__in=ids).update(latitude=None, longitude=None)


searches = st.builds(
    ListingFilters,
    q=st.sampled_from(["", "pool", "condo or house"]),
    kind=st.lists(st.sampled_from(Kind.values), max_size=4, unique=True).map(tuple),
    tier=st.lists(st.sampled_from(Tier.values), max_size=2, unique=True).map(tuple),
    state=st.sampled_from(["", "", "TX", "FL"]),
    beds_min=st.sampled_from([None, None, 2, 4]),
    price_max=st.sampled_from([None, None, 20, 60]),
    near=st.sampled_from([None, None, AUSTIN]),
    radius_miles=st.just(300.0),
)


@settings(max_examples=at_length(short=25, soak=400), deadline=None, suppress_health_check=list(HealthCheck))
@given(filters=searches, zoom=st.integers(0, 18), cut=st.floats(-160, -70))
def test_the_map_counts_what_the_list_counts_whatever_is_asked(market, filters, zoom, cut):
    """Over the whole earth, and over two halves of it that meet somewhere, one of them across the antimeridian."""
    whole = selectors.map_view(filters, replace(EARTH, zoom=zoom))
    west = selectors.map_view(filters, Window(west=100, south=-90, east=cut, north=90, zoom=zoom))
    east = selectors.map_view(filters, Window(west=cut, south=-90, east=100, north=90, zoom=zoom))

    assert whole.count + whole.not_on_map == selectors.count(filters)
    assert west.count + east.count == whole.count
    assert all(cluster.count > 1 for cluster in whole.clusters)


def test_clusters_part_as_one_comes_nearer(market):
    shown = [selectors.map_view(ListingFilters(), replace(EARTH, zoom=zoom)) for zoom in (0, 4, 8, 12)]

    parts = [len(view.clusters) + len(view.listings) for view in shown]
    assert parts == sorted(parts)
    assert parts[0] < 8
    assert {view.count for view in shown} == {OFFERS * 9 // 10}


def test_a_cluster_lies_within_its_box_and_the_box_holds_its_offers(market):
    for cluster in selectors.map_view(ListingFilters(), EARTH).clusters:
        box = Window(west=cluster.west, south=cluster.south, east=cluster.east, north=cluster.north, zoom=3)

        assert cluster.south <= cluster.latitude <= cluster.north
        assert cluster.west <= cluster.longitude <= cluster.east
        assert selectors.map_view(ListingFilters(), box).count >= cluster.count


def test_few_offers_seen_from_near_stand_alone(make_lead):
    leads = [make_lead(latitude=AUSTIN[0], longitude=AUSTIN[1] + step / 1e5) for step in range(3)]
    near = Window(west=-98, south=30, east=-97.5, north=30.5, zoom=10)

    seen, from_afar = (selectors.map_view(ListingFilters(), replace(near, zoom=zoom)) for zoom in (10, 9))

    assert len(leads) < SINGLE_BELOW
    assert {listing.pk for listing in seen.listings} == {lead.pk for lead in leads}
    assert (seen.clusters, seen.not_on_map, seen.is_estimated) == ([], 0, False)
    assert [cluster.count for cluster in from_afar.clusters] == [3]


def test_a_held_offer_stays_on_the_map_and_a_sold_one_leaves_it(make_lead, charlie):
    held, sold = make_lead(), make_lead()
    services.hold_lead(lead_id=held.pk, buyer=charlie)
    Listing.objects.filter(pk=sold.pk).update(copies_left=0)

    [listing] = selectors.map_view(ListingFilters(), replace(EARTH, zoom=12)).listings

    assert (listing.pk, listing.live_holds) == (held.pk, 1)


def test_more_than_can_be_counted_is_estimated_and_says_so(market):
    on_map = Listing.objects.exclude(latitude=None)
    sampled = on_map.filter(IsSampled("pk")).count()

    view = selectors.map_view(ListingFilters(), EARTH, most_counted=100)

    assert view.is_estimated
    assert view.listings == []
    assert view.count == pytest.approx(sampled * SAMPLED_ONE_IN, rel=0.05)
    assert view.count == pytest.approx(on_map.count(), rel=0.5)
    assert not selectors.map_view(ListingFilters(), EARTH).is_estimated


def test_offers_are_not_counted_one_by_one_where_the_sample_speaks_of_twice_as_many(market):
    with CaptureQueriesContext(connection) as sampled:
        selectors.map_view(ListingFilters(), EARTH, most_counted=10)
    with CaptureQueriesContext(connection) as counted:
        selectors.map_view(ListingFilters(), EARTH)

    assert "LIMIT 11" not in sampled.captured_queries[0]["sql"]
    assert (len(sampled), len(counted)) == (2, 4)


def test_an_estimated_map_may_be_a_moment_old_and_a_counted_one_is_always_true(market):
    estimated, counted = ({"most_counted": 10}, {})
    before = [selectors.map_view(ListingFilters(), EARTH, **how).count for how in (estimated, counted)]

    Listing.objects.exclude(latitude=None).update(copies_left=0)

    after = [selectors.map_view(ListingFilters(), EARTH, **how).count for how in (estimated, counted)]
    assert after == [before[0], 0]


def test_points_in_a_window_and_those_of_the_sample_are_read_off_their_indexes(market):
    window = Window(west=-97.75, south=30.2, east=-97.7, north=30.3, zoom=13)
    seen = Listing.objects.offered().filter(window.holds)

    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")

    assert "listing_map " in seen.explain()
    assert "listing_map_sample" in seen.filter(IsSampled("pk")).explain()


def test_without_scripts_a_picture_counts_the_states_and_leads_to_each(client, make_lead):
    make_lead(beds=4)
    make_lead(beds=4, state_code="FL", city="Tampa")
    make_lead(beds=2)

    page = client.get("/leads/?beds_min=3").content.decode()
    picture = client.get("/leads/states.svg?beds_min=3&scheme=dark")
    drawn = picture.content.decode()

    assert '<img class="outline-picture" src="/leads/states.svg?beds_min=3"' in page
    assert picture["Content-Type"] == "image/svg+xml"
    assert drawn.count("<a href=") == len(state_outlines())
    assert '<a href="/leads/?beds_min=3&amp;state=TX"><title>TX: 1 lead</title>' in drawn
    assert "<title>FL: 1 lead</title>" in drawn
    assert drawn.count("<text ") == 2
    assert client.get("/leads/states.svg?zip=x").status_code == 400


def test_states_of_too_many_offers_are_estimated(market):
    counted, is_counted_estimated = selectors.counts_by_state(ListingFilters())
    estimated, is_estimated = selectors.counts_by_state(ListingFilters(), most_counted=100)

    assert (counted.total(), is_counted_estimated, is_estimated) == (OFFERS, False, True)
    assert estimated.total() == pytest.approx(OFFERS, rel=0.5)
