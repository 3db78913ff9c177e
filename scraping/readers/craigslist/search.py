"""Craigslist's search pages of 2014 to 2026. Their rows carry no seller."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any

from parsel import Selector

from leads.records import RawListing
from scraping.readers.craigslist.beside import FactsBeside, facts_beside, place_facts
from scraping.readers.craigslist.site import category_facts, category_of, post_id, without_brackets
from scraping.readers.not_a_home import refusal_of
from scraping.readers.page import (
    RawReading,
    address_parts,
    attribute_of,
    first_link,
    join_address,
    lost_fields,
    nodes_by_class,
    reading_of,
    text_in,
    text_of,
    text_or_none,
)

MAX_ROWS = 2_000
"""The longest page seen has 360."""
DEFAULT_HOST = "https://www.craigslist.org"
_NO_ROWS = "ol.cl-static-search-results, #search-results, #ld_searchpage_results, .cl-search-results"
_WORDS_OF_FACTS: Mapping[str, re.Pattern[str]] = {
    "asking_price": re.compile(r"[$£€]\s?\d"),
    "beds": re.compile(r"\b\d+\s?br\b", re.IGNORECASE),
    "area_sqft": re.compile(r"\d\s?ft(?:2|²|\b)", re.IGNORECASE),
}
_NO_PLACE = re.compile(r"\d+/\d+|.*\bago|<?\s?[\d.]+\s?(?:mi|km)|just now|", re.IGNORECASE)

Facts = dict[str, Any]


def read_search(page: Selector, url: str | None) -> RawReading | None:
    """Read a search page, an empty one too; ``None`` where the page is none."""
    for css, read_row in _ROW_LAYOUTS:
        if rows := page.css(css):
            own = _own_addresses(page, url)
            base = next(filter(_is_city, chain(own, _linked_addresses(page))), DEFAULT_HOST)
            section = next(filter(None, map(category_of, own)), None)
            beside = facts_beside(page, row_count=len(rows))
            listings = [
                _listing(row, read_row(row, index, beside), base=base, section=section)
                for index, row in enumerate(rows[:MAX_ROWS])
            ]
            return reading_of(listings, page="search", kind_hint="rental_owner")
    return RawReading(page="search") if page.css(_NO_ROWS) else None


# --- one row, layout by layout --------------------------------------------------------------------------------


def _read_static_row(row: Selector, index: int, beside: FactsBeside) -> Facts:
    """2023 to 2026 without JavaScript: words in the row, numbers in the JSON-LD beside the list."""
    shown = nodes_by_class(row.root)
    title = text_in(shown.get("title")) or row.root.get("title")
    facts = beside.of_row(index, title)
    place = place_facts(facts)
    point = {"lat": place["latitude"], "lng": place["longitude"]} if beside.is_expected else {}
    return {
        "href": first_link(row.root),
        "title": title,
        "asking_price_text": text_in(shown.get("price")),
        "beds_text": text_or_none(facts.get("numberOfBedrooms")),
        "baths_text": text_or_none(facts.get("numberOfBathroomsTotal")),
        "neighborhood": text_in(shown.get("location")),
        "property_type": text_or_none(facts.get("@type")),
        "lost": lost_fields(**point),
        **place,
    }


def _read_result_row(row: Selector, _: int, __: FactsBeside) -> Facts:
    """2016 to 2023: ``li.result-row``."""
    housing = text_of(row, ".result-meta .housing") or text_of(row, ".housing")
    posted = attribute_of(row, "time[datetime]", "datetime")
    return {
        "external_id": row.attrib.get("data-pid"),
        "href": attribute_of(row, "a.result-title, a.hdrlnk", "href"),
        "title": text_of(row, "a.result-title, a.hdrlnk"),
        "asking_price_text": text_of(row, ".result-meta .result-price") or text_of(row, ".result-price"),
        "beds_text": housing,
        "area_text": housing,
        "neighborhood": _neighborhood(row, ".result-hood"),
        "posted_text": posted,
        "repost_of": row.attrib.get("data-repost-of"),
        "lost": lost_fields(posted_at=posted),
    }


def _read_plain_row(row: Selector, _: int, __: FactsBeside) -> Facts:
    """2014 to 2016: ``p.row``. The facts stand as loose text behind the price."""
    housing = text_of(row, "span.housing") or " ".join(row.css("span.l2").xpath("./text()").getall())
    posted = attribute_of(row, "time[datetime]", "datetime")
    return {
        "external_id": row.attrib.get("data-pid"),
        "href": attribute_of(row, "a.hdrlnk, span.pl a", "href"),
        "title": text_of(row, "#titletextonly, a.hdrlnk, span.pl a"),
        "asking_price_text": text_of(row, "span.l2 .price, span.price"),
        "beds_text": housing,
        "area_text": housing,
        "neighborhood": _neighborhood(row, "span.pnr small"),
        "posted_text": posted,
        "repost_of": row.attrib.get("data-repost-of") or attribute_of(row, "[data-repost-of]", "data-repost-of"),
        "lost": lost_fields(posted_at=posted) if row.css("a.hdrlnk") else frozenset(),
    }


def _read_card(row: Selector, _: int, __: FactsBeside) -> Facts:
    """2023 to 2026 as the scripts draw it: cards in a gallery, or rows of a list."""
    return {
        "external_id": row.attrib.get("data-pid"),
        "href": attribute_of(row, "a.posting-title, a.titlestring, a.cl-app-anchor, a[href]", "href"),
        "title": text_of(row, ".posting-title .label, .posting-title, .titlestring") or row.attrib.get("title"),
        "asking_price_text": text_of(row, ".priceinfo, .result-price"),
        "beds_text": text_of(row, ".post-bedrooms"),
        "area_text": text_of(row, ".post-sqft"),
        "neighborhood": text_of(row, ".result-location, .supertitle, .location") or _last_of_meta(row),
        "posted_text": attribute_of(row, "time[datetime]", "datetime")
        or _without_zone_name(attribute_of(row, ".meta span[title]", "title")),
        "image_urls": tuple(row.css("img[src*='images.craigslist.org']::attr(src)").getall()),
    }


_ROW_LAYOUTS = (
    ("li.cl-static-search-result", _read_static_row),
    (".cl-search-result[data-pid]", _read_card),
    ("li.result-row[data-pid]", _read_result_row),
    ("p.row[data-pid]", _read_plain_row),
)


def _neighborhood(row: Selector, css: str) -> str | None:
    """ "(Everett)"; results from neighbouring sites write "(crv > Downtown Corvallis)"."""
    written = without_brackets(text_of(row, css) or text_of(row, ".nearby"))
    return written.rpartition(">")[2].strip() if written else None


def _without_zone_name(moment: str | None) -> str | None:
    """ "Fri Jul 14 2023 14:22:08 GMT-0700 (Pacific Daylight Time)", as scripts write a moment."""
    return moment.partition("(")[0].replace("GMT", "").strip() if moment else None


def _last_of_meta(row: Selector) -> str | None:
    """A card's line of small print: date, rooms, distance, and last the place."""
    pieces = (
        piece.strip()
        for piece in reversed(row.css(".meta").xpath("./text() | ./span[not(@class)]/text()").getall())
    )
    return next((piece for piece in pieces if not _NO_PLACE.fullmatch(piece)), None)


# --- what holds for every row ---------------------------------------------------------------------------------


def _listing(row: Selector, facts: Facts, *, base: str, section: str | None) -> RawListing:
    href = facts.pop("href")
    url = join_address(base, href) if href else None
    title, price = facts["title"], facts["asking_price_text"]
    external_id = facts.pop("external_id", None) or post_id(url)
    lost = facts.pop("lost", frozenset()) | _lost_words(row, facts)
    of_section = category_facts(category_of(url) or section, price_text=price)
    of_section["rejected"] = of_section["rejected"] or refusal_of(
        title, has_rooms=bool(facts.get("beds_text") or facts.get("area_text"))
    )
    return RawListing(
        external_id=external_id,
        url=url,
        lost=lost | lost_fields(external_id=external_id, url=url, title=title, asking_price=price),
        **facts,
        **of_section,
    )


def _lost_words(row: Selector, facts: Facts) -> frozenset[str]:
    """Fields whose words stand in the row, but in no node that we know."""
    title = facts["title"]
    if title is None or "beds_text" not in facts or "latitude" in facts:
        return frozenset()  # its own words would be taken for facts, or the layout shows none
    words = " ".join(row.xpath("string()").get("").split()).replace(title, "", 1)
    read = {
        "asking_price": facts["asking_price_text"],
        "beds": facts["beds_text"],
        "area_sqft": facts["area_text"],
    }
    return frozenset(
        name
        for name, pattern in _WORDS_OF_FACTS.items()
        if pattern.search(words) and not pattern.search(read[name] or "")
    )


def _own_addresses(page: Selector, url: str | None) -> list[str]:
    """Where the page is from: what we asked for, and what it says of itself."""
    candidates = [
        url,
        attribute_of(page, "link[rel=canonical]", "href"),
        attribute_of(page, "meta[property='og:url']", "content"),
        attribute_of(page, "base[href]", "href"),
    ]
    return [join_address("https:", candidate) for candidate in candidates if candidate]


def _linked_addresses(page: Selector) -> Iterator[str]:
    """Pages of its own site, most likely: a saved page may have lost its head."""
    for element in page.root.iter("link", "a", "form"):
        target = element.get("href") or element.get("action") or ""
        if "craigslist.org" in target:
            yield join_address("https:", target)


def _is_city(url: str) -> bool:
    host = address_parts(url).hostname or ""
    return host.endswith(".craigslist.org") and host.split(".")[0] not in {
        "www",
        "post",
        "accounts",
        "forums",
        "images",
        "blog",
    }
