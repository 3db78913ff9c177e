"""Lists of homes without structured data: like elements that each show a price and a link of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from parsel import Selector

from leads.records import RawListing
from scraping.readers.fsbo.headline import MONEY, last_number, shown_address
from scraping.readers.fsbo.merging import merged_listing
from scraping.readers.labels import facts_by_unit, is_elsewhere
from scraping.readers.page import join_address

MIN_CARDS: Final = 3
MAX_CARDS: Final = 500


def card_listings(page: Selector, base_url: str) -> list[RawListing]:
    """The largest group of like elements that each show a price and a link of their own."""
    groups: dict[tuple[str, str], list[Selector]] = {}
    for element in page.css("li, article, tr, div, section")[:5000]:
        if any(is_elsewhere(node) for node in (element.root, *element.root.iterancestors())):
            continue
        words = _spaced_words(element)
        if len(words) < 1500 and len(MONEY.findall(words)) == 1 and len(_targets(element)) == 1:
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
    price = MONEY.search(_spaced_words(card))
    facts = {
        "url": url,
        "external_id": last_number(url),
        "title": title,
        "asking_price_text": price.group() if price else None,
        "address": shown_address(wrapped, title),
        **by_unit,
    }
    return merged_listing([("card", facts)], wrapped)


def _texts(found: Any) -> Iterator[str]:
    return (" ".join(text.split()) for text in found.xpath("string()").getall())
