"""Public MLS pages: the trade's labels in whatever markup, and what a page without them is."""

import re

import pytest

from scraping.readers import read_page

ROWS = {
    "MLS #": "1234567",
    "Status": "Active",
    "List Price": "$425,000",
    "Property Type": "Residential - Single Family",
    "Address": "1204 S Oak Street, Austin, TX 78704",
    "Total Bedrooms": "3",
    "Full Baths": "2",
    "Half Baths": "1",
    "Approx. Sq. Ft.": "1,820",
    "Year Built": "1998",
    "Taxes": "$3,210",
    "Listing Agent": "Casey Agent",
    "Agent Phone": "512-555-0142",
    "Listing Office": "Let Well Realty",
    "List Date": "02/03/2021",
    "Public Remarks": "Bright rooms near the creek. " * 20,
}
MARKUP = {
    "table": ("<table>", "<tr><th>{}</th><td>{}</td></tr>", "</table>"),
    "cells": ("<table>", "<tr><td>{}:</td><td>{}</td></tr>", "</table>"),
    "definitions": ("<dl>", "<dt>{}</dt><dd>{}</dd>", "</dl>"),
    "spans": ("<div>", "<div><span>{}</span><span>{}</span></div>", "</div>"),
    "lines": ("<ul>", "<li>{}: {}</li>", "</ul>"),
    "bold": ("<p>", "<b>{}:</b> {}<br>", "</p>"),
}


def page_of(rows, markup="table"):
    start, row, end = MARKUP[markup]
    body = start + "".join(row.format(label, value) for label, value in rows.items()) + end
    return f"<html><head><title>1204 S Oak</title></head><body>{body}</body></html>".encode()


@pytest.mark.parametrize("markup", sorted(MARKUP))
def test_labels_and_values_are_read_in_any_markup(markup):
    (record,) = read_page("mls_page", page_of(ROWS, markup), "https://mls.example.com/1234567").records

    assert (record.external_id, record.asking_price, record.status) == ("1234567", 425000, "active")
    assert (record.beds, record.baths, record.area_sqft) == (3, 2.5, 1820)
    assert (record.address, record.city, record.zip) == ("1204 S Oak Street", "Austin", "78704")
    assert (record.contact_name, record.phones, record.is_owner) == ("Casey Agent", ("+15125550142",), False)
    assert (record.posted_at.isoformat(), record.property_type) == ("2021-02-03", "single_family")
    assert (record.kind, record.lost_fields, record.title) == (None, frozenset(), "1204 S Oak")
    assert record.description == ROWS["Public Remarks"].strip()


@pytest.mark.parametrize(
    ("label", "field"),
    [
        ("MLS #", "external_id"),
        ("List Price", "asking_price"),
        ("Address", "address"),
        ("Property Type", "property_type"),
        ("Public Remarks", "description"),
    ],
)
def test_a_renamed_label_is_a_lost_field_and_no_other_number_takes_its_place(label, field):
    rows = {("Thing" if name == label else name): value for name, value in ROWS.items()}

    (record,) = read_page("mls_page", page_of(rows), None).records

    assert getattr(record, field) is None
    assert record.lost_fields == {field}


def test_only_an_expired_listing_is_a_lead():
    kinds = {}
    for status in ("Expired", "Withdrawn", "Canceled", "Pending", "Sold"):
        (record,) = read_page("mls_page", page_of(ROWS | {"Status": status}), None).records
        kinds[status] = (record.kind, record.status, bool(record.rejected))

    assert kinds == {
        "Expired": ("expired", "expired", False),
        "Withdrawn": (None, "withdrawn", False),
        "Canceled": (None, "canceled", False),
        "Pending": (None, "pending", False),
        "Sold": (None, "closed", True),
    }


def test_a_page_in_running_words_is_read_as_any_sites_and_stays_an_agents():
    page = b"""<html><head><title>1204 S Oak St, Austin, TX 78704</title></head><body><main>
    <h1>1204 S Oak St, Austin, TX 78704</h1><strong>$425,000</strong><span>3 beds</span><span>2.5 baths</span>
    <span>1,820 sq ft</span><p>MLS #: 1234567</p></main></body></html>"""

    (record,) = read_page("mls_page", page, None).records

    assert (record.external_id, record.asking_price, record.beds, record.baths) == ("1234567", 425000, 3, 2.5)
    assert (record.address, record.is_owner, record.kind) == ("1204 S Oak St", False, None)


@pytest.mark.parametrize(
    ("scripts", "point"),
    [
        (
            "var hub_lat = 42.852044; var hub_long = -106.28227; new LatLng(42.866698, -106.313088)",
            (42.852044, -106.28227),
        ),
        ("map.setCenter(new google.maps.LatLng(42.852044, -106.28227))", (42.852044, -106.28227)),
        ("new LatLng(42.866698, -106.313088); new LatLng(42.852044, -106.28227)", None),
        ("var flat = 42.852044; var size = 106.28227", None),
    ],
    ids=["named", "alone", "two", "neither"],
)
def test_a_maps_point_counts_where_the_page_says_whose_it_is(scripts, point):
    page = page_of(ROWS | {"Address": "1204 S Oak Street"}).replace(
        b"</body>", f"<script>{scripts}</script>".encode()
    )

    (record,) = read_page("mls_page", page, None).records

    assert ((record.lat, record.lng) if record.point_source == "page" else None) == point


@pytest.mark.parametrize(
    ("page", "words"),
    [
        (b"<title>Search</title><h1>Property search</h1><p>Enter a town.</p>", "no listing"),
        (b"<title>Not found</title><p>That listing is no longer available.</p>", "gone"),
        (b'{"value": []}', "RESO"),
    ],
)
def test_what_is_no_listing_is_refused_with_a_reason(page, words):
    reading = read_page("mls_page", page, None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert words in reading.reason
    assert not re.search(r"[<>{}]", reading.reason)
