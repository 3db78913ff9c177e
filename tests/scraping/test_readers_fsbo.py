"""By-owner sites: one home said in five ways, and pages that say none."""

import json
import re
from typing import Any

import pytest

from leads.confidence import confidence_of, field_confidence
from scraping.readers import read_page

JSON_LD = {
    "@context": "https://schema.org",
    "@graph": [
        {"@type": "WebSite", "name": "Homes by owner"},
        {
            "@type": "RealEstateListing",
            "url": "/homes/4711",
            "name": "Bungalow near the park",
            "datePosted": "2026-03-04",
            "description": "<p>Sunny &amp; quiet.</p><p>Call 512-555-0142.</p>",
            "image": ["/photos/1.jpg", {"@type": "ImageObject", "url": "https://example.com/photos/2.jpg"}],
            "offers": {
                "@type": "Offer",
                "price": 412500,
                "priceCurrency": "USD",
                "seller": {
                    "@type": "Person",
                    "name": "Alice Ames",
                    "telephone": "(512) 555-0142",
                    "email": "alice@example.com",
                },
            },
            "about": {
                "@type": "SingleFamilyResidence",
                "numberOfBedrooms": 3,
                "numberOfBathroomsTotal": 2.5,
                "floorSize": {"@type": "QuantitativeValue", "value": 1640, "unitCode": "FTK"},
                "address": {
                    "@type": "PostalAddress",
                    "streetAddress": "1204 South Oak Street",
                    "addressLocality": "Austin",
                    "addressRegion": "TX",
                    "postalCode": "78704",
                },
                "geo": {"@type": "GeoCoordinates", "latitude": 30.2431, "longitude": -97.7652},
            },
        },
    ],
}
WITH_JSON_LD = (
    f'<html><body><script type="application/ld+json">{json.dumps(JSON_LD)}</script><h1>x</h1></body></html>'
)

WITH_MICRODATA = """
<html><body><div itemscope itemtype="https://schema.org/SingleFamilyResidence">
<h1 itemprop="name">Bungalow near the park</h1><a itemprop="url" href="/homes/4711">here</a>
<div itemprop="address" itemscope itemtype="https://schema.org/PostalAddress">
<span itemprop="streetAddress">1204 South Oak Street</span> <span itemprop="addressLocality">Austin</span>
<span itemprop="addressRegion">TX</span> <span itemprop="postalCode">78704</span></div>
<div itemprop="geo" itemscope itemtype="https://schema.org/GeoCoordinates">
<meta itemprop="latitude" content="30.2431"><meta itemprop="longitude" content="-97.7652"></div>
<div itemprop="offers" itemscope itemtype="https://schema.org/Offer">
<b itemprop="price" content="412500">$412,500</b>
<meta itemprop="priceCurrency" content="USD">
<div itemprop="seller" itemscope itemtype="https://schema.org/Person"><span itemprop="name">Alice Ames</span>
<span itemprop="telephone">(512) 555-0142</span>
<a itemprop="email" href="mailto:alice@example.com">mail</a></div></div>
<span itemprop="numberOfBedrooms">3</span> <span itemprop="numberOfBathroomsTotal">2.5</span>
<span itemprop="floorSize" itemscope itemtype="https://schema.org/QuantitativeValue">
<meta itemprop="value" content="1640"><meta itemprop="unitCode" content="FTK"></span>
<time itemprop="datePosted" datetime="2026-03-04">March</time>
<p itemprop="description">Sunny &amp; quiet. Call 512-555-0142.</p>
<img itemprop="image" src="/photos/1.jpg"></div></body></html>
"""

WITH_TABLE = """
<html><head><title>Bungalow near the park</title><link rel="canonical" href="https://example.com/homes/4711">
<meta name="geo.position" content="30.2431;-97.7652"></head>
<body><nav><span>Price: $1</span></nav><main><h1>Bungalow near the park</h1>
<table><tr><th>Asking price</th><td>$412,500</td></tr><tr><th>Bedrooms</th><td>3</td></tr>
<tr><th>Baths</th><td>2½</td></tr><tr><th>Living area</th><td>1,640 sq ft</td></tr>
<tr><td>Address</td><td>1204 South Oak Street, Austin, TX 78704</td></tr>
<tr><td>Home type:</td><td>Single family</td></tr><tr><td>Seller</td><td>Alice Ames</td></tr>
<tr><td>Phone</td><td>(512) five55-01 42</td></tr><tr><td>E-mail</td><td>alice (at) example (dot) com</td></tr>
<tr><td>Posted</td><td>March 4, 2026</td></tr></table>
<div class="description"><p>Sunny &amp; quiet.</p></div><img src="/photos/1.jpg"></main>
<aside class="similar-homes"><p>Bedrooms: 9</p><p>Price: $9</p></aside></body></html>
"""

WITH_LISTS = """
<html><head><title>Bungalow near the park</title><link rel="canonical" href="https://example.com/homes/4711"></head>
<body data-lat="30.2431" data-lng="-97.7652"><main><h1>Bungalow near the park</h1>
<p><strong>Price:</strong> $412.5k</p>
<dl><dt>Bedrooms</dt><dd>3</dd><dt>Bathrooms</dt><dd>2 full, 1 half</dd><dt>Square feet</dt><dd>1640</dd>
<dt>Street address</dt><dd>1204 South Oak Street</dd><dt>City</dt><dd>Austin</dd><dt>State</dt><dd>Texas</dd>
<dt>ZIP code</dt><dd>78704</dd><dt>Type</dt><dd>House</dd></dl><ul><li>Contact: Alice Ames</li>
<li>Call: 512.555.0142</li><li>Email: alice@example.com</li><li>Listed on: 2026-03-04</li></ul>
<section id="description">Sunny &amp; quiet.</section>
<figure><img src="/photos/1.jpg"></figure></main></body></html>
"""

WITH_UNITS = """
<html><head><title>Bungalow near the park</title>
<meta property="og:url" content="https://example.com/homes/4711"><meta property="og:image" content="/photos/1.jpg">
<meta property="place:location:latitude" content="30.2431">
<meta property="place:location:longitude" content="-97.7652">
<meta property="article:published_time" content="2026-03-04"></head><body><article><h1>Bungalow near the park</h1>
<div class="x1"><span>$412,500</span></div><h2 class="price-x">$412,500</h2>
<p><span>3 beds</span> <span>2.5 baths</span> <span>1,640 sq ft</span></p>
<address>1204 South Oak Street<br>Austin, TX 78704</address><div class="remarks">Sunny &amp; quiet.</div>
<p>Home type: house</p><p>Seller: Alice Ames</p><a href="tel:+15125550142">Call</a>
<a href="mailto:alice@example.com?subject=home">Write</a></article></body></html>
"""


WITH_RDFA = (
    WITH_MICRODATA.replace('itemscope itemtype="https://schema.org/', 'typeof="')
    .replace("itemprop=", "property=")
    .replace("<html>", '<html vocab="https://schema.org/">')
)


def test_a_year_before_a_home_is_no_house_number():
    page = WITH_UNITS.replace("<h1>Bungalow near the park", "<h1>1994 house near Maple Rd, 78704")

    (with_address,) = read_page("fsbo", page.encode(), "https://example.com/homes/4711").records
    without = re.sub("<address>.*?</address>", "", page)
    (without_address,) = read_page("fsbo", without.encode(), "https://example.com/homes/4711").records

    assert with_address.address_key == "1204|s oak st||78704"
    assert without_address.address is None


@pytest.mark.parametrize(
    "page",
    [WITH_JSON_LD, WITH_MICRODATA, WITH_RDFA, WITH_TABLE, WITH_LISTS, WITH_UNITS],
    ids=["json-ld", "microdata", "rdfa", "table", "lists", "units"],
)
def test_one_home_is_read_alike_in_every_markup(page):
    reading = read_page("fsbo", page.encode(), "https://example.com/homes/4711")

    (record,) = reading.records
    assert (reading.page, record.kind, record.rejected) == ("listing", "fsbo", None)
    assert (record.url, record.title) == ("https://example.com/homes/4711", "Bungalow near the park")
    assert (record.asking_price, record.price_period) == (412500, "once")
    assert (record.beds, record.baths, record.area_sqft) == (3, 2.5, 1640)
    assert (record.city, record.state, record.zip) == ("Austin", "TX", "78704")
    assert record.address_key == "1204|s oak st||78704"
    assert (record.lat, record.lng, record.point_source) == (30.2431, -97.7652, "page")
    assert (record.phones, record.emails) == (("+15125550142",), ("alice@example.com",))
    assert (record.contact_name, record.property_type) == ("Alice Ames", "single_family")
    assert record.posted_at.isoformat() == "2026-03-04"
    assert record.description.startswith("Sunny & quiet.")
    assert record.image_urls[0] == "https://example.com/photos/1.jpg"


def test_each_field_says_where_it_was_found():
    (record,) = read_page("fsbo", WITH_TABLE.encode(), None).records

    assert record.field_sources["beds_text"] == "label: Bedrooms"
    assert record.field_sources["latitude"] == "meta"


def test_a_home_offered_by_an_agent_is_not_the_owners():
    agent = {"@type": "RealEstateAgent", "name": "Bob's Realty"}
    listing = {"@type": "RealEstateListing", "name": "Condo", "offers": {"price": "1", "seller": agent}}

    (record,) = read_page(
        "fsbo", f'<script type="application/ld+json">{json.dumps(listing)}</script>'.encode(), None
    ).records

    assert record.is_owner is False


def test_a_rent_whose_period_stands_only_in_words_is_a_rent():
    page = WITH_MICRODATA.replace("412500", "2275").replace(
        "</body>", "<dl><dt>Price</dt><dd>$2,275 / month</dd></dl></body>"
    )

    (record,) = read_page("fsbo", page.encode(), None).records

    assert (record.kind, record.asking_price, record.price_period) == ("rental_owner", 2275, "month")


@pytest.mark.parametrize(
    ("offer", "period"),
    [
        ({"price": 2275, "businessFunction": "http://purl.org/goodrelations/v1#LeaseOut"}, "month"),
        ({"@type": "OfferForLease", "price": 2275}, "month"),
        ({"priceSpecification": {"price": 500, "unitCode": "WEE"}}, "week"),
        ({"priceSpecification": {"price": 2275, "unitText": "MONTH"}}, "month"),
        ({"price": 412500, "businessFunction": "http://purl.org/goodrelations/v1#Sell"}, "once"),
    ],
)
def test_an_offer_to_lease_is_told_from_an_offer_to_sell(offer, period):
    listing = {"@type": "RealEstateListing", "name": "Bungalow", "offers": {"@type": "Offer", **offer}}
    page = f'<script type="application/ld+json">{json.dumps(listing)}</script>'

    (record,) = read_page("fsbo", page.encode(), None).records

    assert record.price_period == period


@pytest.mark.parametrize("count", [1, 3])
def test_products_that_are_no_homes_are_refused(count):
    drones = [
        {"@type": "Product", "name": "Camera drone", "url": f"/items/{number}", "offers": {"price": 300 + number}}
        for number in range(count)
    ]
    page = f'<h1>Camera drones</h1><script type="application/ld+json">{json.dumps(drones)}</script>'

    reading = read_page("fsbo", page.encode(), "https://example.com/items/")

    assert (reading.page, reading.reason) == ("rejected", "The page describes no home for sale.")


def test_a_product_that_is_a_home_by_its_facts_is_read():
    house = {"@type": "Product", "name": "House", "numberOfBedrooms": 3, "offers": {"price": 412500}}

    reading = read_page("fsbo", f'<script type="application/ld+json">{json.dumps(house)}</script>'.encode(), None)

    assert (reading.page, reading.records[0].beds) == ("listing", 3)


def test_a_list_of_cards_without_structured_data_is_a_search():
    cards = "".join(
        f'<li class="home"><a href="/homes/{number}"><h3>{number} Elm Street</h3></a><b>${number},000</b>'
        f"<span>{number % 5} beds</span></li>"
        for number in (101, 102, 103, 104)
    )

    reading = read_page("fsbo", f"<body><ul>{cards}</ul></body>".encode(), "https://example.com/list?page=2")

    assert reading.page == "search"
    assert [record.url for record in reading.records][:2] == [
        "https://example.com/homes/101",
        "https://example.com/homes/102",
    ]
    assert [record.asking_price for record in reading.records] == [101000, 102000, 103000, 104000]
    assert [record.beds for record in reading.records] == [1, 2, 3, 4]
    assert reading.records[0].address == "101 Elm Street"


def test_several_homes_in_json_ld_are_a_search():
    homes = [{"@type": "House", "url": f"/homes/{number}", "numberOfBedrooms": number} for number in (1, 2)]
    page = (
        f'<script type="application/ld+json">{json.dumps({"@type": "ItemList", "itemListElement": homes})}</script>'
    )

    reading = read_page("fsbo", page.encode(), "https://example.com/")

    assert reading.page == "search"
    assert [record.beds for record in reading.records] == [1, 2]


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<title>404 not found</title><body>Sorry</body>", "gone"),
        ("<h1>This home is no longer available</h1>", "gone"),
        ("<h1>About us</h1><p>We list homes.</p>", "no home"),
    ],
)
def test_a_page_without_a_home_is_refused_with_a_reason(page, reason):
    reading = read_page("fsbo", page.encode(), None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reason in reading.reason


def test_a_page_that_says_little_gets_nothing_invented():
    (record,) = read_page(
        "fsbo", b"<h1>Cabin</h1><p>Price: $90,000</p><p>Beds: 2</p><p>Phone: 512-555-0142</p>", None
    ).records

    assert (record.asking_price, record.beds, record.phones) == (90000, 2, ("+15125550142",))
    assert (record.baths, record.area_sqft, record.address, record.city, record.zip, record.lat) == (None,) * 6
    assert (record.currency, record.posted_at, record.contact_name, record.is_owner, record.url) == (None,) * 5


def test_full_and_half_baths_of_a_table_are_the_baths_and_a_broken_line_keeps_its_unit():
    page = """<h1>Lakehouse</h1><table><tr><th>Asking Price</th><td>$615,000</td></tr>
    <tr><th>Bedrooms:</th><td>3 (plus loft)</td></tr><tr><th>Full baths</th><td>2</td></tr>
    <tr><th>Half baths</th><td>1</td></tr>
    <tr><th>Property address</th><td>77 Shoreline Dr, Unit B<br>Boise, Idaho 83702</td></tr></table>"""

    (record,) = read_page("fsbo", page.encode(), None).records

    assert (record.beds, record.baths) == (3, 2.5)
    assert (record.address, record.city, record.state) == ("77 Shoreline Dr, Unit B", "Boise", "ID")


def scripted_home(number: int, price: int = 310_000) -> dict[str, Any]:
    place = {
        "fullStreetAddress": f"{number} Birch Ct",
        "city": "Boise",
        "stateOrProvince": "ID",
        "postalCode": "83702",
    }
    return {
        "id": f"b{number}",
        "listPrice": price,
        "bedrooms": 3,
        "bathrooms": 0,
        "address": place,
        "photos": [{"url": f"https://pictures.example.com/{number}.jpg"}],
    }


def scripted_page(*homes: dict[str, Any], markup: str = "") -> bytes:
    state = json.dumps({"user": None, "settings": {"currency": "USD", "price": 5}, "found": {"homes": homes}})
    return f"<title>Birch Court</title><script>window.__STATE__ = {state};</script>{markup}".encode()


def test_a_page_drawn_by_scripts_is_read_from_the_document_that_they_draw_it_from():
    (record,) = read_page("fsbo", scripted_page(scripted_home(12)), "https://homes.example.com/l/77").records

    assert (record.external_id, record.asking_price, record.beds, record.baths) == ("b12", 310_000, 3, None)
    assert (record.address, record.city, record.state, record.zip) == ("12 Birch Ct", "Boise", "ID", "83702")
    assert record.image_urls == ("https://pictures.example.com/12.jpg",)
    assert field_confidence(record)["beds"] == confidence_of("script")


def test_of_several_homes_in_a_script_the_one_of_the_pages_address_is_meant():
    page = scripted_page(scripted_home(12), scripted_home(14, 450_000))

    (record,) = read_page("fsbo", page, "https://homes.example.com/l/b14").records

    assert (record.address, record.asking_price) == ("14 Birch Ct", 450_000)


@pytest.mark.parametrize(
    "page",
    [
        scripted_page(scripted_home(12), scripted_home(14)),
        scripted_page(scripted_home(12), markup="<meta property='og:price:amount' content='99000'>"),
        b'<script>window.__STATE__ = {"listPrice": 1, "bedrooms": [[[</script>',
        b'<script type="application/json">' + b"[" * 50_000 + b"</script>",
    ],
    ids=["which home is open", "another price is shown", "broken", "deep"],
)
def test_a_script_that_tells_of_other_homes_or_of_none_makes_no_listing(page):
    assert read_page("fsbo", page, "https://homes.example.com/l/77").page == "rejected"


def test_labels_may_be_spanish():
    page = """<h1>Casa en venta por dueño</h1><ul><li><b>Precio:</b> US$ 415,000</li><li><b>Habitaciones:</b> 3</li>
    <li><b>Baños:</b> 2</li><li><b>Superficie:</b> 140 m²</li><li><b>Dirección:</b> 2210 SW 8th St, Miami, FL 33135
    </li><li><b>Teléfono:</b> 305-555-0162</li></ul>"""

    (record,) = read_page("fsbo", page.encode(), None).records

    assert (record.asking_price, record.beds, record.baths, record.area_sqft) == (415_000, 3, 2, 1507)
    assert (record.address, record.city, record.zip) == ("2210 SW 8th St", "Miami", "33135")
    assert (record.phones, record.is_owner) == (("+13055550162",), True)


def test_loose_words_are_told_by_their_units_and_their_form():
    page = """<title>2 bed 1.5 bath home by owner</title><h1>2 bed 1.5 bath home by owner - <b>$279,000</b></h1>
    <div>676 Cedar Ln</div><p>Austin TX 78731</p><p>1,293 sq ft, built 1972</p><p>Half a mile to 12 shops</p>"""

    (record,) = read_page("fsbo", page.encode(), None).records

    assert (record.title, record.asking_price) == ("2 bed 1.5 bath home by owner", 279000)
    assert (record.beds, record.baths, record.area_sqft) == (2, 1.5, 1293)
    assert (record.address, record.city, record.state, record.zip) == ("676 Cedar Ln", "Austin", "TX", "78731")
    assert record.is_owner is True


def test_a_graph_that_names_its_home_by_reference_is_one_home():
    graph = [
        {"@type": "RealEstateListing", "@id": "/1", "mainEntity": {"@id": "/1#home"}, "offers": {"price": 1000}},
        {"@type": "House", "@id": "/1#home", "numberOfBedrooms": 4, "address": {"addressLocality": "Austin"}},
    ]
    page = f'<script type="application/ld+json">{json.dumps({"@graph": graph})}</script>'

    reading = read_page("fsbo", page.encode(), "https://example.com/1")

    (record,) = reading.records
    assert (reading.page, record.beds, record.city, record.asking_price) == ("listing", 4, "Austin", 1000)


def test_homes_that_a_page_recommends_are_not_its_own():
    other = '<li class="home"><a href="/homes/{0}">{0} Elm Street</a><b>${0},000</b><span>9 beds</span></li>'
    similar = "".join(other.format(number) for number in (101, 102, 103, 104))
    page = f"""<h1>676 Cedar Lane</h1><p>$279,000</p><p>2 beds</p><a href="tel:5125550142">Call</a>
    <section class="similar-listings"><ul>{similar}</ul></section>"""

    reading = read_page("fsbo", page.encode(), None)

    (record,) = reading.records
    assert (reading.page, record.asking_price, record.beds) == ("listing", 279000, 2)
    assert record.address == "676 Cedar Lane"


def test_each_field_says_how_sure_it_is():
    sure = {
        name: field_confidence(read_page("fsbo", page.encode(), None).records[0])
        for name, page in (
            ("json-ld", WITH_JSON_LD),
            ("rdfa", WITH_RDFA),
            ("table", WITH_TABLE),
            ("units", WITH_UNITS),
        )
    }

    assert sure["json-ld"]["asking_price"] > sure["rdfa"]["asking_price"] > sure["table"]["asking_price"]
    assert sure["table"]["beds"] > sure["units"]["beds"] > sure["table"]["title"]
    assert all(0 < value <= 1 for fields in sure.values() for value in fields.values())


@pytest.mark.parametrize(
    ("page", "node", "lost"),
    [
        (WITH_JSON_LD, '"price": 412500, ', "asking_price"),
        (WITH_JSON_LD, '"value": 1640, ', "area_sqft"),
        (WITH_MICRODATA, 'itemprop="price" content="412500"', "asking_price"),
        (WITH_RDFA, 'property="price" content="412500"', "asking_price"),
        (WITH_TABLE, "$412,500", "asking_price"),
        (WITH_TABLE, "2½", "baths"),
    ],
)
def test_a_value_whose_label_or_markup_is_left_alone_is_lost_and_not_guessed(page, node, lost):
    assert node in page
    page = page.replace("<h1>Bungalow", "<b>$250 a month for the pool</b><h1>Bungalow")

    (record,) = read_page("fsbo", page.replace(node, "").encode(), None).records

    assert lost in record.lost_fields
    assert getattr(record, lost) is None


def test_a_service_on_a_site_of_homes_is_rejected():
    page = (
        "<title>We buy houses</title><h1>We buy houses</h1><p>Price: $1</p><p>Beds: 2</p><p>Phone: 512-555-0142</p>"
    )

    assert read_page("fsbo", page.encode(), None).page == "rejected"
