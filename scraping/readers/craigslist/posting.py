"""Craigslist's posting pages of 2014 to 2026. A posting hides phones in its text, which normalising finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from parsel import Selector

from leads.address import parse_address
from leads.normalise.text import element_text
from leads.records import RawListing
from scraping.readers.craigslist.site import (
    category_facts,
    category_named,
    category_of,
    currency_of,
    housing_type,
    lines,
    post_id,
    without_brackets,
)
from scraping.readers.not_a_home import refusal_of, speaks_as_agent
from scraping.readers.page import (
    RawReading,
    as_dict,
    attribute_of,
    lost_fields,
    reading_of,
    script_json,
    text_of,
    text_or_none,
)

_POSTING_WORDS = "#postingbody, #titletextonly"
_HEADINGS = ".postingtitletext, h2.postingtitle"
_SETTING = r"['\"]?{}['\"]?\s*:\s*['\"]?([\w-]+)"
_OLD_HEADING = re.compile(
    r"(?:(?P<price>[$£€][\d,.]+)\s*)?(?:/\s*(?P<housing>\d+br(?:\s-\s\d+ft\S*)?|\d+ft\S*)\s-\s+)?"
    r"(?P<title>.+?)(?:\s*(?P<hood>\([^()]*\)))?"
)
"""Until 2014: "$1400 / 3br - 1339ft² - Luxury amenities (Everett)" in one line without nodes of its own."""


def read_posting(page: Selector, url: str | None) -> RawReading | None:
    """Read a posting; ``None`` where the page is none."""
    if not page.css(_POSTING_WORDS):
        return None
    return reading_of([_read_posting(page, url)], page="listing", kind_hint="rental_owner")


def _read_posting(page: Selector, url: str | None) -> RawListing:
    own_url = attribute_of(page, "link[rel=canonical]", "href") or attribute_of(
        page, "meta[property='og:url']", "content"
    )
    own_url = own_url or url
    data = next((as_dict(document) for document in script_json(page, "script#ld_posting_data")), {})
    heading = _heading(page)
    attributes = list(_attributes(page))
    facts: dict[str, Any] = {
        "external_id": _posting_id(page, own_url),
        "url": own_url,
        "title": heading.get("title"),
        "asking_price_text": heading.get("price"),
        "neighborhood": without_brackets(heading.get("hood")),
        "posted_text": _posting_time(page, "posted"),
        "updated_text": _posting_time(page, "updated"),
        "property_type": housing_type(attributes) or text_or_none(data.get("@type")),
        "description": _posting_text(page),
        "image_urls": tuple(page.css("#thumbs a::attr(href), .gallery img::attr(src)").getall()),
        "repost_of": _setting(page, "repost_of"),
        **_rooms(heading.get("housing"), attributes, data),
        **_posting_point(page, data),
        **_posting_place(page, data),
    }
    section = category_of(own_url) or _setting(page, "categoryAbbr") or _section_shown(page)
    facts |= _section_facts(section, dict(attributes), facts)
    return RawListing(**facts, lost=_lost(page, facts))


def _heading(page: Selector) -> dict[str, str | None]:
    """Price, rooms, title and neighbourhood, which stand in nodes of their own since 2014."""
    if not page.css(".postingtitletext, #titletextonly"):
        found = _OLD_HEADING.fullmatch(text_of(page, "h2.postingtitle") or "")
        return found.groupdict() if found else {}
    line = page.css(_HEADINGS)
    spans = line.css("small, span:not([class]):not([id])").xpath("string()").getall()
    hoods = (span.strip() for span in reversed(spans))  # in ``small`` until 2021, in the last plain ``span`` since
    return {
        "price": text_of(line, ".price"),
        "housing": text_of(line, ".housing"),
        "title": text_of(page, "#titletextonly"),
        "hood": next((hood for hood in hoods if hood.startswith("(")), None),
    }


def _rooms(
    housing: str | None, attributes: Sequence[tuple[str, str]], data: Mapping[str, Any]
) -> dict[str, str | None]:
    """ "2BR / 1Ba" and "925ft2" stand among the attributes, and again in the heading."""
    line = " / ".join(value for label, value in attributes if not label)
    return {
        "beds_text": _counted(line, "br") or housing or text_or_none(data.get("numberOfBedrooms")),
        "baths_text": _counted(line, "ba") or text_or_none(data.get("numberOfBathroomsTotal")),
        "area_text": housing or line,
    }


def _section_facts(section: str | None, attributes: Mapping[str, str], facts: Mapping[str, Any]) -> dict[str, Any]:
    """What the section says, and what the posting's own words say more precisely."""
    of_section = category_facts(section, price_text=facts["asking_price_text"])
    by_owner = _listed_by_owner(attributes) if of_section["is_owner"] is None else of_section["is_owner"]
    is_agents = speaks_as_agent(f"{facts['title']}\n{facts['description']}")
    has_rooms = bool(facts["beds_text"] or facts["baths_text"])
    return {
        **of_section,
        "price_period_text": attributes.get("rent period") or of_section["price_period_text"],
        "is_owner": False if is_agents and by_owner else by_owner,
        "flags": frozenset({"agent_among_owners"}) if is_agents and by_owner else frozenset(),
        "rejected": of_section["rejected"] or refusal_of(facts["title"], has_rooms=has_rooms),
    }


def _lost(page: Selector, facts: Mapping[str, Any]) -> frozenset[str]:
    always = lost_fields(
        external_id=facts["external_id"],
        url=facts["url"],
        title=facts["title"],
        asking_price=facts["asking_price_text"],
        posted_at=facts["posted_text"],
        description=facts["description"],
    )
    if page.css(".mapbox, #map"):
        always |= lost_fields(lat=facts["latitude"], lng=facts["longitude"])
    if facts["kind"] and not page.css(".attrgroup"):
        always |= lost_fields(beds=facts["beds_text"], baths=facts["baths_text"])
    return always


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


def _counted(facts_line: str, unit: str) -> str | None:
    """ "2BR / 1Ba" holds both; "shared" and "split" baths are none of one's own."""
    found = re.search(rf"[\d.]+\s*{unit}\b", facts_line, re.IGNORECASE)
    return found.group() if found else None


def _posting_place(page: Selector, data: Mapping[str, Any]) -> dict[str, Any]:
    """What the page writes under its title wins over its metadata, and those over the JSON-LD.

    The JSON-LD's city is the post office's, which need not be the one that people live in.
    """
    line = text_of(page, "h2.street-address")
    written = parse_address(line or "")
    stated = as_dict(data.get("address"))
    country, _, region = (attribute_of(page, "meta[name='geo.region']", "content") or "").partition("-")
    street = line or text_or_none(stated.get("streetAddress")) or text_of(page, "div.mapaddress")
    return {
        "address_lines": lines(street),
        "city": written.city
        or attribute_of(page, "meta[name='geo.placename']", "content")
        or text_or_none(stated.get("addressLocality")),
        "state": written.state or region or text_or_none(stated.get("addressRegion")),
        "zip": written.zip or text_or_none(stated.get("postalCode")),
        "country": text_or_none(stated.get("addressCountry")) or country or None,
        "currency": currency_of(text_or_none(stated.get("addressCountry")) or country),
    }


def _posting_point(page: Selector, data: Mapping[str, Any]) -> dict[str, str | None]:
    """The map's point, which the page's head and its JSON-LD repeat."""
    shown = page.css("#map[data-latitude][data-longitude]")
    position = (attribute_of(page, "meta[name='geo.position']", "content") or "").split(";")
    stated = [text_or_none(data.get("latitude")), text_or_none(data.get("longitude"))]
    latitude, longitude = position if len(position) == 2 else stated
    if shown:
        latitude, longitude = shown[0].attrib["data-latitude"], shown[0].attrib["data-longitude"]
    return {"latitude": latitude, "longitude": longitude}


def _posting_text(page: Selector) -> str | None:
    bodies = page.css("#postingbody")
    if not bodies:
        return None
    for boilerplate in bodies[0].css(".print-information, .print-qrcode-label"):
        boilerplate.root.clear(keep_tail=True)
    return element_text(bodies[0].root)


def _posting_time(page: Selector, word: str) -> str | None:
    for line in page.css(".postinginfo"):
        if line.xpath("string()").get("").strip().lower().startswith(word):
            return attribute_of(line, "time[datetime]", "datetime")
    return None


def _posting_id(page: Selector, url: str | None) -> str | None:
    for line in page.css(".postinginfo").xpath("string()").getall():
        label, _, value = line.strip().partition(":")
        if label.lower() in {"post id", "posting id"} and value.strip():
            return value.strip()
    return _setting(page, "pID") or post_id(url)


def _setting(page: Selector, name: str) -> str | None:
    """A value out of the call ``window.cl.init(…)``, whose argument is JavaScript, not JSON."""
    pattern = re.compile(_SETTING.format(re.escape(name)))
    for script in page.xpath("//script[contains(., 'cl.init')]/text()").getall():
        if found := pattern.search(script):
            return found.group(1)
    return None


def _section_shown(page: Selector) -> str | None:
    """The section that the path above the posting leads through, or that the window's title ends on."""
    links = page.css(".breadcrumbs .category a::attr(href), .breadcrumbs a[href*='/search/']::attr(href)").getall()
    if found := next(filter(None, map(category_of, reversed(links))), None):
        return found
    parts = (text_of(page, "title") or "").split(" - ")
    return category_named(parts[1]) if len(parts) > 2 and parts[-1] == "craigslist" else None


def _listed_by_owner(attributes: Mapping[str, str]) -> bool | None:
    by = (attributes.get("listed by") or attributes.get("purveyor") or "").lower()
    if not by:
        return None
    return "owner" in by
