"""What all of Zillow's payloads mean: who sells, whether it is for sale or rent, and what the price is per."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from leads.normalise.text import html_to_text
from leads.records import ListingStatus, RawListing
from scraping.readers.page import as_dict, as_list, join_address, text_or_none
from scraping.readers.payload import (
    Home,
    Shape,
    first_text,
    first_texts,
    listing_from,
    object_at,
    texts_at,
)
from scraping.readers.sellers import kind_of_offer, name_of_contact, refusal_of, says_by_owner

SITE = "https://www.zillow.com/"

_STATUSES: Mapping[str, ListingStatus] = {
    "forsale": "active", "forrent": "active", "comingsoon": "active", "newconstruction": "active",
    "forsalebyowner": "active", "forsalebyagent": "active", "auction": "active",
    "pending": "pending", "undercontract": "pending", "contingent": "pending",
    "sold": "closed", "recentlysold": "closed",
}  # fmt: skip
_STATUS_PATHS = (
    "homeStatus",
    "statusType",
    "hdpData.homeInfo.homeStatus",
    "listing.listingStatus",
    "listingStatus",
)
_SUB_TYPE_PATHS = (
    "hdpData.homeInfo.listing_sub_type",
    "listing_sub_type",
    "listingSubType",
    "listingType",
    "listing.listingSubType",
)
_SELLER_WORDS = ("sgapt", "marketingStatusSimplifiedCd", "statusText", "listingTypeDimension")
_BROKER_PATHS = (
    "brokerName",
    "broker.name",
    "attributionInfo.brokerName",
    "attributionInfo.agentName",
    "brokerageName",
    "propertyDisplayRules.mls.brokerName",
)
_PHONE_PATHS = (
    "attributionInfo.agentPhoneNumber",
    "attributionInfo.brokerPhoneNumber",
    "brokerPhone",
    "contactInfo.phoneNumber",
    "propertyDisplayRules.agent.agentPhoneNumber",
)
_FORM_PHONE_PATHS = ("contactFormRenderData.data.agent_module.phone", "contact_recipients.0.phone")
_IMAGE_PATHS = (
    "responsivePhotos.*.url",
    "carouselPhotos.*.url",
    "hugePhotos.*.url",
    "photos.*.url",
    "originalPhotos.*.mixedSources.jpeg.0.url",
    "galleryPhotos.*.mixedSources.jpeg.0.url",
    "listingPhotos.*.url",
    "media.allPropertyPhotos.highResolution.*",
    "imgSrc",
    "mainImage",
    "media.propertyPhotoLinks.highResolutionLink",
    "hiResImageLink",
)
_LISTED_FOR = re.compile(r"^listed for (?:sale|rent)", re.IGNORECASE)
_LISTED_BY = re.compile(r"^listing (?:provided )?by:?\s+", re.IGNORECASE)


def read_home(shape: Shape, home: Home, **facts: Any) -> RawListing:
    """One home's raw listing; ``facts`` win over what the payload says."""
    status, is_owner, is_building = status_of(home), is_sold_by_owner(home), is_building_of_homes(home)
    is_to_let = _status_words(home) == "forrent"
    found: dict[str, Any] = {
        "url": _absolute(shape, home),
        "price_period_text": None if is_building else _period(home),
        "phones": _owner_says(home, "PHONE") or texts_at(home, *_PHONE_PATHS) or _form_phones(home),
        "contact_name": _contact(shape, home),
        "status": status,
        "is_owner": is_owner,
        "kind": kind_of_offer(is_owner, is_to_let=is_to_let),
        "image_urls": first_texts(home, *_IMAGE_PATHS),
        "rejected": refusal_of(status),
    }
    if "description" in shape.paths:
        found["description"] = html_to_text(first_text(home, *shape.paths["description"]))
    unasked: set[str] = {"asking_price_text"} if is_building else set()
    if is_building or home.get("shouldShowZestimateAsPrice") is True:
        found["asking_price_text"] = None  # of its cheapest unit, or an estimate: nobody asks it
    if home.get("isUndisclosedAddress") is True:
        found["address_lines"], unasked = None, unasked | {"address_lines", "latitude", "longitude"}
    return listing_from(shape, home, unasked=frozenset(unasked), **found | facts)


def is_building_of_homes(home: Home) -> bool:
    """Whether the item stands for a building whose units have prices of their own."""
    is_called_one = home.get("isBuilding") is True or home.get("groupType") == "apartmentComplex"
    return is_called_one or bool(as_list(home.get("units"))) or "floorPlans" in home


def status_of(home: Home) -> ListingStatus | None:
    """Where the home is on its way to the market or away from it."""
    return _STATUSES.get(_status_words(home))


def _status_words(home: Home) -> str:
    """ "FOR_SALE", "forSale" and "ForSale" are one word."""
    return re.sub(r"[^a-z]", "", (first_text(home, *_STATUS_PATHS) or "").lower())


def is_sold_by_owner(home: Home) -> bool | None:
    """True for a home offered by its owner, False by an agent, ``None`` where the payload tells neither."""
    sub_type = object_at(home, *_SUB_TYPE_PATHS)
    words = " ".join(texts_at(home, *_SELLER_WORDS, *_BROKER_PATHS))
    if sub_type.get("is_FSBO", sub_type.get("isFSBO")) is True or says_by_owner(words) or _is_owners_own(home):
        return True
    is_agents = sub_type.get("is_FSBA", sub_type.get("isFSBA")) is True or bool(texts_at(home, *_BROKER_PATHS))
    return False if is_agents else None


def _is_owners_own(home: Home) -> bool:
    return home.get("isListedByOwner") is True or bool(_owners_card(home))


def _owners_card(home: Home) -> Home:
    """What ``listedBy`` says of an owner: ``elements`` such as NAME and PHONE."""
    cards = map(as_dict, as_list(home.get("listedBy")))
    return next((card for card in cards if card.get("id") == "PROPERTY_OWNER"), {})


def _owner_says(home: Home, name: str) -> tuple[str, ...]:
    elements = map(as_dict, as_list(_owners_card(home).get("elements")))
    texts = (text_or_none(element.get("text")) for element in elements if element.get("id") == name)
    return tuple(filter(None, texts))


def _period(home: Home) -> str | None:
    shown = text_or_none(home.get("price"))
    if shown and "/" in shown:
        return shown
    return {"forrent": "month", "forsale": "once"}.get(_status_words(home))


def _absolute(shape: Shape, home: Home) -> str | None:
    address = first_text(home, *shape.paths["url"])
    return join_address(SITE, address) if address else None


def _contact(shape: Shape, home: Home) -> str | None:
    name = name_of_contact(
        next(iter(_owner_says(home, "NAME")), None) or first_text(home, *shape.paths["contact_name"])
    )
    return _LISTED_BY.sub("", name) if name else None


def _form_phones(home: Home) -> tuple[str, ...]:
    """The number of the contact form, which keeps it in three parts."""
    parts = object_at(home, *_FORM_PHONE_PATHS)
    number = "-".join(filter(None, (text_or_none(parts.get(name)) for name in ("areacode", "prefix", "number"))))
    return (number,) if number else ()


def listed_on(home: Home) -> str | None:
    """The day on which the home came on the market, out of the history of its price."""
    for event in map(as_dict, as_list(home.get("priceHistory"))):
        words = text_or_none(event.get("event")) or ""
        if _LISTED_FOR.match(words):
            return text_or_none(event.get("date"))
        if words.lower().startswith("sold"):
            return None
    return None
