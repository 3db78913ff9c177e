"""Facebook Marketplace: search and item pages by their embedded payloads, answers of its API, and scraped items.

Only homes pass: an item of any other category is read and marked as rejected. What the page recommends beside
an item belongs to other sellers and is never read. Class names are hashed and change daily, so markup is ignored.
"""

from __future__ import annotations

from collections.abc import Sequence

from parsel import Selector

from leads.records import RawListing
from scraping.readers import rows, tables
from scraping.readers.facebook.exported import read_exported
from scraping.readers.facebook.item import read_item
from scraping.readers.facebook.payloads import (
    Item,
    exported_items,
    has_search,
    own_item,
    search_items,
    streamed_documents,
)
from scraping.readers.page import PageKind, RawReading, is_json, load_html, reading_of, rejected, script_json


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, an item page, an answer of the API, or an array of scraped items."""
    documents = streamed_documents(body)
    if documents:
        return _read_documents(documents)
    if is_json(body) or tables.looks_like_table(body[: tables.HEAD_BYTES]):
        return rows.read(body, url)
    page = load_html(body)
    embedded = list(script_json(page, "script[type='application/json']"))
    if item := own_item(embedded):
        return _reading([read_item(item)], page="listing")
    found = list(search_items(embedded))
    if found or has_search(embedded):
        return _reading([read_item(item) for item in found], page="search")
    return rejected(_why_nothing(page))


def _read_documents(documents: Sequence[object]) -> RawReading:
    if item := own_item(documents):
        return _reading([read_item(item)], page="listing")
    found: list[Item] = list(search_items(documents))
    if found or has_search(documents):
        return _reading([read_item(item) for item in found], page="search")
    return _reading([read_exported(item) for item in exported_items(documents)], page="search")


def _reading(listings: list[RawListing], *, page: PageKind) -> RawReading:
    if not listings and page != "search":
        return rejected("The payload holds no Marketplace item.")
    return reading_of(listings, page=page)


def _why_nothing(page: Selector) -> str:
    if page.css("form#login_form, input[name='email'] ~ input[name='pass'], #loginform"):
        return "Facebook shows its log-in page instead of the item."
    return "This is neither a Marketplace search nor an item."
