"""What the API tells of leads: the public view, narrowed exactly, at the caller's own price, in few queries."""

import base64

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Entitlement
from marketplace import services
from marketplace.models import Claim, Listing
from marketplace.prices import own_price_credits
from tests.api.problems import assert_problem
from tests.api.test_journey import contact_of

PUBLIC_FIELDS = {
    "id", "kind", "tier", "quality_score", "city", "state_code", "zip_code", "street", "latitude", "longitude",
    "property_type", "beds", "baths", "area_sqft", "asking_price_cents", "price_period", "summary", "features",
    "image_count", "source_name", "right_basis", "reasons", "posted_at", "first_seen_at", "listed_at", "copies",
    "copies_left",
    "returned_copies", "list_price_credits", "price_credits", "offer", "already_yours", "until",
    "waitlist_length", "waitlist_place", "opens_at", "opens_in_words", "turn_until",
}  # fmt: skip


def test_a_lead_shows_its_public_view_and_nothing_else(anonymous, lead):
    contact_of(lead)
    [row] = anonymous.get("/api/v1/leads/").json()["results"]
    detail = anonymous.get(f"/api/v1/leads/{lead.pk}/")

    assert (row.pop("matched"), row.pop("meaning")) == ([], [])
    assert set(row) == PUBLIC_FIELDS
    scored_by = {"version": "test", "readers": []}
    assert detail.json() == {**row, "price_parts": [], "track_record": None, "scored_by": scored_by}
    for hidden in (lead.address_line, "open-site", "Pat Seller", "5125550142", "30.2431"):
        for spelling in (hidden, base64.b64encode(hidden.encode()).decode().rstrip("=")):
            assert spelling not in detail.content.decode()


def test_the_words_of_a_search_do_not_find_what_is_hidden(anonymous, make_lead):
    lead = make_lead(address_line="9173 Hidden Creek Road")
    contact_of(lead)

    for words in ("Pat Seller", "5125550142", "open-site", f'"{lead.address_line}"'):
        assert anonymous.get("/api/v1/leads/", {"q": words}).json()["results"] == []
    right, wrong = (
        anonymous.get("/api/v1/leads/", {"q": f"{number} Hidden Creek"}).json()["results"]
        for number in ("9173", "1111")
    )
    assert [row["matched"] for row in right] == [["hidden", "creek"]]
    assert right == wrong


@pytest.fixture
def homes(make_lead):
    """Two homes that differ in everything that a filter can ask for."""
    ours = make_lead(price_credits=10)
    other = make_lead(price_credits=30)
    Listing.objects.update(property_type="single_family")
    Listing.objects.filter(pk=other.pk).update(
        kind="probate", tier="premium", quality_score=90, city="Denver", state_code="CO", zip_code="80203",
        latitude=39.73, longitude=-104.98, beds=5, baths=4, asking_price_cents=900_000_00,
    )  # fmt: skip
    return ours, other


AROUND_AUSTIN = (
    '{"type":"Polygon","coordinates":[[[-98,30],[-97,30],[-97,40],[-98,40],[-98,30]],'
    "[[-97.7,30.2],[-97.5,30.2],[-97.5,30.3],[-97.7,30.3],[-97.7,30.2]]]}"
)


NARROWED = (
    ("", "both"),
    ("state=TX", "ours"),
    ("state=colorado", "other"),
    ("city=AUSTIN", "ours"),
    ("city=Aus", "none"),
    ("zip=80203", "other"),
    ("kind=fsbo", "ours"),
    ("kind=fsbo&kind=probate", "both"),
    ("tier=premium", "other"),
    ("beds_min=3.5", "other"),
    ("beds_min=3", "both"),
    ("baths_min=2.5", "other"),
    ("price_max=10", "ours"),
    ("price_max=9", "none"),
    ("asking_min=412000", "both"),
    ("asking_min=412001", "other"),
    ("asking_max=412000", "ours"),
    ("asking_max=411999", "none"),
    ("quality_min=73", "other"),
    ("near=30.2461,-97.7671", "ours"),
    ("near=39.73,-104.98&radius_miles=1", "other"),
    ("near=30.2461,-97.7671&radius_miles=500", "ours"),
    ("polygon=" + AROUND_AUSTIN, "ours"),
    ("polygon=" + AROUND_AUSTIN.replace("-98,", "-106,"), "both"),
    ("polygon=" + AROUND_AUSTIN + "&state=CO", "none"),
    ("polygon=" + AROUND_AUSTIN + "&near=30.2461,-97.7671", "ours"),
    ("polygon=" + AROUND_AUSTIN + "&near=39.73,-104.98", "none"),
    ("q=house", "both"),
    ("q=house&literal=1", "both"),
    ("q=condo", "none"),
    ("q=probate+in+Denver", "other"),
    ("q=castle", "none"),
    ("state=TX&tier=premium", "none"),
)


def test_a_filter_narrows_exactly(anonymous, homes, subtests):
    ours, other = homes
    leads = {"both": {ours.pk, other.pk}, "ours": {ours.pk}, "other": {other.pk}, "none": set()}
    for query, found in NARROWED:
        with subtests.test(query):
            results = anonymous.get(f"/api/v1/leads/?{query}").json()["results"]

            assert {row["id"] for row in results} == {str(pk) for pk in leads[found]}


def test_facets_count_what_each_choice_would_leave_when_asked_for(anonymous, homes, make_lead):
    make_lead(beds=None)

    Listing.objects.update(state_code="TX")  # a whole place is counted exactly, however long the table is

    page = anonymous.get("/api/v1/leads/?kind=fsbo&state=TX&facets=1").json()

    assert len(page["results"]) == 2
    facets = page["facets"]
    assert facets["is_estimated"] is False
    assert facets["kind"] == [{"value": "fsbo", "count": 2}, {"value": "probate", "count": 1}]
    assert facets["tier"] == [{"value": "standard", "count": 2}]
    assert facets["city"] == [{"value": "Austin, TX", "count": 2}]
    assert [band for band in facets["beds"] if band["count"]] == [{"value": 3, "below": 4, "count": 1}]
    assert [band for band in facets["price"] if band["count"]] == [{"value": 6, "below": 11, "count": 2}]
    assert [band for band in facets["asking"] if band["count"]] == [
        {"value": 400_000, "below": 500_000, "count": 2}
    ]
    assert [band for band in facets["freshness"] if band["count"]] == [{"value": 0, "below": 1, "count": 2}]


def test_facets_are_not_counted_unless_asked_for(anonymous, lead):
    assert "facets" not in anonymous.get("/api/v1/leads/").json()
    assert "facets" not in anonymous.get("/api/v1/leads/?facets=0").json()
    assert_problem(anonymous.get("/api/v1/leads/?facets=some"), 400, "invalid")


@pytest.mark.parametrize(("sort", "first"), [("price", 0), ("quality", 1), ("newest", 1)])
def test_a_search_is_sorted_as_asked(anonymous, homes, sort, first):
    Listing.objects.filter(pk=homes[0].pk).update(listed_at="2026-01-01T00:00:00Z")

    results = anonymous.get("/api/v1/leads/", {"sort": sort}).json()["results"]

    assert results[0]["id"] == str(homes[first].pk)


def test_the_nearest_come_first_on_every_page(anonymous, make_lead):
    leads = [make_lead().pk for _ in range(30)]
    for number, lead in enumerate(leads):
        Listing.objects.filter(pk=lead).update(latitude=30 + (number * 7 % 30) / 100, longitude=-97)
    order = sorted(range(30), key=lambda number: number * 7 % 30)

    first = anonymous.get("/api/v1/leads/?near=30,-97&radius_miles=100&sort=distance").json()
    second = anonymous.get(first["next"]).json()

    assert [row["id"] for row in first["results"] + second["results"]] == [str(leads[number]) for number in order]
    assert anonymous.get(second["previous"]).json()["results"] == first["results"]


def test_the_best_match_comes_first_and_of_equal_ones_the_better_lead(anonymous, make_lead):
    once = [make_lead(summary="A garden").pk for _ in range(28)]
    twice = make_lead(summary="A garden, a garden by the garden").pk
    Listing.objects.filter(pk=once[3]).update(quality_score=99)
    make_lead(summary="A condo")

    first = anonymous.get("/api/v1/leads/?q=garden&sort=relevance").json()
    second = anonymous.get(first["next"]).json()

    found = [row["id"] for row in first["results"] + second["results"]]
    assert found[:2] == [str(twice), str(once[3])]
    assert sorted(found) == sorted(map(str, [twice, *once]))
    assert anonymous.get(second["previous"]).json()["results"] == first["results"]


@pytest.mark.parametrize("sort", ["distance", "relevance"])
def test_a_sort_that_lacks_what_it_sorts_by_is_refused(anonymous, sort):
    body = assert_problem(anonymous.get("/api/v1/leads/", {"sort": sort}), 400, "invalid")

    assert list(body["errors"]) == ["sort"]


def test_pages_are_walked_by_their_own_addresses(anonymous, make_lead):
    leads = {str(make_lead(price_credits=10 + number % 3).pk) for number in range(30)}

    answer = anonymous.get("/api/v1/leads/?sort=price&state=TX")
    first = answer.json()
    assert first["previous"] is None
    assert first["next"].startswith("http://testserver/api/v1/leads/?sort=price&state=TX&cursor=")
    assert answer["Link"] == f'<{first["next"]}>; rel="next"'
    second = anonymous.get(first["next"]).json()
    assert second["next"] is None
    assert len(first["results"]) == 24
    assert {row["id"] for row in first["results"] + second["results"]} == leads
    assert anonymous.get(second["previous"]).json()["results"] == first["results"]


def test_a_plan_pays_its_own_price(alice, alice_api, anonymous, make_lead):
    Entitlement.objects.filter(organisation=alice.organisation, key="discount_percent").update(value=15)
    prices = [1, 2, 3, 10, 13, 30]
    leads = [make_lead(price_credits=price) for price in prices]
    Entitlement.objects.filter(organisation=alice.organisation, key="live_holds").update(value=20)

    rows = {row["id"]: row for row in alice_api.get("/api/v1/leads/").json()["results"]}
    public = {row["id"]: row["price_credits"] for row in anonymous.get("/api/v1/leads/").json()["results"]}

    for lead, price in zip(leads, prices, strict=True):
        held = alice_api.post("/api/v1/cart/items/", {"lead": str(lead.pk)}, format="json").json()
        row = rows[str(lead.pk)]
        assert row["list_price_credits"] == public[str(lead.pk)] == held["list_price_credits"] == price
        assert row["price_credits"] == held["price_credits"]


def test_the_own_price_is_rounded_as_the_database_rounds(db):
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p, d, greatest(1, round(p * (100 - d) / 100.0))::int"
            " FROM generate_series(1, 150) p, generate_series(0, 100) d"
        )
        for price, discount, own in cursor.fetchall():
            assert own_price_credits(list_price_credits=price, discount_percent=discount) == own


def test_an_offer_says_whose_it_is(anonymous, alice, api, charlie, lead):
    url = f"/api/v1/leads/{lead.pk}/"
    services.hold_lead(lead_id=lead.pk, buyer=alice)

    mine, theirs, anybodys = (client.get(url).json() for client in (api(alice), api(charlie), anonymous))

    assert [seen["offer"] for seen in (mine, theirs, anybodys)] == ["yours", "held", "held"]
    assert mine["until"] == theirs["until"] == anybodys["until"]


def test_the_price_history_is_newest_first(alice_api, lead):
    history = alice_api.get(f"/api/v1/leads/{lead.pk}/price-history/").json()

    assert [row["price_credits"] for row in history["results"]] == [10]
    assert (history["next"], history["previous"]) == (None, None)


def test_a_lead_that_never_was_is_not_found(anonymous, alice_api):
    for address in ("", "price-history/", "contact/"):
        assert_problem(
            alice_api.get(f"/api/v1/leads/00000000-0000-0000-0000-000000000007/{address}"), 404, "not_found"
        )


def test_lists_cost_the_same_however_long(alice, alice_api, grant, make_lead):
    grant(alice, 1000)
    Entitlement.objects.filter(organisation=alice.organisation, key="live_holds").update(value=20)
    trade(alice, make_lead, "first", copies=2)
    short = {address: queries(alice_api, address) for address in LISTS}

    trade(alice, make_lead, "second", copies=8)
    long = {address: queries(alice_api, address) for address in LISTS}

    assert short == long
    assert max(long.values()) <= 8
    assert Claim.objects.count() == 15


LISTS = ("leads/", "cart/", "purchases/", "credits/entries/")


def trade(buyer, make_lead, key, *, copies):
    """Leave ``copies`` leads on offer, as many more bought, and half of them held."""
    for _ in range(copies):
        make_lead()
        services.hold_lead(lead_id=make_lead().pk, buyer=buyer)
    services.check_out(buyer=buyer, idempotency_key=key)
    for _ in range(copies // 2):
        services.hold_lead(lead_id=make_lead().pk, buyer=buyer)


def queries(client, address):
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response = client.get(f"/api/v1/{address}")
    assert response.status_code == 200
    return len(captured)


def test_no_cache_keeps_an_answer(alice_api, anonymous, lead):
    wrong = {"email": "alice@example.com", "password": "wrong horse"}
    for response in (
        alice_api.get("/api/v1/cart/"),
        alice_api.get(f"/api/v1/leads/{lead.pk}/contact/"),
        anonymous.get("/api/v1/leads/"),
        anonymous.post("/api/v1/auth/token/", wrong, format="json"),
    ):
        assert "no-store" in response["Cache-Control"]
