"""Zillow, Realtor.com and Redfin: what their pages mean, what is no page of theirs, and what a changed page loses.

That the saved pages are read right, field by field, is held in test_sidecars.
"""

import copy
import json
import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bench.sidecars import read_saved
from scraping.readers import read_page
from scraping.readers.embedded import commented_documents, nested_document, script_document
from scraping.readers.payload import RECORD_FIELDS
from scraping.readers.realtor.payloads import HOME
from scraping.readers.redfin.shapes import HOME_PAGE, SEARCH_HOME
from scraping.readers.zillow.shapes import PROPERTY, SEARCH_ITEM
from tests.conftest import at_length

ZILLOW_HOME = "zillow_detail/forsale_4836-sicily-dr_2026-02.html"
ZILLOW_SEARCH = "zillow_search/forsale_nyc_2020-05.html"
ZILLOW_CARDS = "zillow_search/rentals_boston_card-without-link_2026.html"
REALTOR_HOME = "realtor/forsale_2200-pacific-ave-1b_2026-02.html"
REDFIN_SEARCH = "redfin/sale_items_somerville_2026-09_a.json"


def next_page(page_props, title="A home"):
    document = json.dumps({"props": {"pageProps": page_props}})
    script = f'<script id="__NEXT_DATA__" type="application/json">{document}</script>'
    return f"<html><head><title>{title}</title></head><body>{script}</body></html>".encode()


def only(source, body):
    reading = read_page(source, body if isinstance(body, bytes) else json.dumps(body).encode(), None)
    (record,) = reading.records
    return record


# --- who sells, and what that makes of the record -----------------------------------------------------------


def test_an_agents_home_is_no_lead_and_its_agent_is_the_contact(shared_data):
    reading, _ = read_saved(shared_data, ZILLOW_HOME)

    (record,) = reading.records
    assert (reading.page, record.kind, record.is_owner, record.status) == ("listing", None, False, "active")
    assert (record.contact_name, record.phones) == ("Armando Veliz Jr.", ("+19495550189",))
    assert (record.price_period, record.currency, record.property_type) == ("once", "USD", "single_family")
    assert (record.posted_at, record.updated_at) == (date(2026, 2, 15), datetime(2026, 2, 18, 20, 31, 44))  # noqa: DTZ001
    assert (len(record.image_urls), record.lost_fields) == (44, frozenset())
    assert record.description.startswith("Built by KB Home, this 2,517 sq ft modern 5 bedroom")


@pytest.mark.parametrize(
    "said",
    [
        {"hdpData": {"homeInfo": {"homeStatus": "FOR_SALE", "listing_sub_type": {"is_FSBO": True}}}},
        {"statusType": "FOR_SALE", "brokerName": "For sale by owner"},
        {"statusType": "FOR_SALE", "sgapt": "For Sale by Owner"},
        {"homeStatus": "FOR_SALE", "listingSubType": {"isFSBO": True, "isFSBA": False}},
        {"homeStatus": "FOR_SALE", "listedBy": [{"id": "PROPERTY_OWNER", "elements": []}]},
    ],
    ids=["sub type", "broker", "words", "API", "listed by"],
)
def test_what_an_owner_sells_on_zillow_is_a_lead(said):
    record = only("zillow", [{"zpid": 7, "detailUrl": "/homedetails/7_zpid/", "latLong": {}, "price": "$1"} | said])

    assert (record.kind, record.is_owner, record.contact_name) == ("fsbo", True, None)


@pytest.mark.parametrize(
    "card",
    [
        {
            "listedBy": [
                {"id": "LISTING_AGENT", "elements": [{"id": "PHONE", "text": "253-555-0199"}]},
                {
                    "id": "PROPERTY_OWNER",
                    "elements": [{"id": "NAME", "text": "Jo Sample"}, {"id": "PHONE", "text": "253-555-0144"}],
                },
            ]
        },
        {
            "listing_sub_type": {"is_FSBO": True},
            "contact_recipients": [
                {
                    "display_name": "Jo Sample",
                    "phone": {"areacode": "253", "prefix": "555", "number": "0144"},
                }
            ],
        },
    ],
)
def test_an_owner_on_zillow_is_reached_by_the_number_on_the_owners_card(card):
    record = only("zillow", {"zpid": 7, "streetAddress": "1 Main St", "homeStatus": "FOR_SALE", "price": 2} | card)

    assert (record.is_owner, record.contact_name, record.phones) == (True, "Jo Sample", ("+12535550144",))


def test_a_rental_by_its_owner_is_a_lead_by_the_month_and_one_by_a_broker_is_none():
    home = {
        "zpid": 7,
        "streetAddress": "1 Main St",
        "homeStatus": "FOR_RENT",
        "price": 2100,
        "hdpUrl": "/x/7_zpid/",
    }

    by_owner = only("zillow", {"property": home | {"isListedByOwner": True}})
    by_broker = only("zillow", {"property": home | {"attributionInfo": {"brokerName": "Let Well LLC"}}})

    assert (by_owner.kind, by_owner.asking_price, by_owner.price_period) == ("rental_owner", 2100, "month")
    assert (by_broker.kind, by_broker.is_owner, by_broker.price_period) == (None, False, "month")


def test_a_rental_of_which_nobody_says_who_lets_it_is_no_lead(shared_data):
    reading, _ = read_saved(shared_data, "zillow_search/rentals_brunswick-me-04011_2025-06.html")

    assert {record.kind for record in reading.records} == {None}
    assert {record.is_owner for record in reading.records} == {None, False}
    assert all(record.price_period == "month" for record in reading.records if record.asking_price)


def test_a_sold_home_can_be_no_lead():
    homes = {
        "zillow": {"zpid": 7, "streetAddress": "1 Main St", "homeStatus": "RECENTLY_SOLD", "price": 2},
        "realtor": {"property_id": "7", "listing_id": "8", "status": "sold", "location": {}},
        "redfin": {"propertyId": 7, "price": {"value": 2}, "mlsStatus": "Closed"},
    }

    for source, home in homes.items():
        record = only(source, home)
        assert (record.status, record.rejected) == ("closed", "The home has been sold.")


# --- shapes of which no page is saved -----------------------------------------------------------------------


def test_other_listings_are_read_and_a_home_in_both_lists_once():
    home = {"zpid": "7", "detailUrl": "/homedetails/7_zpid/", "unformattedPrice": 250000, "latLong": {}}
    lists = {
        "cat1": {
            "searchResults": {"listResults": [home]},
            "searchList": {"pagination": {"nextUrl": "/austin-tx/2_p/"}},
        },
        "cat2": {
            "searchResults": {"listResults": [home, home | {"zpid": "8"}], "mapResults": [home | {"zpid": "9"}]}
        },
    }

    reading = read_page("zillow", next_page({"searchPageState": lists}), None)

    assert [record.external_id for record in reading.records] == ["7", "8"]
    assert reading.next_url == "https://www.zillow.com/austin-tx/2_p/"


def test_the_map_is_read_where_the_page_shows_no_list():
    pin = {"zpid": "7", "price": "$1.2M", "unformattedPrice": 1195000, "detailUrl": "/homedetails/7_zpid/"}

    record = only("zillow", {"cat1": {"searchResults": {"listResults": [], "mapResults": [pin]}}})

    assert record.asking_price == 1195000


def test_the_caches_of_2019_are_joined_into_one_home():
    variant = {"property": {"zpid": 7, "homeStatus": "FOR_SALE", "streetAddress": "1 Main St", "price": 5}}
    full = {
        "property": {
            "zpid": 7, "homeStatus": "FOR_SALE", "streetAddress": "1 Main St", "city": "Waco", "bedrooms": 3,
            "price": None, "hugePhotos": [{"url": "https://photos.example.com/1.jpg"}],
        }
    }  # fmt: skip
    nearby = {"property": {"zpid": 8, "homeStatus": "FOR_SALE", "bathrooms": 9}}
    cache = json.dumps({"VariantQuery{}": variant, "ForSaleFullRenderQuery{}": full, "NearbyQuery{}": nearby})
    script = f'<script id=hdpApolloPreloadedData type="application/json">{json.dumps({"apiCache": cache})}</script>'

    record = only("zillow", f"<title>1 Main St</title>{script}".encode())

    assert (record.external_id, record.asking_price, record.beds, record.baths) == ("7", 5, 3, None)
    assert (record.city, record.title) == ("Waco", "1 Main St")
    assert record.image_urls == ("https://photos.example.com/1.jpg",)


def test_a_building_has_no_price_and_no_rooms_of_its_own():
    building = {
        "lotId": 99, "buildingName": "Verra", "bdpUrl": "/apartments/allston-ma/verra/CjPTZj/", "latitude": 42.36,
        "longitude": -71.12, "description": "Close to the river.", "floorPlans": [{"minPrice": 2786, "beds": 0}],
        "address": {"streetAddress": "50 Western Ave", "city": "Allston", "state": "MA", "zipcode": "02134"},
    }  # fmt: skip

    record = only("zillow", next_page({"componentProps": {"initialReduxState": {"gdp": {"building": building}}}}))

    assert (record.title, record.address, record.zip) == ("Verra", "50 Western Ave", "02134")
    assert (record.asking_price, record.beds, record.baths, record.area_sqft) == (None, None, None, None)
    assert (record.kind, record.lost_fields) == (None, frozenset())
    assert record.url == "https://www.zillow.com/apartments/allston-ma/verra/CjPTZj/"


def test_a_resellers_search_of_2024_is_read():
    home = {
        "zpid": 7, "price": {"value": 512000}, "bedrooms": 3, "bathrooms": 2.5, "livingArea": 1820,
        "address": {"streetAddress": "1 Main St", "city": "Waco", "state": "TX", "zipcode": "76701"},
        "location": {"latitude": 31.55, "longitude": -97.13}, "propertyType": "singleFamily",
        "listing": {"listingStatus": "forSale", "listingSubType": {"isFSBO": True}},
        "listingDateTimeOnZillow": 1742569063025,
        "hdpView": {"hdpUrl": "/homedetails/7_zpid/"},
    }  # fmt: skip

    record = only("zillow", {"data": {"searchResults": [{"property": home, "resultType": "property"}]}})

    assert (record.asking_price, record.beds, record.baths, record.area_sqft) == (512000, 3, 2.5, 1820)
    assert (record.address, record.zip, record.lat) == ("1 Main St", "76701", 31.55)
    assert (record.kind, record.property_type, record.status) == ("fsbo", "single_family", "active")
    assert record.posted_at == datetime(2025, 3, 21, 14, 57, 43, tzinfo=UTC)


def test_a_group_of_flats_in_a_resellers_search_has_no_price_to_lose():
    group = {
        "zpid": 7, "title": "Bristol Station", "groupType": "apartmentComplex", "minPrice": 2204, "maxPrice": 2804,
        "address": {"streetAddress": "1 Main St", "city": "Waco", "state": "TX", "zipcode": "76701"},
        "location": {"latitude": 31.55, "longitude": -97.13}, "listingStatus": "forRent",
    }  # fmt: skip

    record = only("zillow", {"searchResults": [{"property": group, "resultType": "propertyGroup"}]})

    assert (record.title, record.asking_price, record.address) == ("Bristol Station", None, "1 Main St")
    assert (record.kind, record.lost_fields) == (None, frozenset())


def test_an_estimate_in_the_place_of_a_price_is_no_price():
    home = {"zpid": "7", "latLong": {}, "price": "$610,000", "unformattedPrice": 610000}

    record = only("zillow", [home | {"shouldShowZestimateAsPrice": True}])

    assert record.asking_price is None


@pytest.mark.parametrize(
    ("holder", "key"),
    [("properties", None), ("searchResults", "home_search"), ("initialReduxState", "searchResults")],
)
def test_searches_of_realtor_are_read_wherever_the_page_keeps_them(holder, key):
    home = {
        "property_id": "7",
        "list_price": 1,
        "location": {"address": {"line": "1 Main St"}},
        "permalink": "1-Main_M0-7",
    }
    found = [home]
    if key == "home_search":
        found = {"home_search": {"results": [home]}}
    if key == "searchResults":
        found = {"searchResults": {"home_search": {"results": [home]}}}

    record = only("realtor", next_page({holder: found}))

    assert (record.external_id, record.address) == ("7", "1 Main St")
    assert record.url == "https://www.realtor.com/realestateandhomes-detail/1-Main_M0-7"


OLD_REALTOR = """<html><head><title>1 Main St, Waco, TX 76701 - realtor.com</title>
<link rel="canonical" href="https://www.realtor.com/realestateandhomes-detail/1-Main-St_Waco_TX_76701_M12345-67890">
<meta property="og:street-address" content="1 Main St"><meta property="og:locality" content="Waco">
<meta property="og:region" content="TX"><meta property="og:postal-code" content="76701">
<meta property="place:location:latitude" content="31.55"><meta property="place:location:longitude" content="-97.13">
</head><body><div class="ldp-header-price"><span itemprop="price" content="$249,900">$249,900</span></div>
<div id="ldp-property-meta"><ul><li data-label="property-meta-beds"><span class="data-value">3</span> beds</li>
<li data-label="property-meta-bath"><span>2</span> full, <span>1</span> half baths</li>
<li data-label="property-meta-sqft"><span>1,820</span> sq ft</li>
<li data-label="property-meta-lotsize"><span>7,405</span> sq ft lot</li></ul></div>
<div id="ldp-detail-romance">Shaded yard.</div><span data-label="branding-agent-name">Casey Agent</span>
<div class="nearby"><span itemprop="streetAddress">9 Other St</span><span itemprop="price">$1</span>
<li data-label="property-meta-beds">9 beds</li></div></body></html>"""


def test_a_page_of_2017_is_read_without_the_homes_nearby():
    record = only("realtor", OLD_REALTOR.encode())

    assert (record.external_id, record.asking_price) == ("1234567890", 249900)
    assert (record.beds, record.baths, record.area_sqft) == (3, 2.5, 1820)
    assert (record.address, record.city, record.state, record.zip) == ("1 Main St", "Waco", "TX", "76701")
    assert (record.lat, record.lng, record.contact_name, record.is_owner) == (31.55, -97.13, "Casey Agent", False)
    assert (record.description, record.lost_fields) == ("Shaded yard.", frozenset())


@pytest.mark.parametrize(
    ("node", "field"),
    [
        ("og:street-address", "address"), ("og:locality", "city"), ("og:region", "state"),
        ("og:postal-code", "zip"), ("place:location:latitude", "lat"), ("_M12345", "external_id"),
        ('class="ldp-header-price"', "asking_price"),
    ],
)  # fmt: skip
def test_a_node_that_a_page_of_2017_lacks_is_lost_and_not_taken_from_nearby(node, field):
    record = only("realtor", OLD_REALTOR.replace(node, "renamed").encode())

    assert field in record.lost_fields
    assert getattr(record, field) is None or record.point_source == "zip"


def test_a_home_of_realtors_own_data_of_2021_is_read():
    home = {
        "permalink": "1-Main-St_Waco_TX_76701_M45994-50556", "list_price": 95000, "beds": 0, "baths": 2,
        "sqft": 1600,
        "location": {"address": {"line": "1 Main St", "city": "Waco", "lat": 31.55, "long": -97.1}},
        "description": {"text": "Shaded yard."}, "property_type": "Single Family Home", "status": "Pending",
        "agent": {"name": "Casey Agent"}, "office": {"phone1": {"number": "(512) 555-0142"}},
    }  # fmt: skip

    record = only("realtor", {"listing": home})

    assert (record.external_id, record.asking_price, record.beds, record.area_sqft) == (
        "4599450556",
        95000,
        0,
        1600,
    )
    assert (record.lat, record.property_type, record.status) == (31.55, "single_family", "pending")
    assert (record.contact_name, record.phones, record.is_owner) == ("Casey Agent", ("+15125550142",), False)


def test_redfins_estimate_of_a_home_off_the_market_is_no_price():
    info = {"priceInfo": {"amount": 800000, "label": "Redfin Estimate"}, "beds": 3, "city": "Arden"}

    record = only("redfin", {"payload": {"addressSectionInfo": info}})

    assert (record.asking_price, record.beds) == (None, 3)


def redfin_page(answers):
    cache = {
        name: {"res": {"text": "{}&&" + json.dumps({"payload": payload})}} for name, payload in answers.items()
    }
    context = json.dumps({"ReactServerAgent.cache": {"dataCache": cache}})
    script = f"root.__reactServerState.InitialContext = {context};\nroot.__reactServerState.Config = {{}};"
    return f"<html><head><title>1 Main St | Redfin</title></head><script>{script}</script></html>".encode()


REDFIN_ANSWERS = {
    "/stingray/api/home/details/aboveTheFold": {
        "addressSectionInfo": {
            "beds": 4, "baths": 3.5, "priceInfo": {"amount": 1600000}, "sqFt": {"value": 3527}, "state": "NC",
            "streetAddress": {"assembledAddress": "1 Main St"}, "city": "Arden", "zip": "28704",
            "latLong": {"latitude": 35.4, "longitude": -82.5}, "status": {"displayValue": "Active"},
            "url": "/NC/Arden/1-Main-St-28704/home/111190110", "countryCode": "US",
        },
        "mediaBrowserInfo": {"photos": [{"photoUrls": {"fullScreenPhotoUrl": "https://photos.example.com/1.jpg"}}]},
    },
    "/stingray/api/home/details/mainHouseInfoPanelInfo": {
        "mainHouseInfo": {
            "listingAgents": [{"agentInfo": {"agentName": "Casey Agent"}, "brokerName": "Let Well LLC"}],
            "marketingRemarks": [{"marketingRemark": "By the stream."}],
        }
    },
    "/stingray/api/gis?similar": {"homes": [{"propertyId": 9, "price": {"value": 1}}]},
}  # fmt: skip


def test_a_redfin_home_is_joined_from_the_answers_its_page_carries():
    record = only("redfin", redfin_page(REDFIN_ANSWERS))

    assert (record.external_id, record.asking_price, record.baths) == ("111190110", 1600000, 3.5)
    assert (record.address, record.zip, record.lat, record.currency) == ("1 Main St", "28704", 35.4, "USD")
    assert (record.contact_name, record.is_owner, record.kind) == ("Casey Agent", False, None)
    assert (record.description, record.title) == ("By the stream.", "1 Main St | Redfin")
    assert record.image_urls == ("https://photos.example.com/1.jpg",)
    assert record.lost_fields == frozenset()


def test_a_redfin_search_is_read_from_its_page_and_from_its_guarded_answer(shared_data):
    homes = json.loads((shared_data / REDFIN_SEARCH).read_text())
    answer = b"{}&&" + json.dumps({"payload": {"homes": homes}}).encode()

    from_page = read_page("redfin", redfin_page({"/stingray/api/gis?al=1": {"homes": homes}}), None)

    assert from_page == read_page("redfin", answer, None) == read_page("redfin", json.dumps(homes).encode(), None)
    assert (from_page.page, len(from_page.records)) == ("search", 2)


def test_what_differs_between_the_units_of_a_rental_is_no_fact_of_it():
    home = {
        "homeData": {
            "propertyId": 7, "url": "/TX/Waco/Verra/apartment/7",
            "addressInfo": {"formattedStreetLine": "1 Main St", "city": "Waco", "state": "TX", "zip": "76701"},
        },
        "rentalExtension": {"rentPriceRange": {"min": 1500, "max": 1500}, "bedRange": {"min": 1, "max": 3}},
    }  # fmt: skip

    record = only("redfin", {"homes": [home]})

    assert (record.asking_price, record.price_period, record.beds) == (1500, "month", None)


@pytest.mark.parametrize("source", ["zillow", "realtor", "redfin"])
def test_a_page_that_lost_its_payload_is_read_by_its_markup_for_machines(source):
    home = {
        "@type": "SingleFamilyResidence", "name": "1 Main St", "url": "https://example.com/home/7",
        "numberOfBedrooms": 3, "floorSize": {"@type": "QuantitativeValue", "value": 1820, "unitCode": "FTK"},
        "address": {"streetAddress": "1 Main St", "addressLocality": "Waco", "postalCode": "76701"},
    }  # fmt: skip
    offer = {"@type": ["Product", "RealEstateListing"], "offers": {"price": 512000, "priceCurrency": "USD"}}
    offer |= {"about": home, "url": home["url"], "seller": {"@type": "Person", "name": "Casey Agent"}}
    page = f'<title>1 Main St</title><script type="application/ld+json">{json.dumps(offer)}</script>'

    record = only(source, page.encode())

    assert (record.asking_price, record.beds, record.area_sqft) == (512000, 3, 1820)
    assert (record.address, record.zip, record.url) == ("1 Main St", "76701", "https://example.com/home/7")
    assert (record.is_owner, record.kind) == (None, None)


# --- what is no page of the site ----------------------------------------------------------------------------

WALLS = {
    "hold": b"<title>Access to this page has been denied</title><div id='px-captcha'></div><p>Press & Hold</p>",
    "interrupted": b"<html><title>Pardon Our Interruption</title><h1>Pardon Our Interruption</h1></html>",
    "log-in": b"<title>Log in</title><h1>Log in</h1><form><input type='password'></form>",
}


@pytest.mark.parametrize("source", ["zillow", "realtor", "redfin", "mls_page"])
@pytest.mark.parametrize("wall", sorted(WALLS))
def test_a_wall_is_named_as_what_it_is(source, wall):
    reading = read_page(source, WALLS[wall], None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reading.reason.startswith("The site shows a")


@pytest.mark.parametrize("source", ["zillow", "realtor", "redfin", "mls_page"])
@pytest.mark.parametrize(
    "body",
    [
        b"<title>About us</title><p>We value homes.</p>",
        next_page({"componentProps": {"agentProfile": {"name": "Casey"}}, "property": {"name": "none"}}),
        b'{"message": "You have exceeded the rate limit."}',
    ],
    ids=["article", "profile", "refusal"],
)
def test_another_page_of_the_site_is_rejected_with_a_reason(source, body):
    reading = read_page(source, body, None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reading.reason


@pytest.mark.parametrize(
    ("source", "body"),
    [
        (
            "zillow",
            next_page({"searchPageState": {"cat1": {"searchResults": {"listResults": [], "mapResults": []}}}}),
        ),
        ("realtor", next_page({"properties": []})),
        ("realtor", b'{"data": {"home_search": {"count": 0, "results": []}}}'),
        ("redfin", b'{}&&{"payload": {"homes": []}}'),
    ],
)
def test_a_search_that_found_nothing_is_a_search(source, body):
    reading = read_page(source, body, None)

    assert (reading.page, reading.reason, reading.records) == ("search", None, ())


# --- what a changed page loses ------------------------------------------------------------------------------


def without(home, paths):
    """The home with the last key of each path renamed, as a site renames one overnight."""
    changed = copy.deepcopy(home)
    for path in paths:
        *steps, last = path.split(".")
        holder = changed
        for step in steps:
            holder = holder.get(step) if isinstance(holder, dict) else None
        if isinstance(holder, dict) and last in holder:
            holder[f"{last}V2"] = holder.pop(last)
    return changed


def zillow_home(page):
    cache = nested_document(
        script_document(page, "__NEXT_DATA__")["props"]["pageProps"]["componentProps"]["gdpClientCache"]
    )
    return next(iter(cache.values()))["property"]


def zillow_page(home):
    return next_page({"componentProps": {"gdpClientCache": json.dumps({"FullRenderQuery{}": {"property": home}})}})


def zillow_search_item(page):
    (document,) = [
        found for found in commented_documents(page, "data-zrr-shared-data-key") if "searchResults" in str(found)
    ]
    return (document.get("cat1") or document)["searchResults"]["listResults"][0]


CHANGING = {
    "zillow home": (ZILLOW_HOME, PROPERTY, zillow_home, zillow_page),
    "zillow search": (
        ZILLOW_SEARCH,
        SEARCH_ITEM,
        zillow_search_item,
        lambda home: json.dumps({"searchResults": {"listResults": [home]}}).encode(),
    ),
    "realtor home": (
        REALTOR_HOME,
        HOME,
        lambda page: script_document(page, "__NEXT_DATA__")["props"]["pageProps"]["initialReduxState"][
            "propertyDetails"
        ],
        lambda home: next_page({"initialReduxState": {"propertyDetails": home}}),
    ),
    "redfin search": (
        REDFIN_SEARCH,
        SEARCH_HOME,
        lambda page: json.loads(page)[0],
        lambda home: json.dumps([home]).encode(),
    ),
}


@pytest.mark.parametrize("name", sorted(CHANGING))
def test_a_renamed_key_is_a_lost_field_and_nothing_takes_its_place(shared_data, name):
    path, shape, home_in, page_of = CHANGING[name]
    home, source = home_in((shared_data / path).read_bytes()), path.split("_")[0].split("/")[0]
    whole = only(source, page_of(home))

    for field in shape.paths:
        changed = only(source, page_of(without(home, shape.paths[field])))
        told = RECORD_FIELDS.get(field, field)
        if told == "zip" or not hasattr(whole, told):
            continue  # the place of a record without its own point is its ZIP's centre
        is_gone = getattr(changed, told) is None or (told in {"lat", "lng"} and changed.point_source == "zip")
        assert is_gone or getattr(changed, told) == getattr(whole, told), field
        assert (told in changed.lost_fields) == (is_gone and field in shape.always), field


@pytest.mark.parametrize(
    ("pattern", "field"),
    [
        (r'<a [^>]*href="[^"]*rockingham[^"]*"[^>]*>', "url"),
        (r"\$2,045\+ 1 bd", "asking_price"),
        (r"zpid_42.264652--71.15673", "external_id"),
        (r'aria-label="Rockingham Glen[^"]*"', "address"),
    ],
)
def test_a_node_that_a_card_lacks_is_lost(shared_data, pattern, field):
    page = (shared_data / ZILLOW_CARDS).read_text()
    assert re.search(pattern, page)

    first, *_ = read_page("zillow", re.sub(pattern, "", page).encode(), None).records

    assert field in first.lost_fields
    assert getattr(first, field) is None


SHAPES = {"zillow": (PROPERTY, SEARCH_ITEM), "realtor": (HOME,), "redfin": (SEARCH_HOME, HOME_PAGE)}
ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=12), st.lists(st.integers(), max_size=2),
    st.dictionaries(st.sampled_from(["value", "name", "url", "phones"]), st.integers(), max_size=2),
)  # fmt: skip


def placed(path, value):
    for step in reversed(path.split(".")):
        value = {step: value}
    return value


@settings(max_examples=at_length(short=80, soak=3_000), suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data(), source=st.sampled_from(sorted(SHAPES)))
def test_values_of_any_sort_are_read_or_left_absent(data, source):
    shape = data.draw(st.sampled_from(SHAPES[source]))
    paths = sorted(path for paths in shape.paths.values() for path in paths)
    home = {"zpid": 7, "streetAddress": "x", "property_id": 7, "listing_id": 8, "propertyId": 7, "price": 1}
    for path in data.draw(st.lists(st.sampled_from(paths), max_size=6)):
        home |= placed(path, data.draw(ODD))
    for key in (
        "units",
        "listedBy",
        "priceHistory",
        "flags",
        "advertisers",
        "photos",
        "listing_sub_type",
        "sashes",
    ):
        home[key] = data.draw(ODD)

    for body in ([home], {"property": home}, {"payload": {"homes": [home]}}):
        reading = read_page(source, json.dumps(body).encode(), None)
        assert all(isinstance(record.lost_fields, frozenset) for record in reading.records)
