"""Facebook Marketplace: homes pass, everything else is read and rejected."""

import json
from datetime import UTC, datetime

import pytest

from bench.sidecars import read_saved
from scraping.readers import read_page


def test_a_search_for_drones_ends_rejected_though_every_item_is_read(shared_data):
    reading, _ = read_saved(shared_data, "facebook/marketplace_search_houston_2025-02.html")

    assert reading.page == "rejected"
    assert "14" in reading.reason
    assert all(record.rejected for record in reading.records)


def test_a_smoke_detector_ends_rejected_without_the_house_beside_it(shared_data):
    reading, _ = read_saved(shared_data, "facebook/marketplace_item_regular_2025-01.html")

    (record,) = reading.records
    assert reading.page == "rejected"
    assert reading.reason == record.rejected
    assert record.kind is None


def test_a_rental_passes_and_the_parking_space_beside_it_is_rejected(shared_data):
    reading, _ = read_saved(shared_data, "facebook/apify_propertyrentals_2026-09_a.json")

    assert reading.page == "search"
    home, parking = reading.records
    assert (home.kind, home.price_period, home.property_type) == ("rental_owner", "month", "apartment")
    assert (parking.kind, parking.beds) == (None, None)
    assert "another Marketplace category" in parking.rejected


def item_page(*fragments, recommended=()):
    payloads = [
        {
            "require": [
                {"__bbox": {"result": {"data": {"viewer": {"marketplace_product_details_page": {"target": part}}}}}}
            ]
        }
        for part in fragments
    ]
    payloads.append({"marketplace_home_feed": {"edges": [{"node": {"listing": item}} for item in recommended]}})
    scripts = "".join(
        f'<script type="application/json" data-sjs>{json.dumps(payload)}</script>' for payload in payloads
    )
    return f"<html><body>{scripts}<script type='application/json'>broken{{</script></body></html>".encode()


def test_the_fragments_of_one_item_are_joined_and_recommendations_left_out():
    page = item_page(
        {
            "id": "5",
            "marketplace_listing_title": "3 Beds 2 Baths - House",
            "location": {"latitude": 30.1, "longitude": -97.1},
        },
        {
            "id": "5",
            "marketplace_listing_category_id": "821056594720130",
            "listing_price": {"amount": "289000.00", "currency": "USD"},
            "creation_time": 1790735658,
            "redacted_description": {"text": "By owner. Call 512 555 0107"},
        },
        {"id": "6", "marketplace_listing_title": "Another home"},
        recommended=[{"id": "7", "marketplace_listing_title": "2 Beds - Condo"}],
    )

    reading = read_page("facebook", page, None)

    (record,) = reading.records
    assert (reading.page, record.external_id, record.kind) == ("listing", "5", "fsbo")
    assert (record.asking_price, record.beds, record.baths) == (289000, 3, 2)
    assert (record.property_type, record.phones) == ("single_family", ("+15125550107",))
    assert record.posted_at == datetime(2026, 9, 30, 2, 34, 18, tzinfo=UTC)
    assert record.url == "https://www.facebook.com/marketplace/item/5/"


@pytest.mark.parametrize(
    ("title", "property_type"),
    [
        ("2 Beds 1 Bath - Condo", "condo"),
        ("3 Beds 2 Baths House", "single_family"),
        ("Studio 1 Bath Apartment", "apartment"),
        ("2 beds near the park", None),
    ],
)
def test_a_generated_title_ends_with_the_type_of_the_home(title, property_type):
    item = {"id": "5", "marketplace_listing_title": title, "marketplace_listing_category_id": "821056594720130"}

    (record,) = read_page("facebook", item_page(item), None).records

    assert record.property_type == property_type


def test_a_sold_home_is_rejected():
    page = item_page(
        {
            "id": "5",
            "marketplace_listing_title": "2 Beds - Condo",
            "marketplace_listing_category_id": "821056594720130",
            "is_sold": True,
        }
    )

    reading = read_page("facebook", page, None)

    assert (reading.page, reading.reason) == ("rejected", "The item is marked as sold.")


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        (b"<body><form id='login_form'></form></body>", "log-in"),
        (b"<body>hello</body>", "neither"),
    ],
)
def test_what_is_no_item_is_refused_with_a_reason(page, reason):
    reading = read_page("facebook", page, None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reason in reading.reason


def test_an_empty_search_is_a_search():
    reading = read_page("facebook", b'[{"marketplace_search": {"feed_units": {"edges": []}}}]', None)

    assert (reading.page, reading.records) == ("search", ())


def rental(**facts):
    return {
        "id": "5",
        "marketplace_listing_title": "2 Beds 1 Bath - Apartment",
        "marketplace_listing_category_id": "1468271819871448",
        "listing_price": {"amount": "1500.00", "currency": "USD"},
        "custom_title": "2 beds · 1 bath",
        **facts,
    }


def edge(item):
    return {"node": {"listing": item}}


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"marketplace_listing_title": "iPhone 13 Pro Max", "custom_title": None}, "other goods"),
        ({"marketplace_listing_title": "S21 Ultra", "custom_title": None,
          "listing_price": {"amount": "250"}}, "nothing else"),
        ({"marketplace_listing_title": "We buy houses for cash"}, "buys homes"),
        ({"marketplace_listing_title": "ACL Parking spot", "custom_title": None}, "other goods"),
    ],
)  # fmt: skip
def test_what_is_filed_under_rentals_and_is_no_home_is_rejected(facts, reason):
    reading = read_page("facebook", json.dumps([rental(**facts)]).encode(), None)

    assert reading.page == "rejected"
    assert reason in reading.reason


def test_a_rental_with_a_title_of_its_own_passes():
    items = [rental(marketplace_listing_title="Quiet place downtown", custom_title=None), rental(id="6")]

    reading = read_page("facebook", json.dumps(items).encode(), None)

    assert [record.rejected for record in reading.records] == [None, None]


def test_a_streamed_answer_is_read_line_by_line():
    first = {"data": {"marketplace_search": {"feed_units": {"edges": [edge(rental(id="1"))]}}}}
    later = {"label": "x", "path": ["marketplace_search", "feed_units", "edges", 1], "data": edge(rental(id="2"))}
    again = {"path": ["marketplace_search", "feed_units", "edges", 2], "data": edge(rental(id="1"))}
    body = "\n".join(json.dumps(line) for line in (first, later, again))

    reading = read_page("facebook", b"for (;;);" + body.encode(), None)

    assert (reading.page, [record.external_id for record in reading.records]) == ("search", ["1", "2"])


def test_a_category_page_is_a_search_and_what_it_recommends_is_left_out():
    feed = {"viewer": {"marketplace_feed_stories": {"edges": [edge(rental(id="1"))]},
            "marketplace_home_feed": {"edges": [edge(rental(id="9"))]}}}  # fmt: skip
    page = f'<script type="application/json" data-sjs>{json.dumps(feed)}</script>'

    reading = read_page("facebook", page.encode(), None)

    assert [record.external_id for record in reading.records] == ["1"]


def test_a_flat_export_is_read_and_its_category_checked():
    home = {
        "url": "https://www.facebook.com/marketplace/item/123456/", "title": "3BR house", "price": "$289,000",
        "location": "Austin, TX", "category": "Property For Sale",
        "bedrooms": 3, "bathrooms": 2, "address": "12 Oak St",
        "images": ["https://example.com/1.jpg", {"url": "https://example.com/2.jpg"}],
        "seller": {"name": "Alice Ames"},
    }  # fmt: skip
    phone = {"id": "7", "title": "Galaxy S21", "price": {"amount": "250"}, "category": "Property Rentals"}
    drone = {"id": "8", "title": "Drone", "price": "$90", "category": "Electronics"}

    reading = read_page("facebook", json.dumps({"items": [home, phone, drone]}).encode(), None)

    sale, misfiled, elsewhere = reading.records
    assert (sale.external_id, sale.kind, sale.asking_price, sale.beds) == ("123456", "fsbo", 289000, 3)
    assert (sale.address, sale.city, sale.state, sale.contact_name) == ("12 Oak St", "Austin", "TX", "Alice Ames")
    assert len(sale.image_urls) == 2
    assert "other goods" in misfiled.rejected
    assert "another Marketplace category" in elsewhere.rejected


def test_a_nested_export_and_a_table_are_read():
    nested = read_page("facebook", json.dumps([edge(rental())]).encode(), None)
    table = read_page("facebook", b"id,title,price,beds\n7,Cabin,90000,2\n", None)

    assert (nested.page, nested.records[0].beds) == ("search", 2)
    assert (table.page, table.records[0].external_id) == ("feed", "7")


@pytest.mark.parametrize(
    ("field", "lost"),
    [("marketplace_listing_title", "title"), ("listing_price", "asking_price"),
     ("marketplace_listing_category_id", "category")],
)  # fmt: skip
def test_a_field_that_a_payload_no_longer_has_is_lost(field, lost):
    item = rental()
    del item[field]

    (record,) = read_page("facebook", item_page(item), None).records

    assert record.lost_fields == {lost}
    assert getattr(record, lost) is None
