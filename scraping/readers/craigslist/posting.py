"""Craigslist's posting pages of 2021 to 2026. A posting hides phones in its text, which normalising finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from parsel import Selector

from leads.address import parse_address
from leads.normalise.text import element_text
from leads.records import RawListing
from scraping.readers.craigslist.site import (
    category_facts,
    category_of,
    currency_of,
    housing_type,
    lines,
    post_id,
    without_brackets,
)
from scraping.readers.page import RawReading, as_dict, attribute_of, lost_fields, script_json, text_of, text_or_none

_POSTING_WORDS = "#postingbody, #titletextonly"
_SETTING = r"['\"]?{}['\"]?\s*:\s*['\"]?([\w-]+)"


def read_posting(page: Selector, url: str | None) -> RawReading | None:
    """Read a posting; ``None`` where the page is none."""
    if not page.css(_POSTING_WORDS):
        return None
    return RawReading(page="listing", listings=(_read_posting(page, url),), kind_hint="rental_owner")


def _read_posting(page: Selector, url: str | None) -> RawListing:
    own_url = attribute_of(page, "link[rel=canonical]", "href") or attribute_of(
        page, "meta[property='og:url']", "content"
    )
    own_url = own_url or url
    data = next((as_dict(document) for document in script_json(page, "script#ld_posting_data")), {})
    attributes = list(_attributes(page))
    facts_line = " / ".join(value for label, value in attributes if not label)
    title_line = page.css(".postingtitletext")
    housing = text_of(title_line, ".housing")
    category = category_of(own_url) or _setting(page, "categoryAbbr") or _breadcrumb_category(page)
    latitude, longitude = _posting_point(page, data)
    external_id, title = _posting_id(page, own_url), text_of(page, "#titletextonly")
    price, posted, words = text_of(title_line, ".price"), _posting_time(page, "posted"), _posting_text(page)
    return RawListing(
        external_id=external_id,
        url=own_url,
        title=title,
        asking_price_text=price,
        currency=currency_of(as_dict(data.get("address")).get("addressCountry")),
        beds_text=_rooms(facts_line, "br") or housing or text_or_none(data.get("numberOfBedrooms")),
        baths_text=_rooms(facts_line, "ba") or text_or_none(data.get("numberOfBathroomsTotal")),
        area_text=housing or facts_line,
        neighborhood=_posting_neighborhood(title_line),
        latitude=latitude,
        longitude=longitude,
        posted_text=posted,
        updated_text=_posting_time(page, "updated"),
        property_type=housing_type(attributes) or text_or_none(data.get("@type")),
        description=words,
        image_urls=tuple(page.css("#thumbs a::attr(href), .gallery img::attr(src)").getall()),
        repost_of=_setting(page, "repost_of"),
        lost=lost_fields(
            external_id=external_id,
            url=own_url,
            title=title,
            asking_price=price,
            posted_at=posted,
            description=words,
        ),
        **_posting_address(page, data),
        **_section_facts(category, dict(attributes)),
    )


def _section_facts(category: str | None, attributes: Mapping[str, str]) -> dict[str, Any]:
    """What the section says, and what the posting's own attributes say more precisely."""
    section = category_facts(category)
    by_owner = _listed_by_owner(attributes) if section["is_owner"] is None else section["is_owner"]
    period = attributes.get("rent period") or section["price_period_text"]
    return {**section, "price_period_text": period, "is_owner": by_owner}


def _attributes(page: Selector) -> Iterator[tuple[str, str]]:
    """(label, value) of each attribute; most have a value only. ``p.attrgroup span`` is the layout before 2024."""
    for attribute in page.css(".attrgroup .attr, p.attrgroup > span"):
        label = (text_of(attribute, ".labl") or "").strip(" :").lower()
        value = text_of(attribute, ".valu") or " ".join(attribute.xpath("string()").get("").split())
        if not label and ":" in value:
            label, _, value = (part.strip() for part in value.partition(":"))
            label = label.lower()
        if value:
            yield label, value


def _rooms(facts_line: str, unit: str) -> str | None:
    """ "2BR / 1Ba" holds both; "shared" and "split" baths are none of one's own."""
    found = re.search(rf"[\d.]+\s*{unit}\b", facts_line, re.IGNORECASE)
    return found.group() if found else None


def _posting_address(page: Selector, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the page writes under its title wins over the JSON-LD, whose city is only the site's own."""
    line = text_of(page, "h2.street-address") or text_of(page, "div.mapaddress")
    written = parse_address(line or "")
    stated = as_dict(data.get("address"))
    street = line or text_or_none(stated.get("streetAddress"))
    return {
        "address_lines": lines(street),
        "city": written.city or text_or_none(stated.get("addressLocality")),
        "state": written.state or text_or_none(stated.get("addressRegion")),
        "zip": written.zip or text_or_none(stated.get("postalCode")),
        "country": text_or_none(stated.get("addressCountry")),
    }


def _posting_point(page: Selector, data: Mapping[str, Any]) -> tuple[str | None, str | None]:
    shown = page.css("#map[data-latitude][data-longitude]")
    if shown:
        return shown[0].attrib["data-latitude"], shown[0].attrib["data-longitude"]
    return text_or_none(data.get("latitude")), text_or_none(data.get("longitude"))


def _posting_neighborhood(title_line: Any) -> str | None:
    """The words in brackets behind the title: in ``small`` until 2021, in the last plain ``span`` since."""
    spans = title_line.css("small, span:not([class]):not([id])").xpath("string()").getall()
    found = next((span.strip() for span in reversed(spans) if span.strip().startswith("(")), None)
    return without_brackets(found)


def _posting_text(page: Selector) -> str | None:
    bodies = page.css("#postingbody")
    if not bodies:
        return None
    for boilerplate in bodies[0].css(".print-information, .print-qrcode-label"):
        boilerplate.drop()
    return element_text(bodies[0].root)


def _posting_time(page: Selector, word: str) -> str | None:
    for line in page.css(".postinginfo"):
        if line.xpath("string()").get("").strip().lower().startswith(word):
            return attribute_of(line, "time[datetime]", "datetime")
    return None


def _posting_id(page: Selector, url: str | None) -> str | None:
    for line in page.css(".postinginfo").xpath("string()").getall():
        label, _, value = line.strip().partition(":")
        if label.lower() == "post id" and value.strip():
            return value.strip()
    return _setting(page, "pID") or post_id(url)


def _setting(page: Selector, name: str) -> str | None:
    """A value out of the call ``window.cl.init(…)``, whose argument is JavaScript, not JSON."""
    pattern = re.compile(_SETTING.format(re.escape(name)))
    for script in page.xpath("//script[contains(., 'cl.init')]/text()").getall():
        if found := pattern.search(script):
            return found.group(1)
    return None


def _breadcrumb_category(page: Selector) -> str | None:
    links = page.css(".breadcrumbs .category a::attr(href), .breadcrumbs a[href*='/search/']::attr(href)").getall()
    return next((category for category in map(category_of, reversed(links)) if category), None)


def _listed_by_owner(attributes: Mapping[str, str]) -> bool | None:
    by = (attributes.get("listed by") or attributes.get("purveyor") or "").lower()
    if not by:
        return None
    return "owner" in by
