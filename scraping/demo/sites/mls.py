"""A RESO Web API of a listing service: Property records with Data Dictionary names, for bearers of a token."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from hmac import compare_digest
from xml.sax.saxutils import quoteattr

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from scraping.demo.adverts import Advert, Answer, Home
from scraping.demo.founding import CLOSED, EXPIRED
from scraping.demo.sites.odata import BadQuery, Record, answer, read_query
from scraping.demo.sites.shelf import FOOTER, Shelf

DISALLOWED = ("/members/",)
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
_HEADERS = {"OData-Version": "4.0"}
_MEDIA_TYPE = "application/json;odata.metadata=minimal"

Endpoint = Callable[[Request], Awaitable[Response]]


def routes(shelf: Shelf, *, access_token: str) -> list[BaseRoute]:
    """Return the service's addresses; everything below ``/odata/`` asks for ``access_token``."""
    service = _Service(shelf)

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def check(request: Request) -> Response:
            given = request.headers.get("authorization", "")
            if not compare_digest(given.encode(), f"Bearer {access_token}".encode()):
                return _error(401, "Unauthorized", "A valid bearer token is required.")
            return await endpoint(request)

        return check

    return [
        Route("/", service.show_front),
        *shelf.common_routes(disallowed=DISALLOWED, picture_width=800),
        Route("/odata/", guarded(service.show_root)),
        Route("/odata/$metadata", guarded(service.show_metadata)),
        Route("/odata/Property", guarded(service.list_properties)),
        Route("/odata/Property('{key}')", guarded(service.show_property)),
    ]


class _Service:
    """The endpoints of the Web API over one shelf."""

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    async def show_front(self, _request: Request) -> Response:
        return HTMLResponse(
            "<!doctype html><title>Tri-Metro Listing Service</title><h1>Tri-Metro Listing Service</h1>"
            '<p>Web API: <a href="/odata/$metadata">/odata/</a></p><p><a href="/members/">Members</a></p>'
            f"<p>{FOOTER}</p>"
        )

    async def show_root(self, request: Request) -> Response:
        sets = [{"name": "Property", "kind": "EntitySet", "url": "Property"}]
        return _json({"@odata.context": f"{_root(request)}$metadata", "value": sets})

    async def show_metadata(self, _request: Request) -> Response:
        return Response(_metadata(), media_type="application/xml", headers=_HEADERS)

    async def list_properties(self, request: Request) -> Response:
        options, root = dict(request.query_params), _root(request)
        try:
            query = read_query(options, fields=FIELDS)
            page = answer(
                _records(self._shelf, request),
                query,
                context=f"{root}$metadata#Property",
                address=f"{root}Property",
                options=options,
            )
        except BadQuery as fault:
            return _error(400, "BadRequest", str(fault), target=fault.target)
        return _json(page)

    async def show_property(self, request: Request) -> Response:
        key = request.path_params["key"]
        for record in _records(self._shelf, request):
            if record["ListingKey"] == key:
                return _json({"@odata.context": f"{_root(request)}$metadata#Property/$entity", **record})
        return _error(404, "NotFound", f"There is no Property with the key {key!r}.")


def _root(request: Request) -> str:
    return f"{request.base_url}odata/"


def _json(content: object, *, status_code: int = 200, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse(
        content, status_code=status_code, media_type=_MEDIA_TYPE, headers={**_HEADERS, **(headers or {})}
    )


def _error(status_code: int, code: str, message: str, *, target: str | None = None) -> Response:
    error: dict[str, object] = {"code": code, "message": message, "target": target, "details": []}
    headers = {"WWW-Authenticate": 'Bearer realm="listing service"'} if status_code == 401 else None
    return _json({"error": error}, status_code=status_code, headers=headers)


def _records(shelf: Shelf, request: Request) -> list[Record]:
    """Return the records in the order in which they were last modified, oldest first."""
    adverts = sorted((a for a in shelf.adverts if a.answer is Answer.PAGE), key=lambda a: (a.updated_at, a.key))
    origin = str(request.base_url).rstrip("/")
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


def _metadata() -> str:
    properties = "".join(
        f"<Property Name={quoteattr(name)} Type={quoteattr('Edm.' + kind)}/>" for name, kind in _EDM_TYPES.items()
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<edmx:Edmx xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx" Version="4.0"><edmx:DataServices>'
        '<Schema xmlns="http://docs.oasis-open.org/odata/ns/edm" Namespace="org.reso.metadata">'
        '<EntityType Name="Property"><Key><PropertyRef Name="ListingKey"/></Key>'
        f'{properties}<Property Name="Media" Type="Collection(org.reso.metadata.Media)"/></EntityType>'
        '<ComplexType Name="Media"><Property Name="MediaKey" Type="Edm.String"/>'
        '<Property Name="MediaURL" Type="Edm.String"/><Property Name="MediaCategory" Type="Edm.String"/>'
        '<Property Name="Order" Type="Edm.Int64"/></ComplexType>'
        '<EntityContainer Name="Default"><EntitySet Name="Property" EntityType="org.reso.metadata.Property"/>'
        "</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>"
    )
