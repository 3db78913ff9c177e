"""Homes described with schema.org, as JSON-LD, microdata or RDFa: one dictionary of raw fields per home."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from parsel import Selector

from leads.normalise.text import html_to_text
from scraping.readers.marked_up import MICRODATA, RDFA, Syntax, marked_objects
from scraping.readers.page import as_dict, script_json, text_or_none

MAX_OBJECTS = 20_000

_HOMES = frozenset(
    {
        "Accommodation", "Apartment", "ApartmentComplex", "Condominium", "Home", "House", "Place", "Residence",
        "SingleFamilyResidence", "Suite", "Townhouse",
    }
)  # fmt: skip
_HOME_OFFERS = frozenset({"RealEstateListing", "OfferForPurchase", "OfferForLease"})
_HOME_FACTS = ("numberOfBedrooms", "numberOfRooms", "numberOfBathroomsTotal", "floorSize", "accommodationCategory")
_OFFERS = frozenset({"RealEstateListing", "Product", "Offer", "OfferForPurchase", "OfferForLease", "Listing"})
_AGENTS = frozenset({"RealEstateAgent", "Organization", "LocalBusiness", "Corporation"})
_AREA_UNITS: Mapping[str, str] = {
    "FTK": "sqft", "SQFT": "sqft", "SQ FT": "sqft", "SQUARE FEET": "sqft",
    "MTK": "m²", "SQM": "m²", "M2": "m²", "ACR": "acres",
}  # fmt: skip

_PERIOD_CODES: Mapping[str, str] = {"MON": "month", "WEE": "week", "DAY": "day", "ANN": "year"}
"""UN/CEFACT codes of the periods that a price is per, as schema.org's ``unitCode`` uses them."""

_OPENED = (
    ("asking_price", "asking_price_text", "offers"),
    ("area_sqft", "area_text", "floorSize"),
    ("lat", "latitude", "geo"),
    ("lng", "longitude", "geo"),
)
"""(field of a record, raw field, object that exists to hold it)."""

Object = Mapping[str, Any]
Facts = dict[str, Any]


def json_ld_homes(page: Selector, base_url: str) -> list[Facts]:
    """Raw fields of each home that the page's JSON-LD offers, the page's order kept.

    ``is_home`` is there where the markup calls it a home; a mere product or offer may be one or not.
    """
    homes: list[Facts] = []
    for document in script_json(page, "script[type='application/ld+json']"):
        referred = _join_references(document)
        offers = (offer for offer in _offers(document) if not _is_part(offer, referred))
        homes += [facts for offer in offers if len(facts := _read_offer(offer, base_url)) > 1]
    return homes


def described_homes(page: Selector, base_url: str) -> dict[str, list[Facts]]:
    """Syntax ("json-ld", "microdata", "rdfa") → raw fields of the homes it describes; only those that describe any.

    One page may say the same in two of them; where JSON-LD tells of one home, marked-up lists are other people's.
    """
    found = {"json-ld": json_ld_homes(page, base_url)}
    for syntax in (MICRODATA, RDFA):
        homes = _marked_homes(page, base_url, syntax)
        if len(homes) <= 1 or not found["json-ld"]:
            found[syntax.name] = homes
    return {syntax: homes for syntax, homes in found.items() if homes}


def microdata_homes(page: Selector, base_url: str) -> list[Facts]:
    """Raw fields of each home that the page marks up with ``itemscope`` and ``itemprop``."""
    return _marked_homes(page, base_url, MICRODATA)


def _marked_homes(page: Selector, base_url: str, syntax: Syntax) -> list[Facts]:
    offers = (offer for scope in marked_objects(page.root, syntax) for offer in _offers(scope))
    return [facts for offer in offers if len(facts := _read_offer(offer, base_url)) > 1]


def lost_in_markup(facts: Facts) -> frozenset[str]:
    """Fields whose object the markup opens and leaves empty: an offer without a price, a point without numbers."""
    return frozenset(facts.get("lost", ()))


def _join_references(document: Any) -> set[str]:
    """Put the described object wherever a graph only names it by ``@id``; return the names that were used."""
    objects = list(_objects(document))
    described = {value["@id"]: value for value in objects if len(value) > 1 and isinstance(value.get("@id"), str)}
    referred: set[str] = set()
    for value in objects:
        for key, part in value.items():
            name = part.get("@id") if isinstance(part, dict) and len(part) == 1 else None
            if isinstance(name, str) and name in described:
                referred.add(name)
                value[key] = described[name]
    return referred


def _is_part(offer: Object, referred: set[str]) -> bool:
    """Whether the object is a home that some listing of the same graph is about."""
    name = offer.get("@id")
    return isinstance(name, str) and name in referred and not _types(offer) & _OFFERS


def _objects(document: Any) -> Iterator[dict[str, Any]]:
    waiting, seen = [document], 0
    while waiting and seen < MAX_OBJECTS:
        value, seen = waiting.pop(), seen + 1
        if isinstance(value, dict):
            yield value
            waiting.extend(value.values())
        elif isinstance(value, list):
            waiting.extend(value)


def _offers(document: Any) -> Iterator[Object]:
    """The outermost objects that offer or are a home; what lies inside one belongs to it."""
    waiting, seen = [document], 0
    while waiting and seen < MAX_OBJECTS:
        value, seen = waiting.pop(), seen + 1
        if isinstance(value, list):
            waiting.extend(reversed(value))
        elif isinstance(value, dict):
            if _types(value) & (_OFFERS | _HOMES):
                yield value
            else:
                waiting.extend(reversed(list(value.values())))


def _read_offer(offer: Object, base_url: str) -> Facts:
    home = next(
        (as_dict(offer.get(key)) for key in ("about", "itemOffered", "mainEntity") if as_dict(offer.get(key))),
        offer,
    )
    price = _first_object(offer.get("offers")) or offer
    if home is offer and as_dict(price.get("itemOffered")):
        home = as_dict(price["itemOffered"])
    address, geo = _first_object(home.get("address")), _first_object(home.get("geo"))
    seller = next(
        (
            found
            for key in ("seller", "offeredBy", "provider", "author", "agent")
            if (found := _first_object(price.get(key)) or _first_object(offer.get(key)))
        ),
        {},
    )
    url = _text(offer, "url") or _text(home, "url") or _text(offer, "@id")
    facts: Facts = {
        "external_id": _text(offer, "identifier", "sku", "productID") or _text(home, "identifier"),
        "url": urljoin(base_url, url) if url else None,
        "title": _text(offer, "name", "headline") or _text(home, "name"),
        "asking_price_text": _text(price, "price", "lowPrice")
        or _text(_first_object(price.get("priceSpecification")), "price"),
        "currency": _text(price, "priceCurrency")
        or _text(_first_object(price.get("priceSpecification")), "priceCurrency"),
        "price_period_text": _price_period(offer, price),
        "beds_text": _quantity(home, "numberOfBedrooms"),
        "baths_text": _quantity(home, "numberOfBathroomsTotal", "numberOfFullBathrooms"),
        "area_text": _area(home),
        "address": _text(address, "streetAddress") or _text(home, "address"),
        "city": _text(address, "addressLocality"),
        "state": _text(address, "addressRegion"),
        "zip": _text(address, "postalCode"),
        "country": _text(address, "addressCountry"),
        "latitude": _text(geo, "latitude") or _text(home, "latitude"),
        "longitude": _text(geo, "longitude") or _text(home, "longitude"),
        "posted_text": _text(offer, "datePosted", "datePublished", "dateCreated"),
        "updated_text": _text(offer, "dateModified"),
        "phones": _text(seller, "telephone") or _text(home, "telephone"),
        "emails": (_text(seller, "email") or "").removeprefix("mailto:") or None,
        "contact_name": _text(seller, "name"),
        "property_type": _property_type(home),
        "is_home": _is_home(offer, home) or None,
        "is_owner": _is_owner(seller),
        "description": html_to_text(_text(offer, "description") or _text(home, "description")),
        "image_urls": tuple(urljoin(base_url, image) for image in (*_images(offer), *_images(home))),
    }
    known = {field: value for field, value in facts.items() if value not in (None, "", ())}
    if lost := [name for name, field, part in _OPENED if _is_opened(offer, home, part) and field not in known]:
        known["lost"] = lost
    return known


def _is_opened(offer: Object, home: Object, name: str) -> bool:
    return bool(_first_object(offer.get(name)) or _first_object(home.get(name)))


def _types(value: Object) -> set[str]:
    names = value.get("@type")
    return {str(name).rstrip("/").rsplit("/", 1)[-1] for name in (names if isinstance(names, list) else [names])}


def _is_home(offer: Object, home: Object) -> bool:
    """Whether the markup itself says that a home is offered: a product may be anything."""
    types = _types(offer) | _types(home)
    return bool(types & (_HOMES | _HOME_OFFERS)) or any(home.get(fact) for fact in _HOME_FACTS)


def _property_type(home: Object) -> str | None:
    named = _text(home, "accommodationCategory", "additionalType", "category")
    specific = sorted(_types(home) & (_HOMES - {"Accommodation", "Place", "Home", "Residence", "Suite"}))
    return named or (specific[0] if specific else None)


def _is_owner(seller: Object) -> bool | None:
    types = _types(seller)
    return True if "Person" in types else False if types & _AGENTS else None


def _price_period(offer: Object, price: Object) -> str | None:
    """What the price is per, in words; an offer to lease that does not say is by the month."""
    specification = _first_object(price.get("priceSpecification"))
    code = _text(specification, "unitCode")
    if named := _PERIOD_CODES.get(code or "") or _text(specification, "unitText", "billingDuration"):
        return named
    functions = [_text(value, "businessFunction") or "" for value in (offer, price)]
    is_lease = "OfferForLease" in _types(offer) | _types(price) or any(
        name.endswith("LeaseOut") for name in functions
    )
    return "month" if is_lease else None


def _quantity(home: Object, *names: str) -> str | None:
    for name in names:
        value = home.get(name)
        if text := text_or_none(value) or _text(_first_object(value), "value", "minValue"):
            return text
    return None


def _area(home: Object) -> str | None:
    size = home.get("floorSize")
    if plain := text_or_none(size):
        return plain
    measure = _first_object(size)
    value = _text(measure, "value", "maxValue")
    unit = (_text(measure, "unitCode", "unitText") or "").upper()
    return f"{value} {_AREA_UNITS.get(unit, unit.lower())}".strip() if value else None


def _images(value: Object) -> Iterator[str]:
    images = value.get("image") or value.get("photo")
    for image in images if isinstance(images, list) else [images]:
        if link := text_or_none(image) or _text(as_dict(image), "url", "contentUrl"):
            yield link


def _text(value: Object, *names: str) -> str | None:
    for name in names:
        found = value.get(name)
        if text := text_or_none(next(iter(found), None) if isinstance(found, list) else found):
            return text
        if name in {"identifier", "addressCountry"} and (text := _text(as_dict(found), "value", "name")):
            return text
    return None


def _first_object(value: Any) -> Object:
    return as_dict(next(iter(value), None) if isinstance(value, list) else value)
