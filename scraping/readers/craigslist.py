"""Craigslist: search pages of 2014 to 2026, posting pages of 2021 to 2026, and scraped postings as JSON.

Search rows carry no seller; a posting hides phones in its text, which normalising finds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urljoin, urlsplit

from parsel import Selector

from leads.address import parse_address
from leads.normalise.text import element_text, html_to_text
from leads.records import LeadKind, RawListing
from scraping.readers.page import (
    RawReading,
    as_dict,
    as_list,
    attribute_of,
    is_json,
    load_html,
    load_json,
    rejected,
    script_json,
    text_of,
    text_or_none,
)

DEFAULT_HOST = "https://www.craigslist.org"

_RENTALS = frozenset(["abo", "aap", "abx", "apa", "fee", "hou", "nfa", "nfb", "roo", "sub", "swp", "vac"])
_SALES = frozenset({"rea", "reb", "reo"})
_WANTED_TO_RENT = frozenset({"haw", "hsw", "rew_rent", "sbw", "rmw"})
_HOUSING = _RENTALS | _SALES | _WANTED_TO_RENT | {"hhh", "rew"}
_BY_OWNER = frozenset({"abo", "reo"})
_BY_BROKER = frozenset({"fee", "nfb", "reb"})
_POST_ID = re.compile(r"/(?P<number>\d{8,12})\.html|/view/d/[^/]+/(?P<token>[\w-]{20,24})(?:[/?#]|$)")
_CATEGORY_IN_PATH = re.compile(r"/([a-z]{3})/(?:d/|\d{8,12}\.html)|/search/(?:[a-z]{3}/)?([a-z]{3})\b")
_SETTING = r"['\"]?{}['\"]?\s*:\s*['\"]?([\w-]+)"
_REMOVED = re.compile(
    r"this posting has (?:been (?:deleted|flagged)|expired)|been removed|page not found", re.IGNORECASE
)
_BLOCKED = re.compile(r"this ip has been automatically blocked|request has been blocked", re.IGNORECASE)
_POSTING_WORDS = "#postingbody, #titletextonly"
_NOT_CRAIGSLIST = "This is neither a Craigslist search nor a posting."


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, a posting, or a JSON array of scraped postings."""
    if is_json(body):
        return _read_items(load_json(body))
    page = load_html(body)
    if page.css(_POSTING_WORDS):
        return RawReading(page="listing", listings=(_read_posting(page, url),), kind_hint="rental_owner")
    for css, read_row in _ROW_LAYOUTS:
        if rows := page.css(css):
            base = _base_url(page, url)
            facts = _facts_by_position(page)
            listings = (read_row(row, base, facts.get(index, {})) for index, row in enumerate(rows))
            return RawReading(page="search", listings=tuple(listings), kind_hint="rental_owner")
    return _read_without_rows(page)


def _read_without_rows(page: Selector) -> RawReading:
    if page.css("ol.cl-static-search-results, #search-results, #ld_searchpage_results, .cl-search-results"):
        return RawReading(page="search")
    words = text_of(page, "body") or ""
    if _BLOCKED.search(words):
        return rejected("Craigslist blocked the request.")
    if _REMOVED.search(words):
        return rejected("The posting is gone: deleted, expired or flagged.")
    return rejected(_NOT_CRAIGSLIST)


# --- search pages --------------------------------------------------------------------------------------------


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
        address_lines=_lines(text_or_none(address.get("streetAddress"))),
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
        neighborhood=_without_brackets(text_of(row, ".result-hood")),
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
        neighborhood=_without_brackets(text_of(row, "span.pnr small")),
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
    url = urljoin(base, href) if href else None
    category = _category_of(url) or _category_of(base)
    return RawListing(
        external_id=external_id or _post_id(url),
        url=url,
        title=title,
        asking_price_text=price,
        beds_text=beds,
        baths_text=baths,
        area_text=area,
        posted_text=posted,
        **facts,
        **_category_facts(category),
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


# --- postings ------------------------------------------------------------------------------------------------


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
    category = _category_of(own_url) or _setting(page, "categoryAbbr") or _breadcrumb_category(page)
    latitude, longitude = _posting_point(page, data)
    category_facts = _category_facts(category)
    return RawListing(
        external_id=_posting_id(page, own_url),
        url=own_url,
        title=text_of(page, "#titletextonly"),
        asking_price_text=text_of(title_line, ".price"),
        currency=_currency(as_dict(data.get("address")).get("addressCountry")),
        beds_text=_rooms(facts_line, "br") or housing or text_or_none(data.get("numberOfBedrooms")),
        baths_text=_rooms(facts_line, "ba") or text_or_none(data.get("numberOfBathroomsTotal")),
        area_text=housing or facts_line,
        neighborhood=_posting_neighborhood(title_line),
        latitude=latitude,
        longitude=longitude,
        posted_text=_posting_time(page, "posted"),
        updated_text=_posting_time(page, "updated"),
        property_type=_housing_type(attributes) or text_or_none(data.get("@type")),
        description=_posting_text(page),
        image_urls=tuple(page.css("#thumbs a::attr(href), .gallery img::attr(src)").getall()),
        repost_of=_setting(page, "repost_of"),
        **_posting_address(page, data),
        **{
            **category_facts,
            "price_period_text": dict(attributes).get("rent period") or category_facts["price_period_text"],
            "is_owner": _listed_by_owner(dict(attributes))
            if category_facts["is_owner"] is None
            else category_facts["is_owner"],
        },
    )


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
        "address_lines": _lines(street),
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
    return _without_brackets(found)


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
    return _setting(page, "pID") or _post_id(url)


def _setting(page: Selector, name: str) -> str | None:
    """A value out of the call ``window.cl.init(…)``, whose argument is JavaScript, not JSON."""
    pattern = re.compile(_SETTING.format(re.escape(name)))
    for script in page.xpath("//script[contains(., 'cl.init')]/text()").getall():
        if found := pattern.search(script):
            return found.group(1)
    return None


def _breadcrumb_category(page: Selector) -> str | None:
    links = page.css(".breadcrumbs .category a::attr(href), .breadcrumbs a[href*='/search/']::attr(href)").getall()
    return next((category for category in map(_category_of, reversed(links)) if category), None)


def _housing_type(attributes: list[tuple[str, str]]) -> str | None:
    names = {
        "apartment",
        "condo",
        "cottage/cabin",
        "duplex",
        "flat",
        "house",
        "in-law",
        "loft",
        "townhouse",
        "manufactured",
        "land",
    }
    return next(
        (value for label, value in attributes if value.lower() in names and label in {"", "housing type"}), None
    )


def _listed_by_owner(attributes: Mapping[str, str]) -> bool | None:
    by = (attributes.get("listed by") or attributes.get("purveyor") or "").lower()
    if not by:
        return None
    return "owner" in by


# --- scraped postings as JSON ----------------------------------------------------------------------------------


def _read_items(document: Any) -> RawReading:
    items = [as_dict(item) for item in (as_list(document) or [document])]
    if not any(item.get("title") and (item.get("post") or item.get("url")) for item in items):
        return rejected("The JSON holds no Craigslist posting.")
    listings = tuple(_read_item(item) for item in items)
    return RawReading(
        page="listing" if len(listings) == 1 else "search", listings=listings, kind_hint="rental_owner"
    )


def _read_item(item: Mapping[str, Any]) -> RawListing:
    url = text_or_none(item.get("url"))
    address = as_dict(item.get("address"))
    street = text_or_none(address.get("street"))
    city = text_or_none(address.get("city"))
    if street is None and city is not None and parse_address(city).suffix:
        street, city = city, None  # the scraper files a street without number as the city
    category = _category_of(url) or _category_named(text_or_none(item.get("category")))
    facts = _category_facts(category)
    facts["price_period_text"] = text_or_none(item.get("rentPeriod")) or facts["price_period_text"]
    types = [("", value) for value in as_list(item.get("amenities")) if isinstance(value, str)]
    return RawListing(
        external_id=text_or_none(item.get("id")) or _post_id(url),
        url=url,
        title=text_or_none(item.get("title")),
        asking_price_text=text_or_none(item.get("price")),
        currency=_currency(address.get("country")),
        beds_text=text_or_none(item.get("bedrooms")),
        baths_text=text_or_none(item.get("bathrooms")),
        area_text=text_or_none(item.get("space")),
        address_lines=_lines(street),
        city=city,
        state=text_or_none(address.get("region")),
        zip=text_or_none(address.get("postalCode")),
        country=text_or_none(address.get("country")),
        neighborhood=text_or_none(item.get("location")),
        latitude=text_or_none(item.get("latitude")),
        longitude=text_or_none(item.get("longitude")),
        posted_text=text_or_none(item.get("datetime")),
        property_type=_housing_type(types),
        description=html_to_text(text_or_none(item.get("post"))),
        image_urls=tuple(image for image in as_list(item.get("pics")) if isinstance(image, str)),
        **facts,
    )


# --- what all of them share -----------------------------------------------------------------------------------


def _category_facts(category: str | None) -> dict[str, Any]:
    """What the section of the site says about every posting in it."""
    kind: LeadKind | None = "rental_owner" if category in _RENTALS else "fsbo" if category in _SALES else None
    return {
        "category": category,
        "kind": "buyer_enquiry" if category == "rew" else kind,
        "is_owner": True if category in _BY_OWNER else False if category in _BY_BROKER else None,
        "price_period_text": "monthly" if category in _RENTALS else "once" if category in _SALES else None,
        "rejected": _category_refusal(category),
    }


def _category_refusal(category: str | None) -> str | None:
    if category in _WANTED_TO_RENT:
        return "Somebody looks for a home to rent; nobody offers one."
    if category is not None and category not in _HOUSING:
        return f"Not housing: the section is {category!r}."
    return None


def _category_of(url: str | None) -> str | None:
    if not url:
        return None
    parts = urlsplit(url)
    found = _CATEGORY_IN_PATH.search(parts.path)
    if found:
        return found.group(1) or found.group(2)
    return next(iter(parse_qs(parts.query).get("cat", [])), None)


def _category_named(name: str | None) -> str | None:
    words = (name or "").lower()
    if "by owner" in words:
        return "reo"
    if "real estate" in words:
        return "rea"
    return "apa" if "for rent" in words or "apartment" in words else None


def _post_id(url: str | None) -> str | None:
    found = _POST_ID.search(url or "")
    return (found.group("number") or found.group("token")) if found else None


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
    absolute = (urljoin("https:", candidate) for candidate in candidates if candidate)
    return next((candidate for candidate in absolute if _is_city(candidate)), DEFAULT_HOST)


def _is_city(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    return host.endswith(".craigslist.org") and host.split(".")[0] not in {
        "www",
        "post",
        "accounts",
        "forums",
        "images",
        "blog",
    }


def _currency(country: Any) -> str | None:
    return {"US": "USD", "CA": "CAD", "GB": "GBP"}.get(country) if isinstance(country, str) else None


def _lines(line: str | None) -> tuple[str, ...]:
    return (line,) if line else ()


def _without_brackets(text: str | None) -> str | None:
    """ "(Everett)" is "Everett"; only the outer pair goes."""
    line = " ".join((text or "").split())
    return (line.removeprefix("(").removesuffix(")").strip() if line.startswith("(") else line) or None
