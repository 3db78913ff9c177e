"""Tables and feeds: forgiving columns, zeros that mean unknown, statuses that decide what is a lead."""

import json

import pytest

from scraping.readers import UnreadablePage, read_page
from tests.scraping.truth import FieldRates, read_saved


def test_the_rows_of_forsalebyowner_com_are_read(shared_data):
    reading, truth = read_saved(shared_data, "fsbo", "fsbo/forsalebyowner_com_listings_2023-05_dev.csv")
    rates = FieldRates()

    assert (reading.page, len(reading.records)) == ("feed", truth["rows"])
    assert len({record.url for record in reading.records}) == truth["unique_urls"]
    assert sum(1 for record in reading.records if record.area_sqft is None) == truth["sqft_zero_rows"]
    assert all(record.asking_price and record.kind == "fsbo" and record.is_owner for record in reading.records)
    assert {record.state or "" for record in reading.records} == set(truth["states"])
    for record, row in zip(reading.records, truth["sample"], strict=False):
        rates.compare("Address", record.address, row["Address"].split(", Van Nuys")[0], item=row["URL"])
        rates.compare("City", record.city, row["City"])
        rates.compare("Zip", record.zip, row["Zip"])
        rates.compare("State", record.state, row["State"])
        rates.compare("Price", record.asking_price, int(row["Price"]))
        rates.compare("Bath", record.baths, float(row["Bath"]) or None)
        rates.compare("Bed", record.beds, int(row["Bed"]) or None)
        rates.compare("SquareFt", record.area_sqft, int(row["SquareFt"]) or None)
        rates.compare("URL", record.url, row["URL"])
    rates.require_all(set(truth["columns"]) - {"Name"})


def test_the_snapshot_of_charlotte_is_read(shared_data):
    reading, truth = read_saved(shared_data, "fsbo", "fsbo/zillow_fsbo_listings_2026-02-19_dev.json")
    rates = FieldRates()

    for record, item in zip(reading.records, truth["items"], strict=True):
        rates.compare("id", record.external_id, item["id"])
        rates.compare("address", record.address, item["address"], item=item["id"])
        rates.compare("city", record.city, item["city"])
        rates.compare("state", record.state, item["state"])
        rates.compare("zip_code", record.zip, item["zip_code"])
        rates.compare("latitude", record.lat, item["latitude"])
        rates.compare("longitude", record.lng, item["longitude"])
        rates.compare("price", record.asking_price, item["price"] or None)
        rates.compare("beds", record.beds, item["beds"] or None, item=item["id"])
        rates.compare("baths", record.baths, item["baths"] or None, item=item["id"])
        rates.compare("sqft", record.area_sqft, item["sqft"] or None, item=item["id"])
        rates.compare("property_type", record.property_type, TYPES[item["property_type"]])
        rates.compare("listing_type", record.kind, item["listing_type"].removeprefix("mls"))
        if item["zillow_url"]:
            rates.compare("zillow_url", record.url, item["zillow_url"])
    rates.require_all(set(truth["items"][0]) - {"dom", "price_cuts"})


TYPES = {
    "SINGLE_FAMILY": "single_family",
    "Single Family Residential": "single_family",
    "Townhouse": "townhouse",
    "MULTI_FAMILY": "multi_family",
    "MANUFACTURED": "manufactured",
    "CONDO": "condo",
    "TOWNHOUSE": "townhouse",
    "LOT": "land",
    "APARTMENT": "apartment",
}


@pytest.mark.parametrize(
    "table",
    [
        b"Listing ID;Asking Price;Bedrooms;Zip Code\n7;$325k;3;78704\n",
        b"\xef\xbb\xbflisting_id\tasking_price\tbedrooms\tzip_code\n7\t325000\t3\t78704\n",
        b'{"listingId": 7, "askingPrice": 325000, "bedrooms": 3, "zipCode": "78704"}\n{"note": "no listing"}\n',
        b'{"data": {"results": [{"id": 7, "price": 325000, "beds": 3, "address": {"postalCode": "78704"}}]}}',
    ],
    ids=["semicolons", "tabs", "json-lines", "nested-json"],
)
def test_columns_are_found_whatever_their_spelling(table):
    (record,) = read_page("fsbo", table, None).records

    assert (record.external_id, record.asking_price, record.beds, record.zip) == ("7", 325000, 3, "78704")


def test_a_table_of_something_else_is_refused():
    reading = read_page("fsbo", b"colour,weight\nred,3\n", None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert "No column" in reading.reason


@pytest.mark.parametrize(
    ("written", "status", "kind"),
    [
        ("Active", "active", None),
        ("ActiveUnderContract", "pending", None),
        ("Pending", "pending", None),
        ("Closed", "closed", None),
        ("Withdrawn", "withdrawn", None),
        ("Canceled", "canceled", None),
        ("Expired", "expired", "expired"),
        ("org.reso.metadata.enums.StandardStatus'Expired'", "expired", "expired"),
        ("Somewhere else", None, None),
        (None, None, None),
    ],
)
def test_only_an_expired_listing_is_a_lead(written, status, kind):
    row = {"ListingKey": "a1", "StandardStatus": written, "ListPrice": 100000.01, "ListAgentKey": "x"}

    (record,) = read_page("reso", json.dumps({"value": [row]}).encode(), None).records

    assert (record.status, record.kind, record.rejected, record.is_owner) == (status, kind, None, False)


def test_a_reso_record_is_read_with_its_next_page():
    row = {
        "ListingKeyNumeric": 123, "StandardStatus": "Expired", "ListPrice": 412500, "BedroomsTotal": 3,
        "BathroomsFull": 2, "BathroomsHalf": 1, "BathroomsTotalInteger": 3, "LivingArea": 152.4,
        "LivingAreaUnits": "Square Meters", "StreetNumber": "1204", "StreetDirPrefix": "S", "StreetName": "Oak",
        "StreetSuffix": "Street", "UnitNumber": "4B", "City": "Austin", "StateOrProvince": "TX",
        "PostalCode": "78704-1234", "Latitude": 30.2431, "Longitude": -97.7652, "PropertySubType": "Condominium",
        "ModificationTimestamp": "2026-04-02T02:02:02Z", "ListingContractDate": "2026-01-05",
        "PublicRemarks": "Sunny.", "Media": [{"MediaURL": "https://example.com/1.jpg"}],
    }  # fmt: skip
    body = {"value": [row], "@odata.nextLink": "https://example.com/Property?$skip=200"}

    reading = read_page("reso", json.dumps(body).encode(), None)

    (record,) = reading.records
    assert (reading.page, reading.next_url) == ("feed", "https://example.com/Property?$skip=200")
    assert (record.external_id, record.status, record.price_period) == ("123", "expired", "once")
    assert (record.beds, record.baths, record.area_sqft) == (3, 2.5, 1640)
    assert (record.address, record.zip) == ("1204 S Oak Street Unit 4B", "78704")
    assert record.address_key == "1204|s oak st|4b|78704"
    assert (record.property_type, record.posted_at.isoformat()) == ("condo", "2026-01-05")
    assert record.updated_at.isoformat() == "2026-04-02T02:02:02+00:00"
    assert record.image_urls == ("https://example.com/1.jpg",)


@pytest.mark.parametrize(
    ("name", "page", "count"),
    [
        ("commander_good-property-payload.json", "feed", 1),
        ("commander_good-property-payload-all-collection.json", "feed", 2),
        ("commander_good-property-payload-null.json", "feed", 1),
        ("commander_create-succeeds.json", "feed", 1),
        ("spark_listings_multiple.json", "feed", 2),
        ("spark_listings_with_photos.json", "feed", 1),
        ("spark_accounts_all.json", "rejected", 0),
        ("spark_errors_expired.json", "rejected", 0),
        ("spark_errors_failure_with_msg.json", "rejected", 0),
        ("spark_standardfields_standardfields.json", "rejected", 0),
    ],
)
def test_the_standards_own_examples_are_read(shared_data, name, page, count):
    reading = read_page("reso", (shared_data / "reso" / name).read_bytes(), None)

    assert (reading.page, len(reading.records)) == (page, count)
    assert "@" not in (reading.reason or "")


def test_sparks_strings_become_numbers(shared_data):
    reading, truth = read_saved(shared_data, "reso", "reso/spark_listings_with_photos.json")

    (record,), (row,) = reading.records, truth["records"]
    assert (record.external_id, record.asking_price) == (row["ListingKey"], float(row["ListPrice"]))
    assert (record.beds, record.baths, record.area_sqft) == (3, 1.0, 924)
    assert (record.lat, record.lng) == (48.7001, -116.3237)
    assert (record.address, record.city, record.state, record.zip) == ("7298 BIRCH", "Bonners Ferry", "ID", "83805")


@pytest.mark.parametrize(
    "body",
    [b"", b" \n ", b"\x89PNG\0\0", b"[" * 200_000, b'{"broken": ', b"<xml/>"],
    ids=["empty", "blank", "binary", "deep", "broken", "xml"],
)
def test_what_is_no_payload_is_an_error_in_plain_words(body):
    with pytest.raises(UnreadablePage):
        read_page("reso", body, None)
