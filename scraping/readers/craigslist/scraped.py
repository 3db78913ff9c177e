"""Craigslist's postings as others scraped them: one JSON object each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leads.address import parse_address
from leads.normalise.text import html_to_text
from leads.records import RawListing
from scraping.readers.craigslist.site import (
    category_facts,
    category_named,
    category_of,
    currency_of,
    housing_type,
    lines,
    post_id,
)
from scraping.readers.not_a_home import refusal_of
from scraping.readers.page import RawReading, as_dict, as_list, lost_fields, reading_of, rejected, text_or_none


def read_items(document: Any) -> RawReading:
    """Read an array of postings, or one."""
    items = [as_dict(item) for item in (as_list(document) or [document])]
    if not any(item.get("title") and (item.get("post") or item.get("url")) for item in items):
        return rejected("The JSON holds no Craigslist posting.")
    listings = [_read_item(item) for item in items]
    return reading_of(listings, page="listing" if len(listings) == 1 else "search", kind_hint="rental_owner")


def _read_item(item: Mapping[str, Any]) -> RawListing:
    url = text_or_none(item.get("url"))
    address = as_dict(item.get("address"))
    street = text_or_none(address.get("street"))
    city = text_or_none(address.get("city"))
    if street is None and city is not None and parse_address(city).suffix:
        street, city = city, None  # the scraper files a street without number as the city
    category = category_of(url) or category_named(text_or_none(item.get("category")))
    external_id, title = text_or_none(item.get("id")) or post_id(url), text_or_none(item.get("title"))
    price, rooms = text_or_none(item.get("price")), text_or_none(item.get("bedrooms"))
    facts = category_facts(category, price_text=price)
    facts["rejected"] = facts["rejected"] or refusal_of(title, has_rooms=bool(rooms or item.get("space")))
    facts["price_period_text"] = text_or_none(item.get("rentPeriod")) or facts["price_period_text"]
    types = [("", value) for value in as_list(item.get("amenities")) if isinstance(value, str)]
    return RawListing(
        external_id=external_id,
        url=url,
        title=title,
        asking_price_text=price,
        currency=currency_of(address.get("country")),
        beds_text=rooms,
        baths_text=text_or_none(item.get("bathrooms")),
        area_text=text_or_none(item.get("space")),
        address_lines=lines(street),
        city=city,
        state=text_or_none(address.get("region")),
        zip=text_or_none(address.get("postalCode")),
        country=text_or_none(address.get("country")),
        neighborhood=text_or_none(item.get("location")),
        latitude=text_or_none(item.get("latitude")),
        longitude=text_or_none(item.get("longitude")),
        posted_text=text_or_none(item.get("datetime")),
        property_type=housing_type(types),
        description=html_to_text(text_or_none(item.get("post"))),
        image_urls=tuple(image for image in as_list(item.get("pics")) if isinstance(image, str)),
        lost=lost_fields(external_id=external_id, url=url, title=title, asking_price=price),
        **facts,
    )
