"""Realtor.com's homes as its pages carry them since 2019 and its APIs send them: one shape with few spellings."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leads.normalise.text import tidy_paragraphs
from leads.records import ListingStatus, RawListing
from scraping.readers.embedded import window_title
from scraping.readers.page import RawReading, as_dict, join_address, lost_fields
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
from scraping.readers.sellers import kind_of_offer, refusal_of, says_by_owner

SITE = "https://www.realtor.com/"
HOME_PATH = "realestateandhomes-detail/"

HOME = Shape(
    paths={
        "external_id": ("property_id", "listing_id"),
        "url": ("href", "rdc_web_url", "permalink"),
        "asking_price_text": ("list_price", "price"),
        "beds_text": ("description.beds", "beds"),
        "baths_text": ("description.baths_consolidated", "description.baths", "baths"),
        "area_text": ("description.sqft", "building_size.size", "sqft"),
        "address_lines": ("location.address.line", "address.line"),
        "city": ("location.address.city", "address.city"),
        "state": ("location.address.state_code", "address.state_code"),
        "zip": ("location.address.postal_code", "address.postal_code"),
        "country": ("location.address.country", "address.country"),
        "latitude": (
            "location.address.coordinate.lat",
            "location.address.lat",
            "address.lat",
            "address.coordinate.lat",
        ),
        "longitude": (
            "location.address.coordinate.lon",
            "location.address.long",
            "address.lon",
            "address.coordinate.lon",
        ),
        "posted_text": ("list_date",),
        "updated_text": ("last_update_date", "source.last_update_date", "last_update"),
        "property_type": ("description.type", "property_type", "prop_type", "description.sub_type"),
        "description": ("description.text", "description"),
    },
    always=frozenset({"external_id", "url", "asking_price_text", "beds_text", "baths_text", "area_text"})
    | {"address_lines", "city", "state", "zip", "latitude", "longitude", "posted_text", "property_type"},
)

_HOMES_ON_PAGE = (
    "initialReduxState.propertyDetails",
    "initialState.propertyDetails",
    "propertyDetails",
    "property",
    "listing",
    "initialProps.property",
    "initialProps.propertyDetails",
    "data.home",
    "home",
)
_LISTS_ON_PAGE = (
    "properties",
    "searchResults.home_search.results",
    "searchResults.home_search.properties",
    "searchResults.results",
    "searchResults.properties",
    "initialReduxState.searchResults.home_search.results",
    "initialProps.properties",
    "pageData.properties",
)
_HOLDERS = ("props.pageProps", "props.initialProps", "props")
_LISTS_IN_ANSWERS = (
    "data.results",
    "data.home_search.results",
    "data.home_search.properties",
    "data.properties",
    "home_search.results",
    "home_search.properties",
    "results",
    "properties",
    "data",
)
_STATUSES: Mapping[str, ListingStatus] = {
    "for_sale": "active", "for_rent": "active", "ready_to_build": "active", "coming_soon": "active",
    "pending": "pending", "contingent": "pending", "under_contract": "pending",
    "sold": "closed", "recently_sold": "closed",
}  # fmt: skip
_AGENT_NAMES = (
    "advertisers.*.name",
    "source.agents.*.agent_name",
    "consumer_advertisers.*.name",
    "agents.*.name",
    "agent.name",
    "branding.listing_agent.details.name",
    "branding.*.name",
)
_OFFICES = (
    "advertisers.*.office.name",
    "advertisers.*.broker.name",
    "branding.*.name",
    "office.name",
    "branding.listing_office.details.name",
)
_PHONES = (
    "advertisers.*.phones.*.number",
    "advertisers.*.office.phones.*.number",
    "agent.phone1.number",
    "office.phone1.number",
)
_NUMBERS_OF_A_HOME = re.compile(r"_M(\d{5})-(\d{5})\b")
_MARKS_OF_A_HOME = frozenset({"property_id", "listing_id", "list_price", "location", "permalink"})


def read_payload_page(body: bytes, next_data: Any) -> RawReading | None:
    """Read a search or a home's page by the document it carries; ``None`` if that holds neither."""
    for holder in (object_at(next_data, path) for path in _HOLDERS):
        if _is_home(home := object_at(holder, *_HOMES_ON_PAGE)):
            title = window_title(body)
            return RawReading(
                page="listing", listings=(read_home(home, title=title, lost=lost_fields(title=title)),)
            )
        if (found := list_at(holder, *_LISTS_ON_PAGE)) is not None:
            return _search(found)
    return None


def read_answer(document: Any) -> RawReading | None:
    """Read what an API answers: a list of homes, or one; ``None`` if it is neither."""
    home = object_at(document, "data.home", "data.property", "home", "property", "listing") or as_dict(document)
    if _is_home(home):
        return RawReading(page="listing", listings=(read_home(home),))
    found = document if isinstance(document, list) else list_at(document, *_LISTS_IN_ANSWERS)
    return _search(found) if found is not None else None


def read_home(home: Home, **facts: Any) -> RawListing:
    """One home's raw listing; ``facts`` win over what the payload says."""
    status, is_owner = _status(home), _is_sold_by_owner(home)
    is_to_let = home.get("status") == "for_rent"
    url = _absolute(home)
    found: dict[str, Any] = {
        "external_id": first_text(home, *HOME.paths["external_id"]) or number_in(url),
        "url": url,
        "baths_text": first_text(home, *HOME.paths["baths_text"]) or _counted_baths(home),
        "price_period_text": "month" if is_to_let else "once",
        "currency": "USD" if first_text(home, *HOME.paths["country"]) in {"USA", "US"} else None,
        "contact_name": next((name for name in texts_at(home, *_AGENT_NAMES) if not says_by_owner(name)), None),
        "phones": first_texts(home, *_PHONES),
        "emails": first_texts(home, "advertisers.*.email", "source.agents.*.agent_email"),
        "status": status,
        "is_owner": is_owner,
        "kind": kind_of_offer(is_owner, is_to_let=is_to_let),
        "description": tidy_paragraphs(first_text(home, *HOME.paths["description"])),
        "image_urls": first_texts(home, "photos.*.href", "primary_photo.href"),
        "rejected": refusal_of(status),
    }
    return listing_from(HOME, home, **found | facts)


def number_in(url: str | None) -> str | None:
    """The number of a home, which ends its address in two parts: "…_M12345-67890"."""
    found = _NUMBERS_OF_A_HOME.search(url or "")
    return "".join(found.groups()) if found else None


def _search(found: list[Any]) -> RawReading | None:
    homes = [home for item in found if _is_home(home := as_dict(as_dict(item).get("home")) or as_dict(item))]
    if found and not homes:
        return None
    return RawReading(page="search", listings=tuple(read_home(home) for home in homes))


def _is_home(home: Home) -> bool:
    return len(_MARKS_OF_A_HOME & home.keys()) >= 2


def _status(home: Home) -> ListingStatus | None:
    flags = object_at(home, "flags")
    if flags.get("is_pending") is True or flags.get("is_contingent") is True:
        return "pending"
    words = first_text(home, "status", "prop_status") or ""
    return _STATUSES.get(words.lower().replace(" ", "_"))


def _is_sold_by_owner(home: Home) -> bool | None:
    """True where the seller's side calls itself by owner, False where agents or an office stand there."""
    names = texts_at(home, *_AGENT_NAMES, *_OFFICES)
    if any(says_by_owner(name) for name in names) or first_text(home, "source.type") == "fsbo":
        return True
    return False if names or first_text(home, "source.type") == "mls" else None


def _counted_baths(home: Home) -> str | None:
    full, half = (first_text(home, f"description.{name}", name) for name in ("baths_full", "baths_half"))
    return f"{full or 0} full, {half} half" if half else full


def _absolute(home: Home) -> str | None:
    if address := first_text(home, "href", "rdc_web_url"):
        return join_address(SITE, address)
    name = first_text(home, "permalink")
    return join_address(SITE, name if name.startswith(("http", "/")) else HOME_PATH + name) if name else None
