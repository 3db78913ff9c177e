"""Realtor.com: home pages of 2016 to 2026, search pages, and the payloads of its APIs."""

from __future__ import annotations

from scraping.readers.embedded import script_document, without_guard
from scraping.readers.page import RawReading, is_json, load_json, rejected, rejected_page
from scraping.readers.realtor.microdata import read_old_page
from scraping.readers.realtor.payloads import read_answer, read_payload_page
from scraping.readers.structured import read_structured_page

_NOT_REALTOR = "This is neither a Realtor.com search nor the page of a home."


def read(body: bytes, url: str | None) -> RawReading:
    """Read a search page, a home's page, or the JSON that either is made of."""
    if is_json(answer := without_guard(body)):
        return read_answer(load_json(answer)) or rejected("The JSON holds no Realtor.com search and no home.")
    return (
        read_payload_page(body, script_document(body, "__NEXT_DATA__"))
        or read_old_page(body, url)
        or read_structured_page(body, url)
        or rejected_page(body, _NOT_REALTOR)
    )
