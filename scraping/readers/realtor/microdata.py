"""Realtor.com's home pages of 2016 to 2019: meta tags and named corners.

The homes nearby repeat every ``itemprop``, so nothing is read outside the header, the facts and the meta tags.
"""

from __future__ import annotations

import re

from parsel import Selector

from leads.normalise.text import element_text
from leads.records import RawListing
from scraping.readers.page import (
    RawReading,
    attribute_of,
    join_address,
    load_html,
    lost_fields,
    text_of,
)
from scraping.readers.realtor.payloads import SITE, number_in

MAX_FACTS = 40
"""A list of facts under an address has a handful."""

_MARK = b"ldp-"
_ADDRESS = ".ldp-header-address-wrapper, #ldp-address"


def read_old_page(body: bytes, url: str | None) -> RawReading | None:
    """Read the page of one home; ``None`` if it is none of that time."""
    if _MARK not in body:
        return None
    page = load_html(body)
    if not page.css("#ldp-property-meta, .ldp-header-price, #ldp-address, .ldp-header-address-wrapper"):
        return None
    return RawReading(page="listing", listings=(_read_home(page, url),))


def _read_home(page: Selector, url: str | None) -> RawListing:
    own_url = join_address(
        SITE, attribute_of(page, "link[rel=canonical]", "href") or _meta(page, "og:url") or url or ""
    )
    number = number_in(own_url)
    street = _meta(page, "og:street-address") or _itemprop(page, "streetAddress")
    title, price = text_of(page, "head > title"), _price(page)
    beds, baths, area = _room(page, "beds"), _room(page, "bath"), _room(page, "sqft")
    latitude, longitude = _point(page, "latitude"), _point(page, "longitude")
    agent = _labelled(page, "agent-name")
    city = _meta(page, "og:locality") or _itemprop(page, "addressLocality")
    state = _meta(page, "og:region") or _itemprop(page, "addressRegion")
    zip_code = _meta(page, "og:postal-code") or _itemprop(page, "postalCode")
    return RawListing(
        external_id=number,
        url=own_url if own_url != SITE else None,
        title=title,
        asking_price_text=price,
        currency=attribute_of(page, ".ldp-header-price [itemprop=priceCurrency]", "content"),
        beds_text=beds,
        baths_text=baths,
        area_text=area,
        address_lines=(street,) if street else (),
        city=city,
        state=state,
        zip=zip_code,
        latitude=latitude,
        longitude=longitude,
        contact_name=agent,
        phones=tuple(filter(None, [_labelled(page, "agent-phone")])),
        property_type=_key_fact(page, "property-type") or _key_fact_after(page, "Type"),
        is_owner=False if agent or _labelled(page, "office-name") else None,
        is_kind_final=True,
        description=_words(page),
        image_urls=tuple(page.css("#ldpHeroCarousel img::attr(data-src)").getall())
        or tuple(page.css("#ldpHeroCarousel img::attr(src)").getall()),
        lost=lost_fields(
            external_id=number,
            title=title,
            asking_price=price,
            address=street,
            city=city,
            state=state,
            zip=zip_code,
            lat=latitude,
            lng=longitude,
        ),
    )


def _meta(page: Selector, name: str) -> str | None:
    return attribute_of(page, f"meta[property='{name}']", "content") or None


def _itemprop(page: Selector, name: str) -> str | None:
    holder = page.css(_ADDRESS)
    return text_of(holder, f"[itemprop={name}]") or attribute_of(holder, f"[itemprop={name}]", "content")


def _point(page: Selector, name: str) -> str | None:
    return _meta(page, f"place:location:{name}") or attribute_of(
        page.css(_ADDRESS), f"[itemprop={name}]", "content"
    )


def _price(page: Selector) -> str | None:
    shown = ".ldp-header-price [itemprop=price]"
    return attribute_of(page, shown, "content") or text_of(page, shown) or text_of(page, ".ldp-header-price .price")


def _room(page: Selector, name: str) -> str | None:
    """ "3 beds", "2 full, 1 half baths": one item of the list of facts under the address."""
    if labelled := text_of(page, f"#ldp-property-meta [data-label^='property-meta-{name}']"):
        return labelled
    unit = {"beds": r"\bbeds?\b", "bath": r"\bbaths?\b", "sqft": r"\bsq\s*ft\b(?!.*lot)"}[name]
    listed = page.xpath(f"(//*[@id='ldp-property-meta']//li)[position() <= {MAX_FACTS}]")
    words = (" ".join(item.xpath("string()").get("").split()) for item in listed)
    return next((text for text in words if re.search(unit, text, re.IGNORECASE)), None)


def _labelled(page: Selector, name: str) -> str | None:
    return text_of(page, f"[data-label$='{name}']")


def _key_fact(page: Selector, name: str) -> str | None:
    return text_of(
        page, f"#ldp-detail-overview [data-label={name}] .key-fact-data, [data-label={name}] .key-fact-data"
    )


def _key_fact_after(page: Selector, label: str) -> str | None:
    found = page.xpath(
        f"//li[contains(@class, 'ldp-key-fact')]/div[normalize-space()='{label}']/following-sibling::div[1]"
    )
    return (" ".join(found[0].xpath("string()").get("").split()) or None) if found else None


def _words(page: Selector) -> str | None:
    found = page.css("#ldp-detail-romance")
    return element_text(found[0].root) if found else None
