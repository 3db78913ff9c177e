"""Zillow: search pages of 2020 to 2026, pages of homes and buildings, and the payloads of its APIs."""

from __future__ import annotations

from scraping.readers.embedded import script_document, without_guard
from scraping.readers.page import RawReading, is_json, load_json, rejected, rejected_page
from scraping.readers.structured import read_structured_page
from scraping.readers.zillow.cards import read_cards
from scraping.readers.zillow.detail import read_home_answer, read_home_page
from scraping.readers.zillow.search import read_items, read_search_page, read_search_state

_NOT_ZILLOW = "This is neither a Zillow search nor the page of a home."


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, a home's page, or the JSON that either is made of."""
    if is_json(answer := without_guard(body)):
        document = load_json(answer)
        reading = read_search_state(document) or read_home_answer(document) or read_items(document)
        return reading or rejected("The JSON holds no Zillow search and no home.")
    next_data = script_document(body, "__NEXT_DATA__")
    return (
        read_search_page(body, next_data)
        or read_home_page(body, next_data)
        or read_cards(body)
        or read_structured_page(body, url)
        or rejected_page(body, _NOT_ZILLOW)
    )
