"""Zillow's result cards, for saved pages without scripts: by ``data-test`` names alone, classes are hashed."""

from __future__ import annotations

import re
from typing import Any

from parsel import Selector

from leads.records import RawListing
from scraping.readers.page import RawReading, attribute_of, join_address, load_html, lost_fields, text_of
from scraping.readers.zillow.home import SITE

_CARD = "[data-test='property-card'], [data-testid='property-card']"
_NO_RESULTS = "[data-test='zero-results-message'], [data-testid='zero-results-message'], .zero-results-message"
_PRICE = re.compile(r"[$€£C]{1,2}\s?\d[\d,.]*\s*[kKmM]?\+?(?:\s*/\s*\w+)?")
_FROM_PRICE_OF_A_UNIT = re.compile(r"\+\s*(?:studio|\d+\s*bds?)\b", re.IGNORECASE)
_OFFERED_AS = re.compile(r"\b(?P<type>[A-Z][\w /-]{2,30}?)\s+for (?P<how>sale by owner|sale|rent)\b", re.IGNORECASE)
_STATE_AND_ZIP = re.compile(r"(?P<state>[A-Z]{2})(?:\s+(?P<zip>\d{5}))?$")


def read_cards(body: bytes) -> RawReading | None:
    """Read a list of cards; ``None`` if the page has none."""
    if b"property-card" not in body and b"zero-results" not in body:
        return None
    page = load_html(body)
    cards = page.css(_CARD)
    if not cards and not page.css(_NO_RESULTS):
        return None
    return RawReading(page="search", listings=tuple(_read_card(card) for card in cards))


def _read_card(card: Selector) -> RawListing:
    headline = text_of(card, "address") or card.attrib.get("aria-label")
    price_words = text_of(card, "[data-test='property-card-price'], [data-testid='property-card-price']") or ""
    price = _PRICE.search(price_words)
    is_building = bool(_FROM_PRICE_OF_A_UNIT.search(price_words))
    link = attribute_of(card, "a[data-test$='-link'][href], a[data-testid$='-link'][href], a[href]", "href")
    rooms: dict[str, Any] = {} if is_building else _rooms(card)
    external_id = (card.attrib.get("id") or "").removeprefix("zpid_") or None
    url = join_address(SITE, link) if link else None
    return RawListing(
        external_id=external_id,
        url=url,
        title=headline,
        asking_price_text=price.group() if price else None,
        image_urls=tuple(card.css("img::attr(src)").getall()),
        is_kind_final=True,
        lost=lost_fields(external_id=external_id, url=url, address=headline, asking_price=price),
        **rooms,
        **_offer(card),
        **_place(headline),
    )


def _rooms(card: Selector) -> dict[str, str]:
    """The list under the price: "2 bds", "1 ba", "823 sqft", and "--" for what is unknown."""
    words = [" ".join(" ".join(item.xpath(".//text()").getall()).split()) for item in card.css("ul li:has(abbr)")]
    units = {"beds_text": r"\bbds?$|^studio", "baths_text": r"\bba$", "area_text": r"\bsqft$"}
    return {
        field: text
        for field, unit in units.items()
        for text in words
        if re.search(unit, text, re.IGNORECASE) and "--" not in text and "lot" not in text
    }


def _offer(card: Selector) -> dict[str, Any]:
    """ "Apartment for rent", "House for sale by owner"."""
    found = _OFFERED_AS.search(" ".join(card.xpath(".//li/ancestor::*[2]//text()").getall()))
    if found is None:
        return {}
    is_owners = found["how"].lower().endswith("owner")
    return {
        "property_type": found["type"],
        "status": "active",
        "is_owner": True if is_owners else None,
        "kind": "fsbo" if is_owners else None,
    }


def _place(headline: str | None) -> dict[str, Any]:
    """ "Name | 30 Main St, Boston, MA 02116": what stands before the street is the building's name."""
    parts = [part.strip() for part in (headline or "").rpartition("|")[2].split(",")]
    tail = _STATE_AND_ZIP.match(parts[-1])
    if tail is None or len(parts) < 3:
        return {"address_lines": (headline,)} if headline else {}
    return {"address_lines": (parts[-3],), "city": parts[-2], "state": tail["state"], "zip": tail["zip"]}
