"""A Property record in Data Dictionary names, standard or as Spark writes them, as a raw listing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from leads.normalise.text import tidy_paragraphs
from leads.records import ListingStatus, RawListing
from scraping.readers.page import as_dict, as_list, text_or_none
from scraping.readers.reso.statuses import Meaning, MeaningOf, meaning_of_listing, shipped_meaning

Row = Mapping[str, Any]

FIELD_MARKS: Final = ("ListingKey", "ListingKeyNumeric", "ListingId", "ListPrice", "StandardStatus", "StreetName")
OTHER_RESOURCES: Final = frozenset({
    "OpenHouseKey", "OpenHouseKeyNumeric", "MediaKey", "MediaURL", "MemberKey", "MemberKeyNumeric", "OfficeKey",
    "OfficeKeyNumeric", "RoomKey", "UnitTypeKey", "GreenBuildingVerificationKey", "PowerProductionKey",
    "ShowingKey", "HistoryTransactionalKey", "EntityEventSequence", "InternetTrackingKey", "SavedSearchKey",
    "QueueTransactionKey", "EventKey", "ObjectKey", "ContactListingsKey", "CaravanStopKey", "LookupKey",
})  # fmt: skip
"""Keys of resources that also name a listing, and that no Property record has."""
FIELDS_READ: Final = (
    "ListingKey", "ListingKeyNumeric", "ListingId", "ListingURL", "VirtualTourURLUnbranded", "StandardStatus",
    "MlsStatus", "ListPrice", "PropertyType", "PropertySubType", "BedroomsTotal", "BedsTotal", "BathroomsFull",
    "BathsFull", "BathroomsHalf", "BathsHalf", "BathroomsTotalDecimal", "BathsTotal", "BathroomsTotal",
    "BathroomsTotalInteger", "LivingArea", "BuildingAreaTotal", "AboveGradeFinishedArea", "LivingAreaUnits",
    "BuildingAreaUnits", "UnparsedAddress", "StreetNumber", "StreetNumberNumeric", "StreetDirPrefix", "StreetName",
    "StreetSuffix", "StreetDirSuffix", "CrossStreet", "UnitNumber", "City", "PostalCity", "StateOrProvince",
    "PostalCode", "Country", "SubdivisionName", "Latitude", "Longitude", "OnMarketTimestamp",
    "OriginalEntryTimestamp", "ListingContractDate", "OnMarketDate", "ModificationTimestamp", "ListAgentKey",
    "ListAgentKeyNumeric", "ListAgentFullName", "ListOfficeName", "PublicRemarks", "Media", "Photos",
)  # fmt: skip
"""Every name that this module looks at: what a feed asks for, as far as its server has it."""
_REFUSED: Final[Mapping[str | None, str]] = {
    "deleted": "its server deleted it",
    "incomplete": "it is a draft that is not on the market yet",
}
_PICTURES: Final = frozenset({"photo", "photos", "image", "images", "property photo", "propertyphoto"})
_STREET_PARTS: Final = ("StreetDirPrefix", "StreetName", "StreetSuffix", "StreetDirSuffix")


def is_property(row: Row, resource: str | None = None) -> bool:
    """Whether ``row`` is a Property record: other resources name a listing too."""
    return (
        resource in {None, "Property"}
        and OTHER_RESOURCES.isdisjoint(row)
        and (_key_of_address(row) is not None or _first(row, *FIELD_MARKS) is not None)
    )


def key_of(row: Row) -> str | None:
    """What the server calls the listing."""
    return _first(row, "ListingKey", "ListingKeyNumeric", "ListingId") or _key_of_address(row)


def _key_of_address(row: Row) -> str | None:
    """``Property('a1')`` and ``https://host/Property(17)`` name their record."""
    before, bracket, key = (text_or_none(row.get("@odata.id")) or "").rpartition("(")
    is_whole = bracket and key.endswith(")") and before.rpartition("/")[2] == "Property"
    return (key[:-1].strip("'") or None) if is_whole else None


def read_row(row: Row, meaning_of: MeaningOf = shipped_meaning) -> RawListing:
    """One record. A status that ``meaning_of`` does not know stays open; ``category`` keeps the server's word."""
    meaning = meaning_of_listing(_first(row, "StandardStatus"), _first(row, "MlsStatus"), meaning_of)
    status = _status(meaning)
    street = text_or_none(row.get("UnparsedAddress")) or _street(row)
    return RawListing(
        external_id=key_of(row),
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
        rejected=_REFUSED.get(meaning),
        description=tidy_paragraphs(_first(row, "PublicRemarks")),
        image_urls=tuple(_media(row)),
    )


def _status(meaning: Meaning | None) -> ListingStatus | None:
    return None if meaning in {"deleted", "incomplete"} else meaning  # type: ignore[return-value]  # the rest are


def _street(row: Row) -> str | None:
    number = _first(row, "StreetNumber", "StreetNumberNumeric")
    named = {name: _first(row, name) for name in _STREET_PARTS}
    if _is_on_a_grid(row, named):
        named["StreetName"] = _first(row, "CrossStreet")
    if not named["StreetName"]:
        return None
    parts = [part for part in (number, *named.values()) if part]
    unit = _first(row, "UnitNumber")
    return " ".join([*parts, f"Unit {unit}"] if unit else parts)


def _is_on_a_grid(row: Row, named: Mapping[str, str | None]) -> bool:
    """Utah's "1300 E 9400 S": a street that is a number without a suffix, and the other number as its crossing."""
    name = named["StreetName"] or "0"
    return name.isdecimal() and not named["StreetSuffix"] and (_first(row, "CrossStreet") or "").isdecimal()


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
    """The addresses of its pictures, in the order that the agent gave them; films and plans stay out."""
    media = [as_dict(item) for item in [*as_list(row.get("Media")), *as_list(row.get("Photos"))]]
    media = [item for item in media if (_first(item, "MediaCategory") or "photo").lower() in _PICTURES]
    media.sort(key=lambda item: (not item.get("PreferredPhotoYN"), _place(item)))
    return [link for item in media if (link := _first(item, "MediaURL", "UriLarge", "Uri1024", "Uri800"))]


def _place(item: Row) -> int:
    order = text_or_none(item.get("Order")) or ""
    return int(order[:9]) if order.isdecimal() else 0


def _is_us(row: Row) -> bool:
    return (_first(row, "Country") or "US").upper() in {"US", "USA", "UNITED STATES"}


def _first(row: Row, *names: str) -> str | None:
    return next((text for name in names if (text := text_or_none(row.get(name)))), None)
