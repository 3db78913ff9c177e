"""Marketplace items as others export them: flat objects with the exporter's own names."""

from __future__ import annotations

import re
from typing import Any, Final

from leads.normalise.text import html_to_text
from leads.records import LeadKind, RawListing
from scraping.readers.facebook.item import (
    ELSEWHERE,
    ITEM_URL,
    KINDS,
    RENTAL_CATEGORY,
    SALE_CATEGORY,
    SOLD,
    read_item,
)
from scraping.readers.facebook.payloads import TITLE, Item
from scraping.readers.not_a_home import misfiled
from scraping.readers.page import as_dict, as_list, lost_fields, text_or_none

_ITEM_ID: Final = re.compile(r"/marketplace/item/(\d+)")
_LET: Final = re.compile(r"rental|for rent|to let|lease", re.IGNORECASE)
_SOLD_HOMES: Final = re.compile(
    r"property\s?for\s?sale|propertyforsale|home sales|homes? for sale|real estate", re.IGNORECASE
)


def read_exported(item: Item) -> RawListing:
    """Read one exported item, be it Facebook's own object or a flat one."""
    return read_item(item) if TITLE in item else _read_flat(item)


def _read_flat(item: Item) -> RawListing:
    url = _text(item, "url", "listingUrl", "itemUrl", "link", "facebookUrl")
    found = _ITEM_ID.search(url or "")
    item_id = _text(item, "id", "itemId", "listingId", "listing_id") or (found.group(1) if found else None)
    title, price = _text(item, "title", "name"), _price(item)
    category = _text(item, "categoryId", "category_id", "category", "categoryName", "listingType", "type")
    kind = _kind(category)
    beds, baths = _text(item, "bedrooms", "beds"), _text(item, "bathrooms", "baths")
    area, place = _text(item, "area", "sqft", "squareFeet", "livingArea", "unit_area_info"), _place(item)
    has_facts = bool(beds or baths or area or place["address_lines"])
    return RawListing(
        external_id=item_id,
        url=url or (ITEM_URL.format(id=item_id) if item_id else None),
        title=title,
        asking_price_text=price,
        price_period_text={"rental_owner": "monthly", "fsbo": "once"}.get(kind or ""),
        currency=_text(as_dict(item.get("price")), "currency") or _text(item, "currency"),
        beds_text=beds or (title if kind else None),
        baths_text=baths or (title if kind else None),
        area_text=area,
        posted_text=_text(item, "creation_time", "createdAt", "postedAt", "date", "listedAt", "timestamp"),
        contact_name=_text(as_dict(item.get("seller")), "name") or _text(item, "sellerName", "seller"),
        category=category,
        kind=kind,
        property_type=_text(item, "propertyType", "property_type") if kind else None,
        description=html_to_text(_text(item, "description", "text")),
        image_urls=tuple(_images(item)),
        lost=lost_fields(external_id=item_id, title=title, asking_price=price),
        rejected=_refusal(item, kind)
        or misfiled(title, price_text=price, is_let=kind == "rental_owner", has_home_facts=has_facts),
        **place,
    )


def _refusal(item: Item, kind: LeadKind | None) -> str | None:
    if kind is None:
        return ELSEWHERE
    return SOLD if item.get("is_sold") is True or item.get("isSold") is True else None


def _kind(category: str | None) -> LeadKind | None:
    if category in {RENTAL_CATEGORY, SALE_CATEGORY}:
        return KINDS[category]
    if category and _LET.search(category):
        return "rental_owner"
    return "fsbo" if category and _SOLD_HOMES.search(category) else None


def _price(item: Item) -> str | None:
    price = item.get("price")
    return text_or_none(price) or _text(as_dict(price), "amount", "value", "formatted_amount", "formatted")


def _place(item: Item) -> dict[str, Any]:
    location = item.get("location")
    told, inner = text_or_none(location) or "", as_dict(location)
    city, _, state = told.partition(",")
    street = _text(item, "address", "street", "streetAddress") or _text(inner, "street", "address")
    return {
        "address_lines": (street,) if street else (),
        "city": _text(item, "city") or _text(inner, "city", "name") or city.strip() or None,
        "state": _text(item, "state") or _text(inner, "state", "region") or state.strip()[:2] or None,
        "zip": _text(item, "zip", "postalCode", "zipCode") or _text(inner, "zip", "postal_code", "postalCode"),
        "latitude": _text(item, "latitude", "lat") or _text(inner, "latitude", "lat"),
        "longitude": _text(item, "longitude", "lng") or _text(inner, "longitude", "lng"),
    }


def _images(item: Item) -> list[str]:
    images = item.get("images") or item.get("photos") or item.get("image") or item.get("imageUrl")
    entries = images if isinstance(images, list) else [images]
    urls = (text_or_none(entry) or _text(as_dict(entry), "url", "uri", "src") for entry in as_list(entries))
    return [url for url in urls if url]


def _text(item: Item, *names: str) -> str | None:
    return next((text for name in names if (text := text_or_none(item.get(name)))), None)
