"""For-sale-by-owner sites, whatever their markup: standards first, labelled words last.

A field comes from the first of these that holds it, and the record says from which: schema.org as JSON-LD,
microdata or RDFa, OpenGraph and meta tags, the JSON of the page's own scripts, words with a label ("Bedrooms: 3"),
words with a unit ("3 beds"), the page's own links and headline. No rule here knows a particular site;
``leads.confidence`` says how sure each is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from parsel import Selector

from leads.records import RawListing
from scraping.readers import rows
from scraping.readers.fsbo.cards import card_listings
from scraping.readers.fsbo.headline import headline_facts, link_facts
from scraping.readers.fsbo.merging import is_described, merged_listing
from scraping.readers.fsbo.meta import meta_facts, own_url
from scraping.readers.fsbo.scripts import script_facts
from scraping.readers.labels import LabelledFacts, empty_labels, facts_by_unit, labelled_facts
from scraping.readers.not_a_home import refusal_of
from scraping.readers.page import RawReading, is_json, load_html, reading_of, rejected, text_of
from scraping.readers.schema_org import Facts, described_homes, lost_in_markup

MIN_LABELS: Final = 2

_GONE = re.compile(
    r"no longer (?:available|listed|exists)|has been (?:sold|removed|deleted)|listing (?:has )?expired"
    r"|not found|\b404\b|\b410\b|is gone",
    re.IGNORECASE,
)


def read(body: bytes, url: str | None) -> RawReading:
    """Read one listing, a list of listings, or a table of them."""
    if is_json(body):
        return rows.read(body, url, kind_hint="fsbo")
    page = load_html(body)
    base_url = own_url(page, url) or ""
    described = described_homes(page, base_url)
    for syntax, homes in described.items():
        if len(homes) > 1 and not _is_one_home(homes):
            return _read_list(syntax, homes, page)
    labelled = labelled_facts(page)
    if not described and len(labelled) < MIN_LABELS and (cards := card_listings(page, base_url)):
        return reading_of(cards, page="search", kind_hint="fsbo")
    return _read_home(page, base_url, described, labelled)


def _read_list(syntax: str, homes: list[Facts], page: Selector) -> RawReading:
    found = ((facts, merged_listing([(syntax, facts)], page)) for facts in homes)
    listings = [listing for facts, listing in found if facts.get("is_home") or is_described(listing)]
    return reading_of(listings, page="search", kind_hint="fsbo") if listings else rejected(_why_nothing(page))


def _read_home(
    page: Selector, base_url: str, described: dict[str, list[Facts]], labelled: LabelledFacts
) -> RawReading:
    sources = [*_page_facts(page, base_url, described, labelled)]
    first = next((homes[0] for homes in described.values()), {})
    listing = merged_listing(sources, page, lost=empty_labels(page) | lost_in_markup(first))
    is_home = any(facts.get("is_home") for homes in described.values() for facts in homes)
    if not is_home and not is_described(listing):
        return rejected(_why_nothing(page))
    return reading_of([_judged(listing)], page="listing", kind_hint="fsbo")


def _judged(listing: RawListing) -> RawListing:
    refusal = refusal_of(listing.title, has_rooms=bool(listing.beds_text or listing.area_text))
    return replace(listing, rejected=refusal) if refusal else listing


def _is_one_home(structured: list[Facts]) -> bool:
    """A page may describe its one home twice, as a product and as a residence."""
    return (
        len({facts.get("url") for facts in structured}) == 1
        and len({facts.get("address") for facts in structured}) == 1
    )


def _why_nothing(page: Selector) -> str:
    headline = " ".join(filter(None, [text_of(page, "title"), text_of(page, "h1")]))
    words = headline or (text_of(page, "body") or "")[:500]
    return "The listing is gone." if _GONE.search(words) else "The page describes no home for sale."


def _page_facts(
    page: Selector, base_url: str, described: dict[str, list[Facts]], labelled: LabelledFacts
) -> Iterator[tuple[str, Facts]]:
    """The page's facts, source by source, the surest first."""
    shown = [*((syntax, homes[0]) for syntax, homes in described.items()), ("meta", meta_facts(page, base_url))]
    yield from shown
    prices = [facts.get("asking_price_text") for _, facts in shown]
    price = next(filter(None, [*prices, *labelled.get("asking_price_text", ())[:1]]), None)
    yield "script", script_facts(page, base_url, shown_price=price)
    yield from ((f"label: {label}", {field: value}) for field, (value, label) in labelled.items())
    yield from ((f"words: {words}", {field: value}) for field, (value, words) in facts_by_unit(page).items())
    yield "links", link_facts(page)
    yield "headline", headline_facts(page, base_url)
