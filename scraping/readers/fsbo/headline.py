"""What a page shows without saying what it is: its headline, the money in it, links, pictures, the longest text."""

from __future__ import annotations

import re

from parsel import Selector

from leads.address import parse_address
from leads.normalise.price import parse_price
from leads.normalise.text import element_text
from scraping.readers.page import address_parts, attribute_of, join_address, text_of
from scraping.readers.schema_org import Facts

MONEY = re.compile(r"[$€£]\s?\d[\d,.]*\s*[kKmM]?")
_BY_OWNER = re.compile(
    r"by[\s-]?owner|\bfsbo\b|privately offered|\bpor (?:el |su )?(?:dueñ|propietari)[oa]\b", re.IGNORECASE
)
_SPEAKS_OF_A_HOME = re.compile(
    r"^\d+ .*\b(?:near|by|with|house|home|condo|townhouse|bungalow|cottage|duplex|loft)\b"
)


def link_facts(page: Selector) -> Facts:
    """What links say by their own scheme."""
    targets = page.css("a[href]::attr(href)").getall()
    return {
        "phones": tuple(dict.fromkeys(target[4:] for target in targets if target.lower().startswith("tel:"))),
        "emails": tuple(
            dict.fromkeys(target[7:].split("?")[0] for target in targets if target.lower().startswith("mailto:"))
        ),
    }


def headline_facts(page: Selector, base_url: str) -> Facts:
    """Guesses, for what nothing better says."""
    title = _title(page)
    description = _description(page)
    return {
        "title": title,
        "asking_price_text": _shown_price(page),
        "address": shown_address(page, title),
        "description": description,
        "external_id": last_number(base_url),
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
        (text for text in texts if len(text) < 80 and MONEY.search(text) and parse_price(text).amount), None
    )


def shown_address(page: Selector, title: str | None) -> str | None:
    """The first line in an address's place, or the title, that is a street with a house number."""
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


def last_number(url: str) -> str | None:
    """The identifier that ends most listing addresses: the last part of the path that holds a digit."""
    parts = [part for part in address_parts(url).path.split("/") if any(letter.isdigit() for letter in part)]
    return parts[-1].rsplit(".", 1)[0] if parts else None


def says_by_owner(page: Selector) -> bool:
    """Whether title, headline or the site's name say that the owner sells."""
    words = [
        text_of(page, "title"),
        text_of(page, "h1"),
        attribute_of(page, "meta[property='og:site_name']", "content"),
    ]
    return bool(_BY_OWNER.search(" ".join(filter(None, words))))
