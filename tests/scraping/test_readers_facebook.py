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
