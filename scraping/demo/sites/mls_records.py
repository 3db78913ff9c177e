"""The bundled world's adverts as Property records in Data Dictionary names, and the description of these."""

from datetime import datetime, timedelta
from xml.sax.saxutils import quoteattr

from scraping.demo.adverts import Advert, Answer, Home
from scraping.demo.founding import CLOSED, EXPIRED
from scraping.demo.sites.odata import Record
from scraping.demo.sites.shelf import Shelf

LISTING_TERM = timedelta(days=180)
_SUBTYPES = {"house": "SingleFamilyResidence", "townhouse": "Townhouse", "condo": "Condominium"}
_DIRECTIONS = {"North": "N", "South": "S", "East": "E", "West": "W", "": None}
_EDM_TYPES = {
    "ListingKey": "String", "ListingId": "String", "StandardStatus": "String", "MlsStatus": "String",
    "PropertyType": "String", "PropertySubType": "String", "ListPrice": "Decimal", "OriginalListPrice": "Decimal",
    "ClosePrice": "Decimal", "UnparsedAddress": "String", "StreetNumber": "String", "StreetDirPrefix": "String",
    "StreetName": "String", "StreetSuffix": "String", "UnitNumber": "String", "City": "String",
    "StateOrProvince": "String", "PostalCode": "String", "CountyOrParish": "String", "Latitude": "Double",
    "Longitude": "Double", "BedroomsTotal": "Int64", "BathroomsTotalInteger": "Int64", "BathroomsFull": "Int64",
    "BathroomsHalf": "Int64", "LivingArea": "Decimal", "LivingAreaUnits": "String", "LotSizeSquareFeet": "Decimal",
    "YearBuilt": "Int64", "OnMarketDate": "Date", "ExpirationDate": "Date", "CloseDate": "Date",
    "ModificationTimestamp": "DateTimeOffset", "PublicRemarks": "String", "ListAgentFullName": "String",
    "ListAgentMlsId": "String", "ListAgentPreferredPhone": "String", "ListOfficeName": "String",
}  # fmt: skip
FIELDS = frozenset({*_EDM_TYPES, "Media"})
EVENT_FIELDS = {"EntityEventSequence": "Int64", "ResourceName": "String", "ResourceRecordKey": "String"}


def records_of(shelf: Shelf, origin: str) -> list[Record]:
    """Return the records in the order in which they were last modified, oldest first."""
    adverts = sorted((a for a in shelf.adverts if a.answer is Answer.PAGE), key=lambda a: (a.updated_at, a.key))
    return [_record(advert, home, origin) for advert in adverts if (home := shelf.home_of(advert))]


def _record(advert: Advert, home: Home, origin: str) -> dict[str, object]:
    began, ended = _term(advert)
    is_closed = advert.status == CLOSED
    return {
        "ListingKey": advert.key,
        "ListingId": f"TM{advert.key[:7]}",
        "StandardStatus": advert.status,
        "MlsStatus": advert.status,
        "PropertyType": "Residential",
        "PropertySubType": _SUBTYPES[home.facts.kind],
        "ListPrice": advert.price_usd,
        "OriginalListPrice": home.facts.value_usd,
        "ClosePrice": advert.price_usd - 4000 if is_closed else None,
        **_address(advert, home),
        "BedroomsTotal": home.facts.beds,
        **_baths(home.facts.baths),
        "LivingArea": home.facts.area_sqft,
        "LivingAreaUnits": "SquareFeet",
        "LotSizeSquareFeet": home.facts.lot_sqft or None,
        "YearBuilt": home.facts.year_built,
        "OnMarketDate": f"{began:%Y-%m-%d}",
        "ExpirationDate": f"{ended:%Y-%m-%d}",
        "CloseDate": f"{advert.updated_at:%Y-%m-%d}" if is_closed else None,
        "ModificationTimestamp": _timestamp(advert.updated_at),
        "PublicRemarks": advert.body,
        **_agent(advert),
        "Media": [
            {
                "MediaKey": picture.name,
                "MediaURL": f"{origin}/images/{picture.name}.jpg",
                "MediaCategory": "Photo",
                "Order": order,
            }
            for order, picture in enumerate(advert.pictures)
        ],
    }


def _term(advert: Advert) -> tuple[datetime, datetime]:
    """Return when the listing came on the market and when its term ends or ended."""
    if advert.status == EXPIRED:
        return advert.posted_at - LISTING_TERM, advert.posted_at
    return advert.posted_at, advert.posted_at + LISTING_TERM


def _address(advert: Advert, home: Home) -> dict[str, object]:
    address = home.address
    return {
        "UnparsedAddress": f"{advert.shown_address}, {advert.city}, {advert.state} {advert.zip_code}",
        "StreetNumber": str(address.number),
        "StreetDirPrefix": _DIRECTIONS[address.street.direction],
        "StreetName": address.street.name,
        "StreetSuffix": address.street.suffix,
        "UnitNumber": address.unit or None,
        "City": advert.city,
        "StateOrProvince": advert.state,
        "PostalCode": advert.zip_code,
        "CountyOrParish": address.place.county.removesuffix(" County"),
        "Latitude": advert.latitude,
        "Longitude": advert.longitude,
    }


def _baths(baths: float) -> dict[str, object]:
    full, has_half = int(baths), baths != int(baths)
    return {"BathroomsTotalInteger": full + has_half, "BathroomsFull": full, "BathroomsHalf": int(has_half)}


def _agent(advert: Advert) -> dict[str, object]:
    if advert.agent is None:
        return dict.fromkeys(("ListAgentFullName", "ListAgentMlsId", "ListAgentPreferredPhone", "ListOfficeName"))
    phone = advert.agent.person.phone
    return {
        "ListAgentFullName": advert.agent.person.full_name,
        "ListAgentMlsId": advert.agent.member_key,
        "ListAgentPreferredPhone": f"{phone[2:5]}-{phone[5:8]}-{phone[8:]}",
        "ListOfficeName": advert.agent.brokerage,
    }


def _timestamp(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S}Z"


def metadata(*, has_events: bool, links_media: bool) -> str:
    """The service's ``$metadata``.

    :param links_media: whether pictures are a resource of their own
    """
    media = '<{} Name="Media" Type="Collection(org.reso.metadata.Media)"/>'
    listing = _type("Property", "ListingKey", _EDM_TYPES)
    linked = media.format("NavigationProperty" if links_media else "Property")
    events = _type("EntityEvent", "EntityEventSequence", EVENT_FIELDS) if has_events else ""
    sets = "".join(
        f'<EntitySet Name="{name}" EntityType="org.reso.metadata.{name}"/>'
        for name in ("Property", *(("EntityEvent",) if has_events else ()))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        '<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="org.reso.metadata">'
        f"{listing.replace('</EntityType>', linked + '</EntityType>')}{events}"
        '<ComplexType Name="Media"><Property Name="MediaKey" Type="Edm.String"/>'
        '<Property Name="MediaURL" Type="Edm.String"/><Property Name="MediaCategory" Type="Edm.String"/>'
        '<Property Name="Order" Type="Edm.Int64"/></ComplexType>'
        f'<EntityContainer Name="Default">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _type(name: str, key: str, edm_types: dict[str, str]) -> str:
    properties = "".join(
        f"<Property Name={quoteattr(field)} Type={quoteattr('Edm.' + kind)}/>" for field, kind in edm_types.items()
    )
    return f'<EntityType Name="{name}"><Key><PropertyRef Name="{key}"/></Key>{properties}</EntityType>'
