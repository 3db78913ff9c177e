"""Craigslist's search pages of 2014 to 2026. Their rows carry no seller."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parsel import Selector

from leads.records import RawListing
from scraping.readers.craigslist.site import category_facts, category_of, lines, post_id, without_brackets
from scraping.readers.page import (
    RawReading,
    address_parts,
    as_dict,
    as_list,
    attribute_of,
    join_address,
    lost_fields,
    script_json,
    text_of,
    text_or_none,
)

DEFAULT_HOST = "https://www.craigslist.org"
_NO_ROWS = "ol.cl-static-search-results, #search-results, #ld_searchpage_results, .cl-search-results"


def read_search(page: Selector, url: str | None) -> RawReading | None:
    """Read a search page, an empty one too; ``None`` where the page is none."""
    for css, read_row in _ROW_LAYOUTS:
        if rows := page.css(css):
            base = _base_url(page, url)
            facts = _facts_by_position(page)
            listings = (read_row(row, base, facts.get(index, {})) for index, row in enumerate(rows))
            return RawReading(page="search", listings=tuple(listings), kind_hint="rental_owner")
    return RawReading(page="search") if page.css(_NO_ROWS) else None


def _read_static_row(row: Selector, base: str, facts: Mapping[str, Any]) -> RawListing:
    """2023 to 2026 without JavaScript: words in the row, numbers in the JSON-LD beside the list."""
    title = text_of(row, ".title") or row.attrib.get("title")
    if facts and text_or_none(facts.get("name")) not in {None, title}:
        facts = {}  # the two lists have come apart; a wrong home's facts are worse than none
    address = as_dict(facts.get("address"))
    return _row(
        base,
        href=attribute_of(row, "a[href]", "href"),
        title=title,
        price=text_of(row, ".price"),
        beds=text_or_none(facts.get("numberOfBedrooms")),
        baths=text_or_none(facts.get("numberOfBathroomsTotal")),
        neighborhood=text_of(row, ".location"),
        latitude=text_or_none(facts.get("latitude")),
        longitude=text_or_none(facts.get("longitude")),
        address_lines=lines(text_or_none(address.get("streetAddress"))),
        city=text_or_none(address.get("addressLocality")),
        state=text_or_none(address.get("addressRegion")),
        zip=text_or_none(address.get("postalCode")),
        country=text_or_none(address.get("addressCountry")),
        property_type=text_or_none(facts.get("@type")),
    )


def _read_result_row(row: Selector, base: str, _: Mapping[str, Any]) -> RawListing:
    """2016 to 2023: ``li.result-row``."""
    housing = text_of(row, ".result-meta .housing") or text_of(row, ".housing")
    return _row(
        base,
        external_id=row.attrib.get("data-pid"),
        href=attribute_of(row, "a.result-title, a.hdrlnk", "href"),
        title=text_of(row, "a.result-title, a.hdrlnk"),
        price=text_of(row, ".result-meta .result-price") or text_of(row, ".result-price"),
        beds=housing,
        area=housing,
        neighborhood=without_brackets(text_of(row, ".result-hood")),
        posted=attribute_of(row, "time[datetime]", "datetime"),
        repost_of=row.attrib.get("data-repost-of"),
    )


def _read_plain_row(row: Selector, base: str, _: Mapping[str, Any]) -> RawListing:
    """2014 to 2016: ``p.row``. The facts stand as loose text behind the price."""
    housing = text_of(row, "span.housing") or " ".join(row.css("span.l2").xpath("./text()").getall())
    return _row(
        base,
        external_id=row.attrib.get("data-pid"),
        href=attribute_of(row, "a.hdrlnk, span.pl a", "href"),
        title=text_of(row, "#titletextonly, a.hdrlnk, span.pl a"),
        price=text_of(row, "span.l2 .price, span.price"),
        beds=housing,
        area=housing,
        neighborhood=without_brackets(text_of(row, "span.pnr small")),
        posted=attribute_of(row, "time[datetime]", "datetime"),
        repost_of=row.attrib.get("data-repost-of"),
    )


def _read_card(row: Selector, base: str, _: Mapping[str, Any]) -> RawListing:
    """2023 to 2026 as the scripts draw it: cards in a gallery or a list."""
    return _row(
        base,
        external_id=row.attrib.get("data-pid"),
        href=attribute_of(row, "a.posting-title, a.titlestring, a[href]", "href"),
        title=text_of(row, ".posting-title, .titlestring") or row.attrib.get("title"),
        price=text_of(row, ".priceinfo"),
        beds=text_of(row, ".post-bedrooms"),
        area=text_of(row, ".post-sqft"),
        neighborhood=text_of(row, ".result-location, .supertitle"),
    )


_ROW_LAYOUTS = (
    ("li.cl-static-search-result", _read_static_row),
    (".cl-search-result[data-pid]", _read_card),
    ("li.result-row[data-pid]", _read_result_row),
    ("p.row[data-pid]", _read_plain_row),
)


def _row(
    base: str,
    *,
    href: str | None,
    title: str | None,
    price: str | None,
    external_id: str | None = None,
    beds: str | None = None,
    baths: str | None = None,
    area: str | None = None,
    posted: str | None = None,
    **facts: Any,
) -> RawListing:
    url = join_address(base, href) if href else None
    category = category_of(url) or category_of(base)
    external_id = external_id or post_id(url)
    return RawListing(
        external_id=external_id,
        url=url,
        title=title,
        asking_price_text=price,
        beds_text=beds,
        baths_text=baths,
        area_text=area,
        posted_text=posted,
        lost=lost_fields(external_id=external_id, url=url, title=title, asking_price=price),
        **facts,
        **category_facts(category),
    )


def _facts_by_position(page: Selector) -> dict[int, Mapping[str, Any]]:
    """The JSON-LD list beside the rows: an element's position is the row's index."""
    facts: dict[int, Mapping[str, Any]] = {}
    for document in script_json(page, "script#ld_searchpage_results"):
        for element in map(as_dict, as_list(as_dict(document).get("itemListElement"))):
            position = text_or_none(element.get("position"))
            if position is not None and position.isdecimal():
                facts[int(position)] = as_dict(element.get("item"))
    return facts


def _base_url(page: Selector, url: str | None) -> str:
    """The site's address, for rows that link relatively: what we asked for, or what the page says of itself."""
    candidates = [
        url,
        attribute_of(page, "link[rel=canonical]", "href"),
        attribute_of(page, "meta[property='og:url']", "content"),
        attribute_of(page, "base[href]", "href"),
        *page.css("link[href*='craigslist.org'], a[href*='craigslist.org'], form[action*='craigslist.org']")
        .xpath("@href | @action")
        .getall(),
    ]
    absolute = (join_address("https:", candidate) for candidate in candidates if candidate)
    return next((candidate for candidate in absolute if _is_city(candidate)), DEFAULT_HOST)


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
