"""RESO Web API: OData collections, single records, and the Spark envelope ``D.Results``.

An MLS row is a lead only when its listing ended unsold: ``Expired``. ``Withdrawn`` and ``Canceled`` are the
owner's own decision and are never sold as expired. The rest have no kind: they serve suppression and valuation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads.normalise.text import tidy_paragraphs
from leads.records import ListingStatus, RawListing
from scraping.readers.page import RawReading, as_dict, as_list, load_json, rejected, text_or_none

_STATUSES: Mapping[str, ListingStatus] = {
    "active": "active", "a": "active", "comingsoon": "active", "new": "active",
    "activeundercontract": "pending", "pending": "pending", "p": "pending", "hold": "pending",
    "undercontract": "pending", "contingent": "pending",
    "closed": "closed", "sold": "closed", "s": "closed", "c": "closed", "leased": "closed",
    "expired": "expired", "x": "expired", "e": "expired",
    "withdrawn": "withdrawn", "w": "withdrawn",
    "canceled": "canceled", "cancelled": "canceled", "delete": "canceled", "incomplete": "canceled",
}  # fmt: skip
_FIELD_MARKS = ("ListingKey", "ListingKeyNumeric", "ListingId", "ListPrice", "StandardStatus", "StreetName")

Row = Mapping[str, Any]


def read(body: bytes, url: str | None) -> RawReading:
    """Read one answer of a RESO or Spark server: a page of a collection, one record, or an error.

    :raises UnreadablePage: if the body is no JSON
    """
    document = load_json(body)
    envelope = as_dict(document)
    if problem := _problem(envelope):
        return rejected(problem)
    rows = [_fields(row) for row in _rows(document)]
    listings = tuple(_read_row(row) for row in rows if _first(row, *_FIELD_MARKS))
    if rows and not listings:
        return rejected("The records are no Property records.")
    if not rows and "value" not in envelope and "D" not in envelope:
        return rejected("The answer is no RESO collection or record.")
    return RawReading(page="feed", listings=listings, next_url=text_or_none(envelope.get("@odata.nextLink")))


def _problem(envelope: Row) -> str | None:
    error, spark = as_dict(envelope.get("error")), as_dict(envelope.get("D"))
    if error:
        return _problem_line(error.get("code"), error.get("message"))
    if spark.get("Success") is False:
        return _problem_line(spark.get("Code"), spark.get("Message"))
    return None


def _problem_line(code: Any, message: Any) -> str:
    """The server's words without e-mail addresses: reasons end in logs."""
    words = " ".join(word if "@" not in word else "…" for word in str(message or "").split())
    return f"The server answered with error {code}: {words[:200]}"


def _rows(document: Any) -> list[Any]:
    envelope = as_dict(document)
    if "D" in envelope:
        return as_list(as_dict(envelope["D"]).get("Results"))
    if "value" in envelope:
        return as_list(envelope["value"])
    if isinstance(document, list):
        return document
    return [document] if any(mark in envelope for mark in _FIELD_MARKS) else []


def _fields(row: Any) -> Row:
    fields = as_dict(row)
    return as_dict(fields.get("StandardFields")) or fields


def _read_row(row: Row) -> RawListing:
    status = _status(row)
    street = text_or_none(row.get("UnparsedAddress")) or _street(row)
    return RawListing(
        external_id=_first(row, "ListingKey", "ListingKeyNumeric", "ListingId"),
        url=_first(row, "ListingURL", "VirtualTourURLUnbranded"),
        title=text_or_none(row.get("UnparsedAddress")) or street,
        asking_price_text=_first(row, "ListPrice"),
        price_period_text="monthly" if "lease" in (_first(row, "PropertyType") or "").lower() else "once",
        currency="USD" if _first(row, "ListPrice") and _is_us(row) else None,
        beds_text=_first(row, "BedroomsTotal", "BedsTotal"),
        baths_text=_baths(row),
        area_text=_area(row),
        address_lines=(street,) if street else (),
        city=_first(row, "City", "PostalCity"),
        state=_first(row, "StateOrProvince"),
        zip=_first(row, "PostalCode"),
        country=_first(row, "Country"),
        neighborhood=_first(row, "SubdivisionName"),
        latitude=_first(row, "Latitude"),
        longitude=_first(row, "Longitude"),
        posted_text=_first(
            row, "OnMarketTimestamp", "OriginalEntryTimestamp", "ListingContractDate", "OnMarketDate"
        ),
        updated_text=_first(row, "ModificationTimestamp"),
        category=_first(row, "StandardStatus", "MlsStatus"),
        property_type=_first(row, "PropertySubType", "PropertyType"),
        is_owner=False
        if _first(row, "ListAgentKey", "ListAgentKeyNumeric", "ListAgentFullName", "ListOfficeName")
        else None,
        status=status,
        kind="expired" if status == "expired" else None,
        description=tidy_paragraphs(_first(row, "PublicRemarks")),
        image_urls=tuple(_media(row)),
    )


def _status(row: Row) -> ListingStatus | None:
    """``StandardStatus`` decides; the server's own ``MlsStatus`` only where it is missing."""
    name = _first(row, "StandardStatus", "MlsStatus") or ""
    return _STATUSES.get(name.rsplit("'", 2)[-2].lower() if name.endswith("'") else name.replace(" ", "").lower())


def _street(row: Row) -> str | None:
    names = ("StreetNumber", "StreetDirPrefix", "StreetName", "StreetSuffix", "StreetDirSuffix")
    parts = [part for part in (_first(row, name) for name in names) if part]
    unit = _first(row, "UnitNumber")
    if not _first(row, "StreetName"):
        return None
    return " ".join([*parts, f"Unit {unit}"] if unit else parts)


def _baths(row: Row) -> str | None:
    """Half baths count half here; ``BathroomsTotalInteger`` counts each as one and comes last."""
    full, half = _first(row, "BathroomsFull", "BathsFull"), _first(row, "BathroomsHalf", "BathsHalf")
    if full and half:
        return f"{full} full, {half} half"
    return _first(row, "BathroomsTotalDecimal", "BathsTotal", "BathroomsTotal", "BathroomsTotalInteger") or full


def _area(row: Row) -> str | None:
    area = _first(row, "LivingArea", "BuildingAreaTotal", "AboveGradeFinishedArea")
    units = (_first(row, "LivingAreaUnits", "BuildingAreaUnits") or "").lower()
    return f"{area} m²" if area and "met" in units else area


def _media(row: Row) -> list[str]:
    media = [as_dict(item) for item in [*as_list(row.get("Media")), *as_list(row.get("Photos"))]]
    return [link for item in media if (link := _first(item, "MediaURL", "UriLarge", "Uri1024", "Uri800"))]


def _is_us(row: Row) -> bool:
    return (_first(row, "Country") or "US").upper() in {"US", "USA", "UNITED STATES"}


def _first(row: Row, *names: str) -> str | None:
    return next((text for name in names if (text := text_or_none(row.get(name)))), None)
