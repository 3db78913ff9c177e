"""One Marketplace item as Facebook's own payloads write it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from leads.normalise.price import parse_price
from leads.normalise.text import tidy_paragraphs
from leads.records import LeadKind, RawListing
from scraping.readers.facebook.payloads import TITLE, Item
from scraping.readers.not_a_home import misfiled
from scraping.readers.page import as_dict, as_list, lost_fields, text_or_none

RENTAL_CATEGORY: Final = "1468271819871448"
SALE_CATEGORY: Final = "821056594720130"
ITEM_URL: Final = "https://www.facebook.com/marketplace/item/{id}/"
KINDS: Final[Mapping[str | None, LeadKind]] = {RENTAL_CATEGORY: "rental_owner", SALE_CATEGORY: "fsbo"}
ELSEWHERE: Final = "Not a home: the item stands in another Marketplace category."
SOLD: Final = "The item is marked as sold."
LEAST_SALE_PRICE: Final = 20_000
"""Where no category says whether a home is let or sold, its price does."""
_ROOMS: Final = re.compile(r"\d\+?\s*(?:beds?|baths?)\b|\bstudio\b|\b(?:private|shared) room\b", re.IGNORECASE)
_AREA: Final = re.compile(r"\d\s*(?:sq(?:uare)?\.?\s*(?:ft|feet)|ft²|m²|acres?)", re.IGNORECASE)
_TYPE_BEHIND_ROOMS: Final = re.compile(r"\d (?:beds?|baths?) ([^\W\d][^\d]{2,40})$", re.IGNORECASE)


def read_item(item: Item) -> RawListing:
    """Read one item; one that is no home on offer says why in ``rejected``."""
    item_id, title = text_or_none(item.get("id")), text_or_none(item.get(TITLE))
    category = text_or_none(item.get("marketplace_listing_category_id"))
    price_text = _price_text(item)
    details = [*_details(item)]
    kind = KINDS.get(category) if category else _kind_told_by(details, price_text)
    rooms = _first(_ROOMS, [*details, title]) if kind else None
    area = text_or_none(item.get("unit_area_info")) or (_first(_AREA, details) if kind else None)
    street = text_or_none(as_dict(item.get("home_address")).get("street"))
    return RawListing(
        external_id=item_id,
        url=text_or_none(item.get("listingUrl")) or (ITEM_URL.format(id=item_id) if item_id else None),
        title=title,
        asking_price_text=price_text,
        price_period_text={"rental_owner": "monthly", "fsbo": "once"}.get(kind or ""),
        currency=text_or_none(as_dict(item.get("listing_price")).get("currency")),
        beds_text=rooms,
        baths_text=rooms,
        area_text=area,
        address_lines=(street,) if street else (),
        posted_text=text_or_none(item.get("creation_time")),
        contact_name=text_or_none(as_dict(item.get("marketplace_listing_seller")).get("name")),
        category=category,
        kind=kind,
        property_type=_property_type(title) if kind else None,
        status="closed" if item.get("is_sold") is True else "pending" if item.get("is_pending") is True else None,
        description=tidy_paragraphs(text_or_none(as_dict(item.get("redacted_description")).get("text"))),
        image_urls=tuple(dict.fromkeys(_image_urls(item))),
        lost=lost_fields(external_id=item_id, title=title, asking_price=price_text, category=category),
        rejected=_refusal(item, kind, title=title, has_home_facts=bool(rooms or area or street)),
        **_place(item),
    )


def _kind_told_by(details: Sequence[str], price_text: str | None) -> LeadKind | None:
    """What an item without a category is: rooms among its details make it a home, the price says of which kind."""
    if not any(_ROOMS.search(text) for text in details):
        return None
    amount = parse_price(price_text or "").amount
    return "fsbo" if amount is not None and amount >= LEAST_SALE_PRICE else "rental_owner"


def _refusal(item: Item, kind: LeadKind | None, *, title: str | None, has_home_facts: bool) -> str | None:
    if kind is None:
        return ELSEWHERE
    if item.get("is_sold") is True:
        return SOLD
    return misfiled(
        title, price_text=_price_text(item), is_let=kind == "rental_owner", has_home_facts=has_home_facts
    )


def _details(item: Item) -> Iterator[str]:
    """ "2 beds · 1 bath", wherever this shape of the payload keeps it."""
    texts = [item.get("unit_room_info"), item.get("custom_title")]
    subtitles = map(as_dict, as_list(item.get("custom_sub_titles_with_rendering_flags")))
    texts += [entry.get("subtitle") for entry in subtitles]
    for section in map(as_dict, as_list(item.get("pdp_display_sections"))):
        texts += [as_dict(field).get("display_label") for field in as_list(section.get("pdp_fields"))]
    yield from filter(None, map(text_or_none, texts))


def _first(pattern: re.Pattern[str], texts: Sequence[str | None]) -> str | None:
    return next((text for text in texts if text and pattern.search(text)), None)


def _property_type(title: str | None) -> str | None:
    """ "2 Beds 1 Bath - Apartment", "3 Beds 2 Baths House": the generated title ends with the type."""
    _, dash, last = (title or "").rpartition(" - ")
    if dash:
        return last
    behind_rooms = _TYPE_BEHIND_ROOMS.search(last)
    return behind_rooms[1] if behind_rooms else None


def _place(item: Item) -> dict[str, Any]:
    location = as_dict(item.get("location"))
    place = as_dict(location.get("reverse_geocode_detailed")) or as_dict(location.get("reverse_geocode"))
    told = text_or_none(as_dict(item.get("location_text")).get("text")) or ""
    city, state = told.split(", ")[:2] if ", " in told else (None, None)  # without a comma it may be either
    return {
        "city": text_or_none(place.get("city")) or city,
        "state": text_or_none(place.get("state")) or state,
        "zip": text_or_none(place.get("postal_code")),
        "latitude": text_or_none(location.get("latitude")),
        "longitude": text_or_none(location.get("longitude")),
    }


def _price_text(item: Item) -> str | None:
    price = as_dict(item.get("listing_price"))
    return (
        text_or_none(price.get("amount"))
        or text_or_none(as_dict(item.get("formatted_price")).get("text"))
        or text_or_none(price.get("formatted_amount"))
    )


def _image_urls(item: Item) -> Iterator[str]:
    for photo in [*as_list(item.get("listing_photos")), item.get("primary_listing_photo")]:
        picture = as_dict(photo)
        if uri := text_or_none(as_dict(picture.get("image")).get("uri")) or text_or_none(
            picture.get("photo_image_url")
        ):
            yield uri
