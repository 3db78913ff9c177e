"""Facebook Marketplace: search and item pages by their embedded payloads, and scraped items as JSON.

Only homes pass: an item of any other category is read and marked as rejected. What the page recommends beside
an item belongs to other sellers and is never read. Class names are hashed and change daily, so markup is ignored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from parsel import Selector

from leads.normalise.text import tidy_paragraphs
from leads.records import LeadKind, RawListing
from scraping.readers.page import (
    RawReading,
    as_dict,
    as_list,
    is_json,
    load_html,
    load_json,
    lost_fields,
    reading_of,
    rejected,
    script_json,
    text_or_none,
)

RENTAL_CATEGORY = "1468271819871448"
SALE_CATEGORY = "821056594720130"
ITEM_URL = "https://www.facebook.com/marketplace/item/{id}/"

_KINDS: Mapping[str | None, LeadKind] = {RENTAL_CATEGORY: "rental_owner", SALE_CATEGORY: "fsbo"}
_RECOMMENDATIONS = "marketplace_home_feed"
_ITEM_PAGE = "marketplace_product_details_page"
_TITLE = "marketplace_listing_title"

Item = Mapping[str, Any]


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, an item page, or a JSON array of scraped items."""
    if is_json(body):
        return _reading(list(_scraped_items(load_json(body))), page="search")
    page = load_html(body)
    documents = list(script_json(page, "script[type='application/json']"))
    item = _merged_item(documents)
    if item:
        return _reading([item], page="listing")
    found = [edge for document in documents for edge in _search_edges(document)]
    if found or _is_search(documents):
        return _reading(found, page="search")
    return rejected(_why_nothing(page))


def _reading(items: list[Item], *, page: Any) -> RawReading:
    if not items and page != "search":
        return rejected("The payload holds no Marketplace item.")
    return reading_of([_read_item(item) for item in items], page=page)


def _why_nothing(page: Selector) -> str:
    if page.css("form#login_form, input[name='email'] ~ input[name='pass'], #loginform"):
        return "Facebook shows its log-in page instead of the item."
    return "This is neither a Marketplace search nor an item."


# --- finding items in the payloads ------------------------------------------------------------------------------


def _objects(document: Any) -> Iterator[Item]:
    """Every JSON object, outermost first, without what the page merely recommends (payloads nest: no recursion)."""
    waiting = [document]
    while waiting:
        value = waiting.pop()
        if isinstance(value, dict):
            yield value
            waiting.extend(child for key, child in reversed(value.items()) if key != _RECOMMENDATIONS)
        elif isinstance(value, list):
            waiting.extend(reversed(value))


def _is_search(documents: list[Any]) -> bool:
    return any("marketplace_search" in found for document in documents for found in _objects(document))


def _search_edges(document: Any) -> Iterator[Item]:
    for found in _objects(document):
        if "marketplace_search" not in found:
            continue
        units = as_dict(as_dict(found["marketplace_search"]).get("feed_units"))
        for edge in map(as_dict, as_list(units.get("edges"))):
            if item := as_dict(as_dict(edge.get("node")).get("listing")):
                yield item


def _merged_item(documents: list[Any]) -> Item:
    """The page's own item: its payloads are fragments with one id, each with other fields."""
    fragments = [
        as_dict(found[_ITEM_PAGE]) for document in documents for found in _objects(document) if _ITEM_PAGE in found
    ]
    parts = [
        as_dict(fragment.get(name))
        for fragment in fragments
        for name in ("target", "marketplace_listing_renderable_target")
    ]
    own_id = next((part["id"] for part in parts if text_or_none(part.get("id"))), None)
    merged: dict[str, Any] = {}
    for part in parts:
        if part.get("id") == own_id:
            merged.update(
                {
                    key: value
                    for key, value in part.items()
                    if value is not None and _is_richer(value, merged.get(key))
                }
            )
    return merged if _TITLE in merged else {}


def _is_richer(value: Any, known: Any) -> bool:
    return not isinstance(known, dict | list) or (isinstance(value, dict | list) and len(value) >= len(known))


def _scraped_items(document: Any) -> Iterator[Item]:
    for item in map(as_dict, as_list(document) or [document]):
        if _TITLE in item:
            yield item
        else:
            yield from _search_edges(item)


# --- reading one item ---------------------------------------------------------------------------------------------


def _read_item(item: Item) -> RawListing:
    item_id = text_or_none(item.get("id"))
    category = text_or_none(item.get("marketplace_listing_category_id"))
    rooms = _rooms_text(item, category)
    place, location = _place(item), as_dict(item.get("location"))
    price = as_dict(item.get("listing_price"))
    title, price_text = text_or_none(item.get(_TITLE)), text_or_none(price.get("amount")) or _formatted_price(item)
    return RawListing(
        external_id=item_id,
        url=text_or_none(item.get("listingUrl")) or (ITEM_URL.format(id=item_id) if item_id else None),
        title=title,
        asking_price_text=price_text,
        price_period_text={"rental_owner": "monthly", "fsbo": "once"}.get(_KINDS.get(category, "")),
        currency=text_or_none(price.get("currency")),
        beds_text=rooms,
        baths_text=rooms,
        area_text=text_or_none(item.get("unit_area_info")),
        address_lines=tuple(filter(None, [text_or_none(as_dict(item.get("home_address")).get("street"))])),
        city=text_or_none(place.get("city")),
        state=text_or_none(place.get("state")),
        zip=text_or_none(place.get("postal_code")),
        latitude=text_or_none(location.get("latitude")),
        longitude=text_or_none(location.get("longitude")),
        posted_text=text_or_none(item.get("creation_time")),
        contact_name=text_or_none(as_dict(item.get("marketplace_listing_seller")).get("name")),
        category=category,
        kind=_KINDS.get(category),
        property_type=_property_type(item) if category in _KINDS else None,
        status="closed" if item.get("is_sold") is True else "pending" if item.get("is_pending") is True else None,
        description=tidy_paragraphs(text_or_none(as_dict(item.get("redacted_description")).get("text"))),
        image_urls=tuple(_image_urls(item)),
        lost=lost_fields(external_id=item_id, title=title, asking_price=price_text, category=category),
        rejected=_refusal(item, category),
    )


def _refusal(item: Item, category: str | None) -> str | None:
    if category not in _KINDS:
        return "Not a home: the item stands in another Marketplace category."
    if item.get("is_sold") is True:
        return "The item is marked as sold."
    return None


def _rooms_text(item: Item, category: str | None) -> str | None:
    """ "2 beds · 1 bath", wherever this shape of the payload keeps it."""
    if category not in _KINDS:
        return None
    candidates = [text_or_none(item.get("unit_room_info")), text_or_none(item.get("custom_title"))]
    subtitles = map(as_dict, as_list(item.get("custom_sub_titles_with_rendering_flags")))
    candidates += [text_or_none(entry.get("subtitle")) for entry in subtitles]
    candidates.append(text_or_none(item.get(_TITLE)))  # Facebook writes the titles of homes from their facts
    return next(
        (text for text in candidates if text and any(word in text.lower() for word in ("bed", "bath", "studio"))),
        None,
    )


def _property_type(item: Item) -> str | None:
    """ "2 Beds 1 Bath - Apartment": the generated title ends with the type."""
    _, dash, last = (text_or_none(item.get(_TITLE)) or "").rpartition(" - ")
    return last if dash else None


def _place(item: Item) -> Mapping[str, Any]:
    location = as_dict(item.get("location"))
    return as_dict(location.get("reverse_geocode_detailed")) or as_dict(location.get("reverse_geocode"))


def _formatted_price(item: Item) -> str | None:
    return text_or_none(as_dict(item.get("formatted_price")).get("text")) or text_or_none(
        as_dict(item.get("listing_price")).get("formatted_amount")
    )


def _image_urls(item: Item) -> Iterator[str]:
    for photo in [*as_list(item.get("listing_photos")), item.get("primary_listing_photo")]:
        if uri := text_or_none(as_dict(as_dict(photo).get("image")).get("uri")):
            yield uri
