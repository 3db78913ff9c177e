"""Tables: forgiving columns, and zeros that mean unknown."""

import pytest

from bench.sidecars import read_saved
from scraping.readers import UnreadablePage, read_page


def test_the_rows_of_forsalebyowner_com_are_read(shared_data):
    reading, truth = read_saved(shared_data, "fsbo/forsalebyowner_com_listings_2023-05_dev.csv")

    assert (reading.page, len(reading.records)) == ("feed", truth["rows"])
    assert len({record.url for record in reading.records}) == truth["unique_urls"]
    assert sum(1 for record in reading.records if record.area_sqft is None) == truth["sqft_zero_rows"]
    assert all(record.asking_price and record.kind == "fsbo" and record.is_owner for record in reading.records)
    assert {record.state or "" for record in reading.records} == set(truth["states"])


def test_the_snapshot_of_charlotte_is_read(shared_data):
    reading, truth = read_saved(shared_data, "fsbo/zillow_fsbo_listings_2026-02-19_dev.json")

    types = [TYPES[item["property_type"]] for item in truth["items"]]
    kinds = [item["listing_type"].removeprefix("mls") for item in truth["items"]]
    assert [record.property_type for record in reading.records] == types
    assert [record.kind for record in reading.records] == kinds


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
        "Inserat;Listing ID;Asking Price;Bedrooms;Zip Code\nHäuschen;7;$325k;3;78704\n".encode("cp1252"),
        "listing_id\tasking_price\tbedrooms\tzip_code\n7\t325000\t3\t78704\n".encode("utf-16"),
        b"id|price|beds|zip|notes\r7|325000|3|78704|none\r",
        b'id,price,beds,zip,notes\n7,325000,3,78704,"two\nlines, and ""more"""\n',
        b"Sales of 2026,,,\nas of May,,,\n,,,\nid,price,beds,zip\n7,325000,3,78704\n",
        b'{"listingId": 7, "askingPrice": 325000, "bedrooms": 3, "zipCode": "78704"}\n{"note": "no listing"}\n',
        b'{"data": {"results": [{"id": 7, "price": 325000, "beds": 3, "address": {"postalCode": "78704"}}]}}',
    ],
    ids=[
        "semicolons",
        "tabs",
        "windows-1252",
        "utf-16",
        "pipes-and-bare-returns",
        "lines-in-a-cell",
        "titles-above",
        "json-lines",
        "nested-json",
    ],
)
def test_columns_are_found_whatever_their_spelling(table):
    (record,) = read_page("fsbo", table, None).records

    assert (record.external_id, record.asking_price, record.beds, record.zip) == ("7", 325000, 3, "78704")


def test_a_table_of_something_else_is_refused():
    reading = read_page("fsbo", b"colour,weight\nred,3\n", None)

    assert (reading.page, reading.records) == ("rejected", ())
    assert "No column" in reading.reason


@pytest.mark.parametrize(
    "body",
    [b"", b" \n ", b"\x89PNG\0\0", b"[" * 200_000, b'{"broken": '],
    ids=["empty", "blank", "binary", "deep", "broken"],
)
def test_what_is_no_payload_is_an_error_in_plain_words(body):
    with pytest.raises(UnreadablePage):
        read_page("reso", body, None)
