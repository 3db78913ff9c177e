"""Craigslist: search pages of 2014 to 2026, posting pages of 2021 to 2026, and scraped postings as JSON."""

from __future__ import annotations

import re

from parsel import Selector

from scraping.readers.craigslist.posting import read_posting
from scraping.readers.craigslist.scraped import read_items
from scraping.readers.craigslist.search import read_search
from scraping.readers.page import RawReading, is_json, load_html, load_json, rejected, text_of

_REMOVED = re.compile(
    r"this posting has (?:been (?:deleted|flagged)|expired)|been removed|page not found", re.IGNORECASE
)
_BLOCKED = re.compile(r"this ip has been automatically blocked|request has been blocked", re.IGNORECASE)
_NOT_CRAIGSLIST = "This is neither a Craigslist search nor a posting."


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, a posting, or a JSON array of scraped postings."""
    if is_json(body):
        return read_items(load_json(body))
    page = load_html(body)
    return read_posting(page, url) or read_search(page, url) or _refuse(page)


def _refuse(page: Selector) -> RawReading:
    words = text_of(page, "body") or ""
    if _BLOCKED.search(words):
        return rejected("Craigslist blocked the request.")
    if _REMOVED.search(words):
        return rejected("The posting is gone: deleted, expired or flagged.")
    return rejected(_NOT_CRAIGSLIST)
