"""Classified sites of the plain kind: rows of ``li.row[data-pid]`` and a posting with labelled corners.

Only a posting is read: its rows repeat less of the same. Wrong sections and services are turned away by what the
posting says of itself.
"""

from __future__ import annotations

import re

from parsel import Selector

from leads.normalise.text import element_text
from leads.records import LeadKind, RawListing
from scraping.readers.page import RawReading, attribute_of, join_address, load_html, rejected, text_of

_SECTIONS: dict[str, LeadKind] = {"hso": "fsbo", "rbo": "rental_owner"}
_SECTION_IN_ADDRESS = re.compile(r"/([a-z]{3})/d/")
_ROOMS = re.compile(r"(\d+)\s*BR\b(?:\s*/\s*([\d.]+)\s*Ba\b)?|\bstudio\b", re.IGNORECASE)
_AREA = re.compile(r"[\d,]+\s*(?:sq\s*ft|ft2|sqft)", re.IGNORECASE)
_PLACE = re.compile(r"(?P<city>.+?),?\s+(?P<state>[A-Z]{2})(?:\s+(?P<zip>\d{5}))?$")


def read(body: bytes, url: str | None) -> RawReading:
    """Read one posting; a list of postings holds nothing to keep."""
    page = load_html(body)
    if not page.css("h1.posting"):
        return rejected("The page is no posting.")
    section = _SECTION_IN_ADDRESS.search(url or "")
    kind = _SECTIONS.get(section.group(1)) if section else None
    listing = _posting(page, url, kind)
    return RawReading(page="listing", listings=(listing,), kind_hint=kind)


def _posting(page: Selector, url: str | None, kind: LeadKind | None) -> RawListing:
    attributes = [" ".join(text.split()) for text in page.css("p.attrs span").xpath("string()").getall()]
    headline = text_of(page, "h1.posting .sz") or ""
    rooms = _ROOMS.search(" ".join([*attributes, headline]))
    area = _AREA.search(" ".join([*attributes, headline]))
    place = _PLACE.match(text_of(page, "p.where") or (text_of(page, "h1.posting .hood") or "").strip("()"))
    words = page.css("section.words")
    address = text_of(page, "div.addr")
    return RawListing(
        external_id=_posting_id(page),
        url=url,
        title=text_of(page, "h1.posting .ttl"),
        asking_price_text=text_of(page, "h1.posting .px"),
        price_period_text="month" if kind == "rental_owner" else None,
        beds_text=rooms.group(1) or "0" if rooms else None,
        baths_text=rooms.group(2) if rooms else None,
        area_text=area.group() if area else None,
        address_lines=(address,) if address else (),
        city=place["city"] if place else None,
        state=place["state"] if place else None,
        zip=place["zip"] if place else None,
        latitude=attribute_of(page, "#map", "data-latitude"),
        longitude=attribute_of(page, "#map", "data-longitude"),
        posted_text=attribute_of(page, "time.posted", "datetime"),
        updated_text=attribute_of(page, "time.updated", "datetime"),
        category=kind,
        property_type=next((text for text in attributes if text.isalpha()), None),
        is_owner=True if "by owner" in attributes else None,
        description=element_text(words[0].root) if words else None,
        image_urls=tuple(
            join_address(url or "", source) for source in page.css("section.pics img::attr(src)").getall()
        ),
        rejected=None if rooms or area or address else "The posting describes no home.",
    )


def _posting_id(page: Selector) -> str | None:
    found = re.search(r"post id:\s*(\d+)", text_of(page, "p.meta") or "")
    return found.group(1) if found else None
