"""Craigslist: real pages of five layouts, field by field, and pages that must be refused."""

import json
from datetime import UTC, datetime

import pytest

from bench.sidecars import read_saved
from scraping.readers import read_page
from scraping.readers.craigslist.site import category_of


@pytest.mark.parametrize(
    "name",
    [
        "milwaukee_apa_wauwatosa_static_2026-05-25.html",
        "seattle_apa_2014-06-18.html",
        "seattle_apa_near-downtown_2014-08.html",
        "vancouver_apa_2021-10-09.html",
        "vancouver_apa_static_2023-11.html",
    ],
)
def test_every_row_of_a_search_is_a_home_to_let(shared_data, name):
    reading, truth = read_saved(shared_data, f"craigslist_search/{name}")

    types = {"Apartment": "apartment", "House": "single_family"}
    assert (reading.page, len(reading.records)) == ("search", truth["count"])
    assert all(record.rejected is None and record.kind == "rental_owner" for record in reading.records)
    assert [record.property_type for record in reading.records] == [
        types.get(item.get("jsonld_type")) for item in truth["items"]
    ]


def test_every_field_of_the_posting_of_may_2026_is_read(shared_data):
    reading, truth = read_saved(shared_data, "craigslist_detail/milwaukee_apa_7936415355_2026-05.html")

    (record,) = reading.records
    assert reading.page == "listing"
    assert (record.external_id, record.url, record.title) == (truth["id"], truth["url"], truth["title"])
    assert (record.asking_price, record.currency, record.price_period) == (1325, "USD", "month")
    assert (record.beds, record.baths, record.area_sqft) == (truth["beds"], truth["baths"], truth["sqft"])
    parts = truth["address_parts"]
    assert (record.address, record.city, record.state, record.zip) == (
        parts["street"],
        parts["city"],
        parts["state"],
        parts["zip"],
    )
    assert (record.lat, record.lng, record.point_source) == (truth["lat"], truth["lng"], "page")
    assert record.posted_at == datetime(2026, 5, 24, 13, 45, 51, tzinfo=UTC)
    assert record.updated_at is None
    assert (record.neighborhood, record.repost_of, record.category) == ("Wauwatosa", truth["repost_of"], "apa")
    assert record.phones == (f"+1{truth['seller_phone_normalized']}",)
    assert record.fictitious_phones == set(record.phones)
    assert (record.emails, record.contact_name, record.is_owner) == ((), None, None)
    assert len(record.image_urls) == truth["image_ids_unique"]
    assert record.property_type == "apartment"
    assert record.description.startswith("Beautifully updated, clean, quiet 2 bedroom")
    assert "QR Code" not in record.description


def test_a_scraped_posting_of_september_2026_is_read(shared_data):
    reading, truth = read_saved(shared_data, "craigslist_detail/apify_rent_item_boston_2026-09-29_a.json")

    (record,), (item,) = reading.records, truth["items"]
    assert (record.external_id, record.url, record.title) == (item["id"], item["url"], item["title"])
    assert (record.asking_price, record.beds, record.baths) == (item["price"], item["beds"], item["baths"])
    assert record.area_sqft is None
    assert (record.address, record.city, record.neighborhood) == (item["street"], None, item["neighborhood"])
    assert (record.lat, record.lng) == (item["lat"], item["lng"])
    assert record.posted_at == datetime.fromisoformat(item["posted"])
    assert (record.phones, record.emails) == ((), ("lets@example.com",))


def test_a_table_of_postings_is_read(shared_data):
    reading, truth = read_saved(shared_data, "craigslist_listings/chicago_apa_listings_2022_even.csv")

    assert (reading.page, len(reading.records)) == ("feed", truth["rows"])
    assert len({record.external_id for record in reading.records}) == truth["unique_post_ids"]
    assert reading.records[0].external_id == truth["first_row_id"]
    prices = [record.asking_price for record in reading.records if record.asking_price]
    assert (min(prices), max(prices)) == (truth["price_min"], truth["price_max"])
    assert sum(1 for record in reading.records if record.phones) >= truth["rows_with_phone_in_body"]
    assert not any("QR Code Link" in (record.description or "") for record in reading.records)


OLD_POSTING = """
<html><head><link rel="canonical" href="https://chicago.craigslist.org/chc/reo/d/oak-park-bungalow/7412345678.html"></head>
<body><h1 class="postingtitle"><span class="postingtitletext"><span id="titletextonly">Brick bungalow</span>
<span class="price">$415,000</span>
<span class="housing">/ 3br - 1640ft<sup>2</sup> - </span><small> (Oak Park)</small></span></h1>
<div id="map" data-latitude="41.885" data-longitude="-87.784" data-accuracy="5"></div>
<div class="mapaddress">1204 S. Euclid Avenue</div>
<p class="attrgroup"><span><b>3BR</b> / <b>2.5Ba</b></span><span><b>1640</b>ft<sup>2</sup></span></p>
<p class="attrgroup"><span>house</span></p>
<section id="postingbody"><div class="print-information"><p class="print-qrcode-label">QR Code Link</p></div>
Call me,<br>three one two 555 01 four two<script>alert("x")</script></section>
<p class="postinginfo">post id: 7412345678</p>
<p class="postinginfo">posted: <time datetime="2021-11-03T10:00:00-0500">x</time></p>
<p class="postinginfo">updated: <time datetime="2021-11-05T18:30:00-0500">x</time></p></body></html>
"""


def test_a_sale_by_owner_in_the_layout_of_2021_is_read():
    (record,) = read_page("craigslist", OLD_POSTING.encode(), None).records

    assert (record.asking_price, record.price_period, record.kind) == (415000, "once", "fsbo")
    assert (record.beds, record.baths, record.area_sqft) == (3, 2.5, 1640)
    assert (record.address, record.neighborhood) == ("1204 S. Euclid Avenue", "Oak Park")
    assert (record.category, record.is_owner, record.property_type) == ("reo", True, "single_family")
    assert record.phones == ("+13125550142",)
    assert record.updated_at == datetime(2021, 11, 5, 23, 30, tzinfo=UTC)
    assert record.description == "Call me,\nthree one two 555 01 four two"


SEARCH_OF_2016 = """
<html><head><link rel="canonical" href="https://seattle.craigslist.org/search/apa"></head><body class="search">
<div><p class="row" data-pid="5437890123"><a href="/see/apa/5437890123.html" class="i">
<span class="price">$1895</span></a><span class="txt"><span class="pl">
<time datetime="2016-02-08 14:05">Feb 8</time>
<a href="/see/apa/5437890123.html" class="hdrlnk"><span id="titletextonly">Sunny rooms</span></a></span>
<span class="l2"><span class="price">$1895</span> <span class="housing">/ 2br - 950ft<sup>2</sup> - </span>
<span class="pnr"><small> (Green Lake)</small> <span class="maptag" data-pid="5437890123">map</span></span>
</span></span></p>
<p class="row" data-pid="5437890124" data-repost-of="5411111111"><span class="txt"><span class="pl">
<time datetime="2016-02-08 13:59">Feb 8</time> <a href="//tacoma.craigslist.org/tac/apa/5437890124.html"
class="hdrlnk"><span id="titletextonly">House &amp; garden</span></a></span>
<span class="l2"><span class="price">$2400</span> <span class="housing">/ 3br - </span></span></span></p>
</div></body></html>
"""


def test_a_search_in_the_layout_of_2016_is_no_posting_although_its_rows_have_the_same_nodes():
    reading = read_page("craigslist", SEARCH_OF_2016.encode(), None)

    sunny, house = reading.records
    assert reading.page == "search"
    assert (sunny.external_id, sunny.url) == (
        "5437890123",
        "https://seattle.craigslist.org/see/apa/5437890123.html",
    )
    assert (sunny.title, sunny.asking_price, sunny.beds, sunny.area_sqft) == ("Sunny rooms", 1895, 2, 950)
    assert (sunny.neighborhood, sunny.repost_of) == ("Green Lake", None)
    assert (house.title, house.asking_price, house.beds, house.area_sqft) == ("House & garden", 2400, 3, None)
    assert (house.url, house.repost_of) == (
        "https://tacoma.craigslist.org/tac/apa/5437890124.html",
        "5411111111",
    )


def test_rows_whose_facts_belong_to_another_home_keep_only_their_words():
    facts = {"itemListElement": [{"position": "0", "item": {"name": "Another home", "numberOfBedrooms": 9}}]}
    page = f"""<script type="application/ld+json" id="ld_searchpage_results">{json.dumps(facts)}</script>
    <ol class="cl-static-search-results"><li class="cl-static-search-result" title="Quiet flat">
    <a href="https://austin.craigslist.org/apa/d/quiet-flat/7900000001.html"><div class="title">Quiet flat</div>
    <div class="price">$900</div></a></li></ol>"""

    (record,) = read_page("craigslist", page.encode(), None).records

    assert (record.title, record.asking_price, record.beds) == ("Quiet flat", 900, None)


@pytest.mark.parametrize(
    ("page", "reason"),
    [
        ("<body><div id='has_been_removed'>This posting has been deleted by its author.</div></body>", "gone"),
        ("<body>This posting has expired.</body>", "gone"),
        ("<body>This IP has been automatically blocked.</body>", "blocked"),
        ("<body><h1>about craigslist</h1></body>", "neither"),
        ("[]", "no Craigslist posting"),
    ],
)
def test_what_is_no_listing_is_refused_with_a_reason(page, reason):
    reading = read_page("craigslist", page.encode(), None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reason in reading.reason


def test_an_empty_search_is_a_search():
    reading = read_page("craigslist", b"<body><ol class='cl-static-search-results'></ol></body>", None)

    assert (reading.page, reading.reason, reading.records) == ("search", None, ())


def test_a_posting_from_another_section_is_marked_as_rejected():
    page = """<link rel="canonical" href="https://austin.craigslist.org/cto/d/old-truck/7900000002.html">
    <span class="postingtitletext"><span id="titletextonly">Old truck</span></span>
    <section id="postingbody">x</section>"""

    (record,) = read_page("craigslist", page.encode(), None).records

    assert "Not housing" in record.rejected


RESULT_ROW = """<ul><li class="result-row" data-pid="7400000001" data-repost-of="7300000001">
<a href="/eby/reo/d/oak/7400000001.html" class="result-image gallery"><span class="result-price">$415,000</span></a>
<p class="result-info"><time class="result-date" datetime="2019-03-20 16:39">Mar 20</time>
<a href="/eby/reo/d/oak/7400000001.html" class="result-title hdrlnk">Brick bungalow</a><span class="result-meta">
<span class="result-price">$415,000</span> <span class="housing">3br - 1640ft<sup>2</sup> - </span>
<span class="nearby" title="corvallis">(crv &gt; Downtown)</span></span></p></li></ul>"""
STATIC_ROW = """<ol class="cl-static-search-results"><li class="cl-static-search-result" title="Quiet flat">
<a href="https://austin.craigslist.org/apa/d/quiet-flat/7900000001.html"><div class="title">Quiet flat</div>
<div class="details"><div class="price">$900</div><div class="location">Austin</div></div></a></li></ol>"""


@pytest.mark.parametrize(
    ("page", "node", "lost"),
    [
        (STATIC_ROW, 'class="price"', {"asking_price"}),
        (STATIC_ROW, "href=", {"url", "external_id"}),
        (OLD_POSTING, 'class="price"', {"asking_price"}),
        (OLD_POSTING, 'id="titletextonly"', {"title"}),
        (OLD_POSTING, 'id="postingbody"', {"description"}),
        (OLD_POSTING, "posted: ", {"posted_at"}),
        (OLD_POSTING, "data-latitude", {"lat", "lng"}),
        (RESULT_ROW, 'class="housing"', {"beds", "area_sqft"}),
        (RESULT_ROW, "datetime=", {"posted_at"}),
        (RESULT_ROW, 'class="result-title hdrlnk"', {"title", "url"}),
    ],
)
def test_a_field_whose_node_was_renamed_is_lost_and_not_guessed(page, node, lost):
    assert node in page
    (whole,) = read_page("craigslist", page.encode(), None).records
    (record,) = read_page("craigslist", page.replace(node, "data-renamed=").encode(), None).records

    assert (whole.lost_fields, record.lost_fields) == (frozenset(), lost)
    assert all(getattr(record, name) is None for name in lost)


CARD = """<link rel="canonical" href="https://sfbay.craigslist.org/search/roo"><div class="cl-search-result
cl-search-view-mode-gallery" data-pid="7700000001" title="Sunny room"><div class="gallery-card">
<a href="https://www.craigslist.org/view/d/sunny-room/dTKcozEFjkmRcaFryKNcxC" class="main"><img
src="https://images.craigslist.org/00a0a_x_0ww0oo_300x300.jpg"></a>
<a href="https://www.craigslist.org/view/d/sunny-room/dTKcozEFjkmRcaFryKNcxC" class="cl-app-anchor posting-title">
<span class="label">Sunny room</span></a><span class="priceinfo">$1,150</span>
<div class="meta"><span title="Fri Jul 14 2023 14:22:08 GMT-0700 (Pacific Daylight Time)">7/14</span><span
class="separator"></span><span class="housing-meta"><span class="post-bedrooms">1br</span><span class="post-sqft">
650ft<span class="exponent">2</span></span></span>
<span class="separator"></span>mission district</div></div></div>"""


def test_a_card_that_the_scripts_drew_is_read():
    (record,) = read_page("craigslist", CARD.encode(), None).records

    assert (record.external_id, record.title, record.asking_price) == ("7700000001", "Sunny room", 1150)
    assert record.url == "https://www.craigslist.org/view/d/sunny-room/dTKcozEFjkmRcaFryKNcxC"
    assert (record.beds, record.area_sqft, record.neighborhood) == (1, 650, "mission district")
    assert (record.category, record.kind, record.lost_fields) == ("roo", "rental_owner", frozenset())
    assert len(record.image_urls) == 1


COMPRESSED = {
    "data": {
        "decode": {
            "minPostingId": 7_900_000_000,
            "minPostedDate": 1_790_000_000,
            "locations": [0, [1, "sfbay", "eby"]],
            "locationDescriptions": [0, "Oakland"],
            "neighborhoods": [0, "Temescal"],
        },
        "items": [
            [11, 60, 143, 415000, "1:1:1~37.83~-122.26", "0CI0t2",
             [13, "dTKcozEFjkmRcaFryKNcxC"], [4, "3:00a0a_x_0ww0oo"], [5, 3, 1640],
             [6, "oakland-bungalow"], [10, "$415,000"], "Brick bungalow"],
            [12, 61, 1, 2400, "1:1~37.8~-122.2", "0CI0t2", [5, 0, 0], [6, "studio"], [10, "$2,400"], "Studio"],
            [13, 62, 96, 90, "1:1~37.8~-122.2", "x", [6, "phone"], [10, "$90"], "Phone"],
        ],
    }
}  # fmt: skip


def test_the_sites_own_compressed_answer_is_read():
    reading = read_page("craigslist", json.dumps(COMPRESSED).encode(), None)

    sale, rental, phone = reading.records
    assert (reading.page, sale.external_id, sale.category, sale.is_owner) == ("search", "7900000011", "reo", True)
    assert sale.url == "https://www.craigslist.org/view/d/oakland-bungalow/dTKcozEFjkmRcaFryKNcxC"
    assert (sale.title, sale.asking_price, sale.price_period) == ("Brick bungalow", 415000, "once")
    assert (sale.beds, sale.area_sqft, sale.neighborhood) == (3, 1640, "Temescal")
    assert (sale.lat, sale.lng, sale.posted_at.isoformat()) == (37.83, -122.26, "2026-09-21T14:14:20+00:00")
    assert (rental.beds, rental.area_sqft, rental.kind) == (0, None, "rental_owner")
    assert rental.url == "https://sfbay.craigslist.org/eby/apa/d/studio/7900000012.html"
    assert "Not housing" in phone.rejected


def test_an_answer_without_postings_is_an_empty_search():
    reading = read_page("craigslist", b'{"data": {"items": [], "decode": 0, "totalResultCount": 0}}', None)

    assert (reading.page, reading.records) == ("search", ())


POSTING_OF_2014 = """<html><head><title>Luxury - amenities</title></head><body>
<h2 class="postingtitle"><span class="star"></span>
&#x0024;1400 / 3br - 1339ft&sup2; - Pool - and more (Everett)</h2>
<section id="postingbody">Quiet.</section><p class="attrgroup"><span><b>3BR</b> / <b>2Ba</b></span></p>
<p class="postinginfo">Posting ID: 4527173527</p>
<p class="postinginfo">Posted: <time datetime="2014-06-18T10:00:00-0700">x</time></p></body></html>"""


def test_a_posting_whose_heading_is_one_line_is_read():
    (record,) = read_page(
        "craigslist", POSTING_OF_2014.encode(), "http://seattle.craigslist.org/sno/apa/4527173527.html"
    ).records

    assert (record.external_id, record.title, record.neighborhood) == ("4527173527", "Pool - and more", "Everett")
    assert (record.asking_price, record.beds, record.baths, record.area_sqft) == (1400, 3, 2, 1339)
    assert (record.category, record.lost_fields) == ("apa", frozenset())


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("We buy houses in any condition", "buys homes"),
        ("Movers - two men and a truck", "A service"),
        ("House cleaning services", "A service"),
        ("Lawn care, gutters and pressure washing", "A service"),
        ("Looking for a 2 bedroom apartment", "looks for a home"),
        ("ISO 3 bed house to rent", "looks for a home"),
        ("Leather couch, like new", "other goods"),
        ("iPhone 13 Pro", "other goods"),
        ("2014 Toyota Camry", "other goods"),
    ],
)
def test_what_stands_among_homes_and_is_none_is_rejected(title, reason):
    reading = read_page("craigslist", STATIC_ROW.replace("Quiet flat", title).encode(), None)

    assert (reading.page, reading.reason) == ("rejected", reading.records[0].rejected)
    assert reason in reading.reason


@pytest.mark.parametrize(
    "title",
    ["Washer and dryer in this flat", "Roommate wanted", "Movers special - one month free",
     "Home for sale by owner", "Handyman special, needs a roof", "House for sale, movers included",
     "Sunny studio, desk included", "Looking for a quiet tenant"],
)  # fmt: skip
def test_words_of_goods_and_services_in_a_homes_title_reject_nothing(title):
    (record,) = read_page("craigslist", STATIC_ROW.replace("Quiet flat", title).encode(), None).records

    assert record.rejected is None


def test_an_agents_posting_among_owners_is_flagged():
    page = OLD_POSTING.replace("Call me,", "Offered by a licensed agent, DRE #01234567.")

    (by_agent,) = read_page("craigslist", page.encode(), None).records
    (by_owner,) = read_page(
        "craigslist", OLD_POSTING.replace("Call me", "No agents, call me").encode(), None
    ).records

    assert (by_agent.is_owner, by_agent.flags) == (False, {"agent_among_owners"})
    assert (by_owner.is_owner, by_owner.flags) == (True, frozenset())


@pytest.mark.parametrize(
    ("address", "category"),
    [
        ("https://vancouver.craigslist.org/van/apa/d/flat/7681853215.html", "apa"),
        ("https://seattle.craigslist.org/see/apa/4557085555.html", "apa"),
        ("https://seattle.craigslist.org/d/real-estate/search/see/rea", "rea"),
        ("https://milwaukee.craigslist.org/search/apa?query=wauwatosa", "apa"),
        ("https://www.craigslist.org/search/subarea/brk?cat=reo", "reo"),
        ("https://newyork.craigslist.org/search/astoria-ny/sub#search=2~gallery~81", "sub"),
        ("https://www.craigslist.org/view/d/flat/j2QRLoSwSfTzCLCkKJx9Q9", None),
    ],
)
def test_the_section_is_read_from_every_sort_of_address(address, category):
    assert category_of(address) == category
