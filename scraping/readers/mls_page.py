"""Public pages of MLS sites: a home as a table of labels and values, in the trade's own words.

What an agent lists is no lead: it serves to suppress one, and to value its neighbours. An expired listing is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from parsel import Selector

from leads.normalise.text import element_text, tidy_paragraphs
from leads.records import ListingStatus, RawListing
from scraping.readers import fsbo
from scraping.readers.labels import LABELS_OF_ADVERTS, labelled_facts
from scraping.readers.page import (
    RawReading,
    attribute_of,
    is_json,
    join_address,
    load_html,
    lost_fields,
    rejected,
    rejected_page,
    text_of,
)
from scraping.readers.reso.statuses import shipped_meaning
from scraping.readers.schema_org import Facts, json_ld_homes, microdata_homes
from scraping.readers.sellers import refusal_of

MIN_FACTS = 3
MAX_BYTES_OF_WORDS = 1_000_000
"""A page without a table is read a second time, if it is no larger than pages are."""

_MLS_LABELS: Mapping[str, str] = {
    "external_id": "mls|mls #|mls#|mls no|mls number|mls id|mlsid|mls listing|mls listing id|listing number (mls)"
    "|listing #|listing#|ml #|ml#",
    "asking_price_text": "list price|listing price|current price|price|asking price|original list price",
    "beds_text": "bedrooms|beds|total bedrooms|bedrooms total|# bedrooms|beds total|total beds|br|# of bedrooms",
    "baths_text": "baths|bathrooms|total baths|total bathrooms|baths total|bathrooms total|# baths|# bathrooms"
    "|# of baths",
    "full_baths": "full baths|baths full|full bathrooms|bathrooms full|# full baths|baths (full)",
    "half_baths": "half baths|baths half|half bathrooms|bathrooms half|# half baths|baths (half)|partial baths",
    "area_text": "square feet|sq ft|sqft|approx sq ft|approximate sq ft|total sq ft|total sqft|total square feet"
    "|living area|finished sq ft|finished sqft|finished square feet|living sq ft|heated sq ft|heated sqft"
    "|interior sq ft|building sq ft|apx sq ft|sq ft total|sqft total|home size|living space",
    "address": "address|property address|street address|location address|location",
    "city": "city|town|city/town|city town|municipality",
    "state": "state|state/province",
    "zip": "zip|zip code|postal code|zipcode",
    "contact_name": "agent|listing agent|list agent|listed by|listing agent name|agent name|presented by|realtor",
    "phones": "agent phone|phone|listing agent phone|agent cell|cell|office phone|contact phone|agent office phone",
    "office": "company|office|listing office|list office|brokerage|broker|listing company|listing broker"
    "|courtesy of|listing courtesy of",
    "office_phone": "company phone|brokerage phone|listing office phone|broker phone",
    "posted_text": "list date|listing date|date listed|listed|on market date|entry date",
    "updated_text": "last updated|updated|modified|last modified|status date|last change",
    "property_type": "type|property type|prop type|property subtype|property sub type|sub type|class|style",
    "status": "status|listing status|mls status|property status",
    "description": "public remarks|remarks|property description|description|listing remarks|marketing remarks"
    "|comments",
    "neighborhood": "subdivision|neighborhood|area|subdivision name",
    "latitude": "latitude|lat",
    "longitude": "longitude|lng|lon|long",
}
_FIELD_OF_LABEL: Mapping[str, str] = {
    **{label: field for label, field in LABELS_OF_ADVERTS.items() if field in {"asking_price_text", "beds_text"}},
    **{label: field for field, labels in _MLS_LABELS.items() for label in labels.split("|")},
}
_GONE = re.compile(
    r"no longer (?:available|active|listed)|listing (?:was )?not found|property not found|\b404\b", re.IGNORECASE
)
_REMARKS = re.compile(rf"^\s*(?:{_MLS_LABELS['description']})\s*:?\s*$", re.IGNORECASE)
_REMARKS_IN_ONE = re.compile(rf"^\s*(?:{_MLS_LABELS['description']})\s*:\s*(?=\S)", re.IGNORECASE)
_NUMBER = r"[\"']?\s*[:=]\s*[\"']?(-?\d{1,3}\.\d{3,})"
_NAMED_POINT = re.compile(
    rf"(?:\b|_|(?<=[a-z])(?=L))[Ll]at(?:itude)?{_NUMBER}.{{0,80}}?[Ll](?:ng|on|ong|ongitude){_NUMBER}", re.DOTALL
)
_LITERAL_POINT = re.compile(r"LatLng\(\s*(-?\d{1,3}\.\d{3,})\s*,\s*(-?\d{1,3}\.\d{3,})\s*\)")


def read(body: bytes, url: str | None) -> RawReading:
    """Read the page of one home."""
    if is_json(body):
        return rejected("An MLS page was expected, not JSON; a RESO answer has its own reader.")
    page = load_html(body)
    facts = {field: value for field, (value, _) in labelled_facts(page, _FIELD_OF_LABEL).items()}
    structured = _structured(page, url)
    if _count_of_home_facts(structured | facts) >= MIN_FACTS:
        return RawReading(page="listing", listings=(_read_home(page, body, url, structured | facts),))
    return _read_without_table(body, url, facts) or rejected_page(body, _why_nothing(page))


def _read_without_table(body: bytes, url: str | None, facts: Facts) -> RawReading | None:
    """A page in running words, as the reader of any site sees it; its few labels are the trade's and come first."""
    reading = fsbo.read(body, url) if len(body) <= MAX_BYTES_OF_WORDS else None
    if reading is None or reading.page != "listing":
        return None
    known = {name: facts[name] for name in ("external_id", "contact_name") if facts.get(name)}
    listings = (replace(listing, **known, is_owner=False, kind=None) for listing in reading.listings)
    return RawReading(page="listing", listings=tuple(listings))


def _structured(page: Selector, url: str | None) -> Facts:
    """What the page marks up for machines, if it marks up one home."""
    homes = [
        facts
        for facts in (json_ld_homes(page, url or "") or microdata_homes(page, url or ""))
        if facts.get("is_home")
    ]
    return homes[0] if len(homes) == 1 else {}


def _count_of_home_facts(facts: Facts) -> int:
    asked = ("asking_price_text", "external_id", "beds_text", "baths_text", "area_text", "address")
    return sum(1 for name in asked if facts.get(name))


def _why_nothing(page: Selector) -> str:
    words = " ".join(filter(None, [text_of(page, "title"), (text_of(page, "body") or "")[:1000]]))
    return "The listing is gone." if _GONE.search(words) else "The page describes no listing of an MLS."


def _read_home(page: Selector, body: bytes, url: str | None, facts: Facts) -> RawListing:
    latitude, longitude = _point(page, body, facts)
    status = _status(facts.get("status"))
    title, own_url = text_of(page, "head > title"), _own_url(page, url)
    return RawListing(
        external_id=facts.get("external_id"),
        url=own_url,
        title=title,
        asking_price_text=facts.get("asking_price_text"),
        beds_text=facts.get("beds_text"),
        baths_text=facts.get("baths_text"),
        area_text=facts.get("area_text"),
        address_lines=tuple(filter(None, [facts.get("address")])),
        city=facts.get("city"),
        state=facts.get("state"),
        zip=facts.get("zip"),
        neighborhood=facts.get("neighborhood"),
        latitude=latitude,
        longitude=longitude,
        posted_text=facts.get("posted_text"),
        updated_text=facts.get("updated_text"),
        phones=_texts(facts, "phones", "office_phone"),
        emails=_agents_emails(page),
        contact_name=facts.get("contact_name") or facts.get("office"),
        property_type=facts.get("property_type"),
        is_owner=False,
        status=status,
        kind="expired" if status == "expired" else None,
        description=_remarks(page) or facts.get("description"),
        image_urls=_images(page, own_url),
        lost=lost_fields(
            external_id=facts.get("external_id"),
            title=title,
            asking_price=facts.get("asking_price_text"),
            address=facts.get("address"),
            property_type=facts.get("property_type"),
            contact_name=facts.get("contact_name") or facts.get("office"),
            description=_remarks(page) or facts.get("description"),
        ),
        rejected=refusal_of(status),
    )


def _texts(facts: Facts, *names: str) -> tuple[str, ...]:
    return tuple(text for name in names if isinstance(text := facts.get(name), str))


def _status(words: Any) -> ListingStatus | None:
    meaning = shipped_meaning(words) if isinstance(words, str) else None
    return None if meaning in {None, "deleted", "incomplete"} else meaning  # type: ignore[return-value]


def _own_url(page: Selector, url: str | None) -> str | None:
    own = attribute_of(page, "link[rel=canonical]", "href") or attribute_of(
        page, "meta[property='og:url']", "content"
    )
    return join_address(url or "", own) if own else url


def _agents_emails(page: Selector) -> tuple[str, ...]:
    """The address behind the agent's name; the site's own addresses stand in its footer."""
    for label in page.xpath(
        "//*[self::strong or self::b or self::th or self::dt or self::td or self::span or self::label]"
    ):
        words = " ".join(label.xpath("string()").get("").split()).strip(" :").lower()
        if _FIELD_OF_LABEL.get(words) == "contact_name":
            targets = label.xpath("following-sibling::*[position() <= 2]/descendant-or-self::a/@href").getall()
            return tuple(target[7:].split("?")[0] for target in targets if target.lower().startswith("mailto:"))[:1]
    return ()


def _remarks(page: Selector) -> str | None:
    """The whole text behind the label of the remarks, which is longer than a value."""
    for element in page.xpath("//*[not(*)]"):
        words = element.root.text or ""
        if found := _REMARKS_IN_ONE.match(words):
            return tidy_paragraphs(words[found.end() :])
        if _REMARKS.match(words) and (text := _text_behind(element.root)):
            return text
    return None


def _text_behind(label: Any) -> str | None:
    if (label.tail or "").strip(" :\r\n\t\xa0"):
        return tidy_paragraphs(label.tail.strip().removeprefix(":"))
    following = label.getnext()
    following = following if following is not None or label.getparent() is None else label.getparent().getnext()
    return element_text(following) if following is not None and isinstance(following.tag, str) else None


def _images(page: Selector, base_url: str | None) -> tuple[str, ...]:
    sources = page.xpath("//img[not(ancestor::header|ancestor::nav|ancestor::footer)]/@src").getall()
    return tuple(join_address(base_url or "", source) for source in sources)


# --- where the home lies --------------------------------------------------------------------------------


def _point(page: Selector, body: bytes, facts: Facts) -> tuple[str | None, str | None]:
    """The home's own point: of markup or labels, of a script that names it, of a map with one point alone."""
    if facts.get("latitude") and facts.get("longitude"):
        return facts["latitude"], facts["longitude"]
    names = ("place:location:latitude", "place:location:longitude"), ("og:latitude", "og:longitude")
    for latitude, longitude in names:
        if found := attribute_of(page, f"meta[property='{latitude}']", "content"):
            return found, attribute_of(page, f"meta[property='{longitude}']", "content")
    if found := attribute_of(page, "[data-lat]", "data-lat"):
        return found, attribute_of(page, "[data-lng], [data-lon]", "data-lng")
    points = list(dict.fromkeys(_points_in_scripts(page)))
    return points[0] if len(points) == 1 else (None, None)


def _points_in_scripts(page: Selector) -> Iterator[tuple[str, str]]:
    scripts = "\n".join(page.xpath("//script[not(@src)]/text()").getall())
    named = [(found.group(1), found.group(2)) for found in _NAMED_POINT.finditer(scripts)]
    if named:
        yield from named
        return
    yield from ((found.group(1), found.group(2)) for found in _LITERAL_POINT.finditer(scripts))
