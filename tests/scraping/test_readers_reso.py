"""RESO and Spark payloads, real ones and the standard's own: records, statuses, and every way to say no."""

import json

import pytest

from bench.sidecars import read_saved
from scraping.readers import read_page
from scraping.readers.reso import listing
from scraping.readers.reso.answers import problem_of, read_answer, with_next
from scraping.readers.reso.statuses import SHIPPED, meaning_of_listing, shipped_meaning


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
    reading, truth = read_saved(shared_data, "reso/spark_listings_with_photos.json")

    (record,), (row,) = reading.records, truth["records"]
    assert (record.external_id, record.asking_price) == (row["ListingKey"], float(row["ListPrice"]))
    assert (record.beds, record.baths, record.area_sqft) == (3, 1.0, 924)
    assert (record.lat, record.lng) == (48.7001, -116.3237)
    assert (record.address, record.city, record.state, record.zip) == ("7298 BIRCH", "Bonners Ferry", "ID", "83805")


@pytest.mark.parametrize("name", ["spark_listings_multiple.json", "spark_listings_with_photos.json",
    "commander_good-property-payload.json", "commander_good-property-payload-null.json",
    "commander_good-property-payload-all-collection.json", "commander_create-succeeds.json"])  # fmt: skip
def test_every_record_holds_what_its_sidecar_says(shared_data, name):
    reading, truth = read_saved(shared_data, f"reso/{name}")
    rows = truth["records_data"] if "records_data" in truth else truth["records"]
    rows = rows if isinstance(rows, list) else [rows]

    assert [
        (one.external_id, one.asking_price, one.beds, one.city, one.zip, one.updated_at is None)
        for one in reading.records
    ] == [
        (
            row.get("ListingKey"),
            None if row.get("ListPrice") is None else float(row["ListPrice"]),
            row.get("BedroomsTotal", row.get("BedsTotal")),
            row.get("City"),
            row.get("PostalCode"),
            row.get("ModificationTimestamp") is None,
        )
        for row in rows
    ]


def test_the_standards_requests_and_answers_are_read_or_refused_with_a_reason(shared_data):
    examples = json.loads((shared_data / "reso/web_api_core_examples_dev.json").read_text())
    told = [
        (example, read_page("reso", json.dumps(example["body"]).encode(), None))
        for example in (examples if isinstance(examples, list) else examples["examples"])
        if example["valid_json"]
    ]

    assert len(told) == 17
    for example, reading in told:
        rows = [row for row in example["body"].get("value", [example["body"]]) if "ListingKey" in row]
        assert len(reading.records) == len(rows) or "ListingKeyNumeric" in example["body"], example["request"]
        assert bool(reading.reason) == (reading.page == "rejected")
    (refused,) = [reading for example, reading in told if "error" in example["body"]]
    assert refused.reason == (
        "The server answered with error 501: Unsupported functionality; "
        "$skip: Resource does not support the $skip parameter"
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('{"error": {"code": "401", "message": {"lang": "en", "value": "Bad token"}}}', "error 401: Bad token"),
        ('{"odata.error": {"code": "", "message": {"lang": "en", "value": "Odd"}}}', "an error: Odd"),
        ('{"error": "invalid_client", "error_description": "No such client"}', "invalid_client: No such client"),
        ('{"fault": {"faultstring": "Spike arrest", "detail": {"code": "x"}}}', "an error: Spike arrest"),
        ('{"message": "Limit Exceeded"}', "an error: Limit Exceeded"),
        ('{"errors": [{"code": 7, "message": "One"}, {"message": "Two"}]}', "error 7: One; Two"),
        ('{"success": false, "status": 403, "bundle": {"name": "Forbidden"}}', "error 403: Forbidden"),
        ('{"D": {"Success": false, "Code": 1550, "Message": "Over quota"}}', "error 1550: Over quota"),
        ("<error><code>501</code><message>Not here</message></error>", "error 501: Not here"),
        ('<RETS ReplyCode="20036" ReplyText="Logged out"/>', "error 20036: Logged out"),
        ("<!DOCTYPE html><html><title>502 Bad Gateway</title></html>", "web page instead of records: 502 Bad"),
        ("<xml/>", "XML instead of records"),
        ("Too many requests from me@example.com", "plain words instead of records: Too many requests from …"),
    ],
)  # fmt: skip
def test_every_form_of_refusal_is_told_in_the_servers_words(body, reason):
    reading = read_page("reso", body.encode(), None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert reason in reading.reason
    assert problem_of(body.encode()) == reading.reason


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("RESODataDictionary-1.7.xml", "26 resources, 593 fields of Property"),
        ("RESODataDictionary-2.0.metadata-report.json", "652 fields of Property"),
        ("commander_bad-edmx-unparsable-xml.xml", "stray text inside Edmx"),
        ("utahrealestate_docs_replication.md", "plain words"),
    ],
)
def test_metadata_and_documents_are_no_page_of_listings(shared_data, name, reason):
    reading = read_page("reso", (shared_data / "reso" / name).read_bytes(), None)

    assert reading.page == "rejected"
    assert reason in reading.reason


@pytest.mark.parametrize(
    "body",
    [
        {"@odata.context": "$metadata#OpenHouse", "value": [{"ListingKey": "7", "OpenHouseDate": "2019-10-05"}]},
        {"value": [{"MediaKey": "m", "MediaURL": "https://example.com/1.jpg", "ListingKey": "7"}]},
        {"@odata.context": "$metadata", "value": [{"name": "Property", "url": "Property"}]},
    ],
)
def test_other_resources_that_name_a_listing_are_no_listings(body):
    reading = read_page("reso", json.dumps(body).encode(), None)

    assert (reading.page, reading.reason) == ("rejected", "The records are no Property records.")


def test_a_record_without_a_key_is_known_by_its_address_and_a_grid_street_is_put_together():
    row = {
        "@odata.id": "Property(1001613)", "StreetNumber": "1300", "StreetDirPrefix": "E", "CrossStreet": "9400",
        "StreetDirSuffix": "S", "PostalCode": "84093",
    }  # fmt: skip

    (record,) = read_page("reso", json.dumps({"value": [row]}).encode(), None).records

    assert (record.external_id, record.address) == ("1001613", "1300 E 9400 S")


def test_pictures_come_in_the_agents_order_without_plans_and_films():
    row = {"ListingKey": "7", "Media": [
        {"Order": 2, "MediaURL": "https://example.com/2.jpg"},
        {"Order": 1, "MediaURL": "https://example.com/1.jpg", "MediaCategory": "Photo"},
        {"Order": 0, "MediaURL": "https://example.com/tour.mp4", "MediaCategory": "Video"},
    ]}  # fmt: skip

    (record,) = read_page("reso", json.dumps({"value": [row]}).encode(), None).records

    assert record.image_urls == ("https://example.com/1.jpg", "https://example.com/2.jpg")


@pytest.mark.parametrize(
    ("standard", "local", "meaning"),
    [
        ("Expired", None, "expired"),
        ("Expired", "Withdrawn", "withdrawn"),
        ("Expired", "Auto-expired by us", "expired"),
        ("Withdrawn", "Expired", "withdrawn"),
        (None, "Active", "active"),
        ("Nobody knows", "Active", None),
        ("Delete", None, "deleted"),
        ("C", None, None),
    ],
)
def test_withdrawn_is_never_taken_for_expired(standard, local, meaning):
    assert meaning_of_listing(standard, local, shipped_meaning) == meaning


def test_the_shipped_table_knows_the_dictionarys_eleven_statuses(shared_data):
    report = "reso/RESODataDictionary-2.0.metadata-report.json.expected.json"
    truth = json.loads((shared_data / report).read_text())

    assert all(shipped_meaning(value) for value in truth["standard_status_values"])
    assert [says for says, meaning in SHIPPED.items() if meaning == "expired"] == ["Expired"]


@pytest.mark.parametrize(
    ("paging", "link"),
    [
        ({"Pagination": {"TotalRows": 30, "PageSize": 10, "CurrentPage": 1, "TotalPages": 3}}, "?_page=2"),
        ({"Pagination": {"TotalRows": 30, "PageSize": 10, "CurrentPage": 3, "TotalPages": 3}}, None),
        ({"SkipToken": "Aa=1"}, "?_skiptoken=Aa%3D1"),
    ],
)
def test_sparks_pages_name_their_next_one(paging, link):
    rows = [{"StandardFields": {"ListingKey": "7"}}]

    answer = read_answer(json.dumps({"D": {"Success": True, "Results": rows, **paging}}).encode())

    assert answer.next_link == link
    assert not link or with_next("https://x.example/v1/listings?_limit=9", link).endswith(f"_limit=9&{link[1:]}")


def test_exactly_the_fields_that_a_feed_asks_for_are_looked_at():
    asked = set()

    class Watched(dict):
        def get(self, name, default=None):
            asked.add(name)
            return "13" if name == "StreetName" else default

    listing.read_row(Watched())

    assert asked - {"@odata.id"} == set(listing.FIELDS_READ)
