"""Redfin: its map's search and a home's answers as JSON, and the pages that carry the same answers."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from leads.normalise.text import html_to_text
from leads.records import ListingStatus, RawListing
from scraping.readers.embedded import assigned_document, nested_document, window_title, without_guard
from scraping.readers.page import (
    RawReading,
    as_dict,
    is_json,
    join_address,
    load_json,
    lost_fields,
    rejected,
    rejected_page,
)
from scraping.readers.payload import (
    Home,
    Shape,
    first_text,
    first_texts,
    list_at,
    listing_from,
    object_at,
    texts_at,
)
from scraping.readers.redfin.shapes import HOME_PAGE, RENTAL_HOME, SEARCH_HOME
from scraping.readers.sellers import kind_of_offer, name_of_contact, refusal_of, says_by_owner
from scraping.readers.structured import read_structured_page

SITE = "https://www.redfin.com/"

_NOT_REDFIN = "This is neither a Redfin search nor the page of a home."
_UI_TYPES: Mapping[str | None, str] = {
    "1": "house", "2": "condo", "3": "townhouse", "4": "multi-family", "5": "land", "6": "other",
    "7": "manufactured", "8": "co-op",
}  # fmt: skip
_RECORD_TYPES: Mapping[str | None, str] = {
    "3": "condo", "4": "multi-family", "6": "single family", "8": "land", "13": "townhouse",
}  # fmt: skip
_STATUS_WORDS: Mapping[ListingStatus, re.Pattern[str]] = {
    "closed": re.compile(r"^(?:sold|closed)", re.IGNORECASE),
    "pending": re.compile(r"pending|contingent|under contract|sale agreed", re.IGNORECASE),
    "active": re.compile(r"^(?:active|new|coming soon|for sale|price|back on market|open house)", re.IGNORECASE),
}
_STATUS_PATHS = ("mlsStatus", "aboveTheFold.addressSectionInfo.status.displayValue")
_SELLER_WORDS = (
    "listingBroker.name",
    "listingAgent.name",
    "mlsStatus",
    "sashes.*.sashTypeName",
    "listingTypeDisplay",
)
_AGENT_PATHS = (
    "listingBroker.name",
    "listingAgent.name",
    "mainHouseInfoPanelInfo.mainHouseInfo.listingAgents.*.agentInfo.agentName",
    "mainHouseInfoPanelInfo.mainHouseInfo.listingAgents.*.brokerName",
)
_PHOTOS = (
    "aboveTheFold.mediaBrowserInfo.photos.*.photoUrls.fullScreenPhotoUrl",
    "photos.*.photoUrls.fullScreenPhotoUrl",
)
_PHONES = ("mainHouseInfoPanelInfo.mainHouseInfo.listingAgents.*.agentPhoneNumber.phoneNumber",)
_ESTIMATE = re.compile("estimate", re.IGNORECASE)
_NUMBER_IN_URL = re.compile(r"/home/(\d+)")
_MARKS_OF_A_HOME = frozenset({"propertyId", "listingId", "mlsId", "price", "streetLine", "latLong"})
_ANSWERS = ("aboveTheFold", "mainHouseInfoPanelInfo", "initialInfo")


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search or a home, as a page or as the JSON that the page is made of."""
    if is_json(answer := without_guard(body)):
        return _read_answer(load_json(answer)) or rejected("The JSON holds no Redfin search and no home.")
    return _read_page(body, url) or read_structured_page(body, url) or rejected_page(body, _NOT_REDFIN)


# --- answers: on their own, or in the cache of a page --------------------------------------------------


def _read_answer(document: Any) -> RawReading | None:
    payload = object_at(document, "payload", "data") or as_dict(document)
    if "aboveTheFold" in payload:
        return _listing_page(payload, title=None, url=None)
    if "addressSectionInfo" in payload:
        return _listing_page({"aboveTheFold": payload}, title=None, url=None)
    if len(_MARKS_OF_A_HOME & payload.keys()) >= 2:
        return RawReading(page="listing", listings=(_read_home(payload),))
    found = document if isinstance(document, list) else list_at(payload, "homes", "results")
    found = list_at(document, "data") if found is None else found
    return _search(found) if found is not None else None


def _search(found: list[Any]) -> RawReading | None:
    homes = [home for home in map(as_dict, found) if "homeData" in home or len(_MARKS_OF_A_HOME & home.keys()) >= 2]
    if found and not homes:
        return None
    return RawReading(page="search", listings=tuple(_read_home(home) for home in homes))


def _read_page(body: bytes, url: str | None) -> RawReading | None:
    context = assigned_document(body, "__reactServerState.InitialContext")
    answers = dict(_cached_answers(as_dict(as_dict(context).get("ReactServerAgent.cache"))))
    home = {name: payload for name in _ANSWERS if (payload := _answer_to(answers, f"/home/details/{name}"))}
    if "aboveTheFold" in home:
        return _listing_page(home, title=window_title(body), url=url)
    homes = list_at(_answer_to(answers, "/api/gis?") or _answer_to(answers, "/search/rentals"), "homes")
    return _search(homes) if homes is not None else None


def _cached_answers(cache: Home) -> Iterator[tuple[str, Any]]:
    for question, entry in as_dict(cache.get("dataCache")).items():
        answer = as_dict(as_dict(entry).get("res"))
        document = as_dict(answer.get("body")) or as_dict(nested_document(answer.get("text")))
        if payload := as_dict(document.get("payload")):
            yield question, payload


def _answer_to(answers: Mapping[str, Any], question: str) -> dict[str, Any]:
    return next((as_dict(payload) for asked, payload in answers.items() if question in asked), {})


# --- homes ------------------------------------------------------------------------------------------


def _listing_page(answers: Home, *, title: str | None, url: str | None) -> RawReading:
    own_url = _absolute(HOME_PAGE, answers) or url
    number = first_text(answers, *HOME_PAGE.paths["external_id"]) or _number_in(own_url)
    facts = {"title": title, "url": own_url, "external_id": number}
    if _ESTIMATE.search(first_text(answers, "aboveTheFold.addressSectionInfo.priceInfo.label") or ""):
        facts["asking_price_text"] = None
    lost = lost_fields(url=own_url, external_id=number)
    return RawReading(page="listing", listings=(_read_shape(HOME_PAGE, answers, lost=lost, **facts),))


def _read_home(home: Home) -> RawListing:
    if "homeData" in home:
        return _read_rental(home)
    return _read_shape(SEARCH_HOME, home, url=_absolute(SEARCH_HOME, home), address_lines=_street(home))


def _read_shape(shape: Shape, home: Home, **facts: Any) -> RawListing:
    is_owner, status = _is_sold_by_owner(home), _status(home)
    country = first_text(home, *shape.paths["country"])
    found: dict[str, Any] = {
        "currency": {"US": "USD", "CA": "CAD"}.get(country or ""),
        "price_period_text": "once",
        "contact_name": name_of_contact(first_text(home, *shape.paths["contact_name"])),
        "phones": texts_at(home, *_PHONES),
        "property_type": _property_type(home),
        "status": status,
        "is_owner": is_owner,
        "kind": kind_of_offer(is_owner, is_to_let=False),
        "description": html_to_text(first_text(home, *shape.paths["description"])),
        "image_urls": first_texts(home, *_PHOTOS),
        "rejected": refusal_of(status),
    }
    return listing_from(shape, home, **found | facts)


def _read_rental(home: Home) -> RawListing:
    """A fact that differs between the units is no fact of the home."""
    rental = object_at(home, "rentalExtension")
    ranges = {
        "asking_price_text": "rentPriceRange",
        "beds_text": "bedRange",
        "baths_text": "bathRange",
        "area_text": "sqftRange",
    }
    facts: dict[str, Any] = {field: _single(rental.get(name)) for field, name in ranges.items()}
    return listing_from(
        RENTAL_HOME,
        home,
        url=_absolute(RENTAL_HOME, home),
        price_period_text="month" if facts["asking_price_text"] else None,
        status="active",
        **facts,
    )


def _single(span: Any) -> str | None:
    low, high = first_text(span, "min"), first_text(span, "max")
    return low if low == high else None


def _street(home: Home) -> str | None:
    """The street line; its unit stands apart in older answers and in both places since 2024."""
    street, unit = (
        first_text(home, *SEARCH_HOME.paths["address_lines"]),
        first_text(home, "unitNumber.value", "unitNumber"),
    )
    return f"{street} {unit}" if street and unit and unit.lower() not in street.lower() else street


def _absolute(shape: Shape, home: Home) -> str | None:
    address = first_text(home, *shape.paths["url"])
    return join_address(SITE, address) if address else None


def _number_in(url: str | None) -> str | None:
    found = _NUMBER_IN_URL.search(url or "")
    return found.group(1) if found else None


def _property_type(home: Home) -> str | None:
    if named := _UI_TYPES.get(first_text(home, "uiPropertyType")):
        return named
    code = first_text(home, "propertyType", "aboveTheFold.addressSectionInfo.propertyType")
    return _RECORD_TYPES.get(code)


def _status(home: Home) -> ListingStatus | None:
    words = first_text(home, *_STATUS_PATHS) or ""
    return next((status for status, pattern in _STATUS_WORDS.items() if pattern.search(words)), None)


def _is_sold_by_owner(home: Home) -> bool | None:
    if says_by_owner(" ".join(texts_at(home, *_SELLER_WORDS, *_AGENT_PATHS))):
        return True
    is_agents = bool(texts_at(home, *_AGENT_PATHS)) or first_text(home, "mlsId.value", "mlsId") is not None
    return False if is_agents else None
