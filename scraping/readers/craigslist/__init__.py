"""Craigslist: search and posting pages of 2014 to 2026, compressed answers, and scraped postings."""

from __future__ import annotations

import re

from parsel import Selector

from scraping.readers.craigslist.compressed import is_compressed, read_compressed
from scraping.readers.craigslist.posting import read_posting
from scraping.readers.craigslist.scraped import read_items
from scraping.readers.craigslist.search import read_search
from scraping.readers.page import RawReading, is_json, load_html, load_json, rejected, text_of

_REMOVED = re.compile(
    r"this posting has (?:been (?:deleted|flagged)|expired)|been removed|page not found|no longer available",
    re.IGNORECASE,
)
_BLOCKED = re.compile(
    r"\bip (?:address )?has been (?:automatically )?blocked|request has been blocked|human verification"
    r"|verify (?:that )?you are (?:a )?human|access denied|unusual traffic|captcha",
    re.IGNORECASE,
)
_NOT_CRAIGSLIST = "This is neither a Craigslist search nor a posting."


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, a posting, a compressed search, or a JSON array of scraped postings."""
    if is_json(body):
        document = load_json(body)
        return read_compressed(document) if is_compressed(document) else read_items(document)
    page = load_html(body)
    return read_search(page, url) or read_posting(page, url) or _refuse(page)


def _refuse(page: Selector) -> RawReading:
    words = text_of(page, "html") or ""
    if _BLOCKED.search(words):
        return rejected("Craigslist blocked the request.")
    if _REMOVED.search(words):
        return rejected("The posting is gone: deleted, expired or flagged.")
    return rejected(_NOT_CRAIGSLIST)
