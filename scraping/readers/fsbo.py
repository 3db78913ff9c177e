"""For-sale-by-owner sites, whatever their markup: standards first, labelled words last.

A field comes from the first of these that holds it, and the record says from which: schema.org JSON-LD,
schema.org microdata, OpenGraph and meta tags, words with a label ("Bedrooms: 3"), words with a unit ("3 beds"),
the page's own headline and links. No rule here knows a particular site.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from parsel import Selector

from leads.address import parse_address
from leads.normalise.price import parse_price
from leads.normalise.text import element_text
from leads.records import RawListing
from scraping.readers import rows
from scraping.readers.labels import LabelledFacts, facts_by_unit, is_elsewhere, labelled_facts
from scraping.readers.page import (
    RawReading,
    address_parts,
    attribute_of,
    is_json,
    join_address,
    load_html,
    rejected,
    text_of,
)
from scraping.readers.schema_org import Facts, json_ld_homes, microdata_homes

MIN_CARDS = 3
MIN_LABELS = 2
MAX_CARDS = 500

_GONE = re.compile(
    r"no longer (?:available|listed|exists)|has been (?:sold|removed|deleted)|listing (?:has )?expired"
    r"|not found|\b404\b|\b410\b|is gone",
    re.IGNORECASE,
)
_BY_OWNER = re.compile(r"by[\s-]?owner|\bfsbo\b|privately offered", re.IGNORECASE)
_MONEY = re.compile(r"[$€£]\s?\d[\d,.]*\s*[kKmM]?")
_SPEAKS_OF_A_HOME = re.compile(
    r"^\d+ .*\b(?:near|by|with|house|home|condo|townhouse|bungalow|cottage|duplex|loft)\b"
)
_META_FIELDS: Mapping[str, str] = {
    "og:title": "title",
    "og:url": "url",
    "og:image": "image_urls",
    "og:street-address": "address",
    "og:locality": "city",
    "og:region": "state",
    "og:postal-code": "zip",
    "og:country-name": "country",
    "og:latitude": "latitude",
    "og:longitude": "longitude",
    "place:location:latitude": "latitude",
    "place:location:longitude": "longitude",
    "product:price:amount": "asking_price_text",
    "og:price:amount": "asking_price_text",
    "product:price:currency": "currency",
    "og:price:currency": "currency",
    "article:published_time": "posted_text",
    "article:modified_time": "updated_text",
}
_TUPLE_FIELDS = frozenset({"phones", "emails", "image_urls"})
Sources = list[tuple[str, Facts]]

_RAW_FIELDS = frozenset(field.name for field in fields(RawListing))


def read(body: bytes, url: str | None) -> RawReading:
    """Read one listing, a list of listings, or a table of them."""
    if is_json(body):
        return rows.read(body, url, kind_hint="fsbo")
    page = load_html(body)
    base_url = _own_url(page, url) or ""
    structured = [*json_ld_homes(page, base_url)] or microdata_homes(page, base_url)
    if len(structured) > 1 and not _is_one_home(structured):
        found = ((facts, _listing([("schema.org", facts)], page)) for facts in structured)
        homes = [listing for facts, listing in found if facts.get("is_home") or _is_described(listing)]
        return _search(homes) if homes else rejected(_why_nothing(page))
    labelled = labelled_facts(page)
    if not structured and len(labelled) < MIN_LABELS and (cards := _cards(page, base_url)):
        return _search(cards)
    facts = _page_facts(page, base_url, structured[0] if structured else {}, labelled)
    listing = _listing(facts, page)
    if _is_described(listing) or any(found.get("is_home") for found in structured):
        return RawReading(page="listing", listings=(listing,), kind_hint="fsbo")
    return rejected(_why_nothing(page))


def _search(listings: list[RawListing]) -> RawReading:
    return RawReading(page="search", listings=tuple(listings), kind_hint="fsbo")


def _is_one_home(structured: list[Facts]) -> bool:
    """A page may describe its one home twice, as a product and as a residence."""
    return (
        len({facts.get("url") for facts in structured}) == 1
        and len({facts.get("address") for facts in structured}) == 1
    )


def _is_described(listing: RawListing) -> bool:
    """Whether the page tells enough about one home to be its own page: what it is, and where or by whom."""
    home = [listing.asking_price_text, listing.beds_text, listing.baths_text, listing.area_text]
    where = [listing.address_lines, listing.zip, listing.phones, listing.emails, listing.latitude]
    return sum(1 for fact in home if fact) >= 2 and any(where)


def _why_nothing(page: Selector) -> str:
    headline = " ".join(filter(None, [text_of(page, "title"), text_of(page, "h1")]))
    words = headline or (text_of(page, "body") or "")[:500]
    return "The listing is gone." if _GONE.search(words) else "The page describes no home for sale."


# --- one page's facts, source by source -----------------------------------------------------------------------


def _page_facts(page: Selector, base_url: str, structured: Facts, labelled: LabelledFacts) -> Sources:
    return [
        ("schema.org", structured),
        ("meta", _meta_facts(page, base_url)),
        *((f"label: {label}", {field: value}) for field, (value, label) in labelled.items()),
        *((f"words: {words}", {field: value}) for field, (value, words) in facts_by_unit(page).items()),
        ("links", _link_facts(page)),
        ("headline", _headline_facts(page, base_url)),
    ]


def _listing(sources: Sources, page: Selector) -> RawListing:
    merged: Facts = {}
    field_sources: dict[str, str] = {}
    for source, facts in sources:
        for field, value in facts.items():
            if value not in (None, "", ()) and field not in merged:
                merged[field] = value
                field_sources[field] = source
    merged.setdefault("price_period_text", _period_shown_elsewhere(sources, merged.get("asking_price_text")))
    for field in _TUPLE_FIELDS & merged.keys():
        merged[field] = (merged[field],) if isinstance(merged[field], str) else tuple(merged[field])
    address, place = merged.pop("address", None), merged.pop("place", None)
    merged.setdefault("is_owner", True if _says_by_owner(page) else None)
    return RawListing(
        **{field: value for field, value in merged.items() if field in _RAW_FIELDS},
        address_lines=tuple(
            filter(None, (address, place if not (merged.get("city") or merged.get("zip")) else None))
        ),
        field_sources=field_sources,
    )


def _period_shown_elsewhere(sources: Sources, price_text: str | None) -> str | None:
    """Markup holds the bare number of a rent whose period stands in the words beside it: "$2,275 / month"."""
    amount = parse_price(price_text or "").amount
    shown = (parse_price(text) for _, facts in sources if (text := facts.get("asking_price_text")))
    return next((price.period for price in shown if price.period and price.amount == amount), None)


def _meta_facts(page: Selector, base_url: str) -> Facts:
    facts: Facts = {}
    for meta in page.css("meta[property], meta[name]"):
        field = _META_FIELDS.get(meta.attrib.get("property") or meta.attrib.get("name") or "")
        content = meta.attrib.get("content", "").strip()
        if field and content:
            facts.setdefault(field, join_address(base_url, content) if field in {"url", "image_urls"} else content)
    position = attribute_of(page, "meta[name='geo.position'], meta[name='ICBM']", "content") or ""
    numbers = re.split(r"[;,]\s*", position)
    if len(numbers) == 2:
        facts.setdefault("latitude", numbers[0])
        facts.setdefault("longitude", numbers[1])
    if base_url:
        facts["url"] = base_url
    return facts


def _link_facts(page: Selector) -> Facts:
    """What links say by their own scheme."""
    targets = page.css("a[href]::attr(href)").getall()
    return {
        "phones": tuple(dict.fromkeys(target[4:] for target in targets if target.lower().startswith("tel:"))),
        "emails": tuple(
            dict.fromkeys(target[7:].split("?")[0] for target in targets if target.lower().startswith("mailto:"))
        ),
    }


def _headline_facts(page: Selector, base_url: str) -> Facts:
    title = _title(page)
    description = _description(page)
    return {
        "title": title,
        "asking_price_text": _shown_price(page),
        "address": _shown_address(page, title),
        "description": description,
        "external_id": _last_number(base_url),
        "posted_text": attribute_of(
            page, "main time[datetime], article time[datetime], time[datetime]", "datetime"
        ),
        "image_urls": tuple(
            join_address(base_url, source)
            for source in page.xpath(
                "//img[not(ancestor::header|ancestor::nav|ancestor::footer|ancestor::aside)]/@src"
            ).getall()
        ),
        "latitude": attribute_of(page, "[data-lat]", "data-lat")
        or attribute_of(page, "[data-latitude]", "data-latitude"),
        "longitude": attribute_of(page, "[data-lng]", "data-lng")
        or attribute_of(page, "[data-longitude]", "data-longitude")
        or attribute_of(page, "[data-lon]", "data-lon"),
    }


def _title(page: Selector) -> str | None:
    """The headline, or the window's title where the headline only goes on from it (with a price, a place)."""
    headline, window = text_of(page, "main h1, article h1, h1"), text_of(page, "title")
    if headline and window and headline.startswith(window):
        return window
    return headline or window


def _shown_price(page: Selector) -> str | None:
    candidates = page.css("[class*=price], [id*=price], h1, h2, h3, strong, b")[:60]
    texts = (" ".join(found.xpath("string()").get("").split()) for found in candidates)
    return next(
        (text for text in texts if len(text) < 80 and _MONEY.search(text) and parse_price(text).amount), None
    )


def _shown_address(page: Selector, title: str | None) -> str | None:
    candidates = page.css("address, [class*=address], [id*=address], h1, h2")[:30]
    for text in (*(element_text(found.root) or "" for found in candidates), title or ""):
        line = ", ".join(part.strip(" ,") for part in text.split("\n") if part.strip())
        parsed = parse_address(line) if 8 < len(line) < 160 and line[0].isdigit() else None
        if parsed and parsed.number and parsed.suffix and not _SPEAKS_OF_A_HOME.match(line):
            return line
    return None


def _description(page: Selector) -> str | None:
    """The longest passage that calls itself a description, else the longest run of paragraphs."""
    named = page.css("[class*=description], [id*=description], [class*=remarks], [itemprop=description]")
    texts = [element_text(found.root) or "" for found in named[:20]]
    if not any(texts):
        texts = [
            "\n\n".join(filter(None, (element_text(p.root) for p in page.css("main p, article p, body p")[:40])))
        ]
    return max(texts, key=len, default="") or None


def _last_number(url: str) -> str | None:
    """The identifier that ends most listing addresses: the last part of the path that holds a digit."""
    parts = [part for part in address_parts(url).path.split("/") if any(letter.isdigit() for letter in part)]
    return parts[-1].rsplit(".", 1)[0] if parts else None


def _says_by_owner(page: Selector) -> bool:
    words = [
        text_of(page, "title"),
        text_of(page, "h1"),
        attribute_of(page, "meta[property='og:site_name']", "content"),
    ]
    return bool(_BY_OWNER.search(" ".join(filter(None, words))))


def _own_url(page: Selector, url: str | None) -> str | None:
    own = attribute_of(page, "link[rel=canonical]", "href") or attribute_of(
        page, "meta[property='og:url']", "content"
    )
    return join_address(url or "", own) if own else url


# --- lists without structured data ------------------------------------------------------------------------------


def _cards(page: Selector, base_url: str) -> list[RawListing]:
    """The largest group of like elements that each show a price and a link of their own."""
    groups: dict[tuple[str, str], list[Selector]] = {}
    for element in page.css("li, article, tr, div, section")[:5000]:
        if any(is_elsewhere(node) for node in (element.root, *element.root.iterancestors())):
            continue
        words = _spaced_words(element)
        if len(words) < 1500 and len(_MONEY.findall(words)) == 1 and len(_targets(element)) == 1:
            groups.setdefault((element.root.tag, element.attrib.get("class", "")), []).append(element)
    largest = max(groups.values(), key=len, default=[])
    return [_read_card(card, base_url) for card in largest[:MAX_CARDS]] if len(largest) >= MIN_CARDS else []


def _spaced_words(element: Selector) -> str:
    """All words below, kept apart where the tags keep them apart ("$101,000" and "1 bed" in two cells)."""
    return " ".join(" ".join(element.xpath(".//text()").getall()).split())


def _targets(element: Selector) -> set[str]:
    return {
        target
        for target in element.css("a::attr(href)").getall()
        if not target.startswith(("#", "tel:", "mailto:"))
    }


def _read_card(card: Selector, base_url: str) -> RawListing:
    url = join_address(base_url, next(iter(_targets(card))))
    title = next((text for text in _texts(card.css("h2, h3, h4, a")) if text), None)
    wrapped = Selector(text=f"<body>{card.get()}</body>", type="html", huge_tree=False)
    by_unit = {field: value for field, (value, _) in facts_by_unit(wrapped).items()}
    price = _MONEY.search(_spaced_words(card))
    facts = {
        "url": url,
        "external_id": _last_number(url),
        "title": title,
        "asking_price_text": price.group() if price else None,
        "address": _shown_address(wrapped, title),
        **by_unit,
    }
    return _listing([("card", facts)], wrapped)


def _texts(found: Any) -> Iterator[str]:
    return (" ".join(text.split()) for text in found.xpath("string()").getall())
