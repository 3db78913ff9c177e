"""Tables of listings: CSV, JSON and JSON lines, with whatever names their columns happen to have.

A 0 in a table means "unknown" for beds, baths and area: exports write it where a form was left empty.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from leads.normalise.text import html_to_text
from leads.records import LeadKind, RawListing
from scraping.readers.page import RawReading, UnreadablePage, address_parts, load_json, rejected, text_or_none

MAX_ROWS = 100_000
MAX_CELL_CHARACTERS = 200_000

_COLUMNS: Mapping[str, str] = {
    "external_id": "id externalid listingid postid zpid listingkey adid recordid itemid",
    "url": "url link href listingurl detailurl zillowurl redfinurl permalink",
    "title": "title name headline subject",
    "asking_price_text": "price askingprice listprice listingprice rent amount unformattedprice saleprice",
    "price_period_text": "rentperiod priceperiod period",
    "currency": "currency pricecurrency currencycode",
    "beds_text": "bed beds bedrooms bedroom br bedscount numberofbedrooms bedroomstotal",
    "baths_text": "bath baths bathrooms bathroom ba bathscount numberofbathrooms bathroomstotal",
    "area_text": "sqft squareft squarefeet livingarea area areasqft size squarefootage floorarea space",
    "address": "address streetaddress street addressline addressline1 fulladdress fullstreetaddress",
    "city": "city town locality addresslocality",
    "state": "state stateorprovince region province stateabbreviation",
    "zip": "zip zipcode postalcode postcode",
    "country": "country countrycode",
    "neighborhood": "neighborhood neighbourhood hood area_name subdivision",
    "latitude": "latitude lat",
    "longitude": "longitude lng lon long",
    "posted_text": "posted dateposted postedat listeddate datelisted listdate publishedat datetime",
    "updated_text": "updated updatedat lastupdated modified dateupdated",
    "phones": "phone phones telephone phonenumber contactphone sellerphone ownerphone tel mobile cell",
    "emails": "email emails contactemail selleremail owneremail mail",
    "contact_name": "contact contactname seller sellername owner ownername agentname",
    "category": "category section",
    "property_type": "propertytype hometype housingtype type style",
    "listing_type": "listingtype listingsubtype saletype",
    "description": "description remarks body postingbody publicremarks notes text details comments",
    "image_urls": "images photos photourls imageurls pics imageurl photo",
    "repost_of": "repostof",
}
_FIELD_OF_COLUMN = {name: field for field, names in _COLUMNS.items() for name in names.split()}
_LIST_KEYS = ("listings", "results", "items", "records", "rows", "value", "data")
_NO_VALUE = frozenset({"", "na", "n/a", "null", "none", "nan", "-", "unknown", "[]"})
_BY_OWNER_TYPES = frozenset({"fsbo", "forsalebyowner", "mlsfsbo"})
_BOILERPLATE = re.compile(r"\s*QR Code Link to This Post\s*")

Row = Mapping[str, Any]


def looks_like_rows(body: bytes) -> bool:
    """Whether the body is a table or JSON lines rather than a page or one JSON document."""
    lines = body.removeprefix(b"\xef\xbb\xbf").lstrip()[:MAX_CELL_CHARACTERS].splitlines()
    first = lines[0] if lines else b""
    if first.startswith((b"<", b"[")):
        return False
    if first.startswith(b"{"):
        return len(lines) > 1 and lines[1].lstrip().startswith(b"{") and first.rstrip().endswith(b"}")
    return any(separator in first for separator in (b",", b";", b"\t"))


def read(body: bytes, url: str | None = None, *, kind_hint: LeadKind | None = None) -> RawReading:
    """Read every row that holds anything.

    :raises UnreadablePage: if the body is neither a table, JSON nor JSON lines, or has more than ``MAX_ROWS`` rows
    """
    listings = tuple(_listings(_load_rows(body)))
    if not listings:
        return rejected("No column or key of the file is one that a listing has.")
    return RawReading(page="feed", listings=listings, kind_hint=kind_hint)


def _listings(rows: Iterable[Row]) -> Iterator[RawListing]:
    for index, row in enumerate(rows):
        if index >= MAX_ROWS:
            raise UnreadablePage(f"The file has more than {MAX_ROWS} rows.")
        facts = _facts(row)
        if set(facts) - {"title", "listing_type"}:
            yield _read_row(facts)


def _load_rows(body: bytes) -> Iterator[Row]:
    text = body.decode("utf-8-sig", errors="replace").strip()
    if text.startswith("[") or (text.startswith("{") and not looks_like_rows(body)):
        return _json_rows(load_json(text))
    if text.startswith("{"):
        return _json_lines(text)
    return _table_rows(text)


def _json_rows(document: Any) -> Iterator[Row]:
    found = document
    for _ in range(3):  # {"data": {"results": [...]}}
        if isinstance(found, dict):
            found = next((found[key] for key in _LIST_KEYS if isinstance(found.get(key), list | dict)), [found])
    return (row for row in (found if isinstance(found, list) else []) if isinstance(row, dict))


def _json_lines(text: str) -> Iterator[Row]:
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UnreadablePage(f"Line {number} is not valid JSON.") from error
        if isinstance(row, dict):
            yield row


def _table_rows(text: str) -> Iterator[Row]:
    csv.field_size_limit(MAX_CELL_CHARACTERS)
    header = text.split("\n", 1)[0]
    if len(header) > MAX_CELL_CHARACTERS:
        raise UnreadablePage("The first row of the table is too long to name columns.")
    try:
        dialect: Any = csv.Sniffer().sniff(header, delimiters=",;\t|")
    except csv.Error:
        dialect = csv.excel
    rows = csv.DictReader(io.StringIO(text), delimiter=dialect.delimiter)
    try:
        yield from rows
    except csv.Error as error:
        raise UnreadablePage(f"The table cannot be read beyond line {rows.line_num}.") from error


def _facts(row: Row) -> dict[str, Any]:
    """The row's values by field; the first column that holds one wins, an object's own columns come last."""
    facts: dict[str, Any] = {}
    nested = [value for value in row.values() if isinstance(value, dict)]
    for columns in (row, *nested):
        for name, value in columns.items():
            field = _FIELD_OF_COLUMN.get(re.sub(r"[^a-z0-9]", "", str(name).lower()))
            if field and field not in facts and _is_value(value):
                facts[field] = value
    return facts


def _is_value(value: Any) -> bool:
    if isinstance(value, list):
        return bool(value)
    text = text_or_none(value)
    return text is not None and text.lower() not in _NO_VALUE


def _read_row(facts: Mapping[str, Any]) -> RawListing:
    texts = {field: text_or_none(value) for field, value in facts.items()}
    url = texts.get("url")
    listing_type = (texts.get("listing_type") or "").lower().replace(" ", "").replace("_", "")
    description = html_to_text(texts.get("description"))
    plain: dict[str, Any] = {field: texts.get(field) for field in _PLAIN_FIELDS}
    return RawListing(
        external_id=texts.get("external_id") or _last_part(url),
        is_owner=_is_owner(listing_type, url),
        is_zero_unknown=True,
        address_lines=tuple(filter(None, [texts.get("address")])),
        phones=_texts(facts.get("phones")),
        emails=_texts(facts.get("emails")),
        image_urls=_texts(facts.get("image_urls")),
        description=_BOILERPLATE.sub("\n", description).strip() if description else None,
        kind="fsbo" if listing_type in _BY_OWNER_TYPES else None,
        **plain,
    )


_PLAIN_FIELDS = tuple(
    field
    for field in _COLUMNS
    if field not in {"external_id", "address", "phones", "emails", "image_urls", "description", "listing_type"}
)


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, list):
        return tuple(text for text in map(text_or_none, value) if text)
    text = text_or_none(value) or ""
    return tuple(part for part in re.split(r"[;|]\s*|,\s*(?=https?:)", text) if part.strip())


def _last_part(url: str | None) -> str | None:
    return address_parts(url).path.rstrip("/").rsplit("/", 1)[-1] or None


def _is_owner(listing_type: str, url: str | None) -> bool | None:
    if listing_type in _BY_OWNER_TYPES or "byowner" in (address_parts(url).hostname or ""):
        return True
    return False if "agent" in listing_type and "by" in listing_type else None
