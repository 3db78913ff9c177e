"""From a saved page or payload of a known source to listing records: :func:`read_page`, pure and total."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from leads.normalise import normalise
from leads.records import LeadKind
from scraping.readers import (
    classified_rows,
    craigslist,
    facebook,
    fsbo,
    mls_page,
    realtor,
    redfin,
    reso,
    rows,
    tables,
    zillow,
)
from scraping.readers.by_selector import with_selectors
from scraping.readers.page import PageReading, RawReading, UnknownReader, UnreadablePage, check_body

__all__ = ["READERS", "USUAL_KINDS", "PageReading", "UnknownReader", "UnreadablePage", "read_page"]

Reader = Callable[[bytes, str | None], RawReading]

READERS: Mapping[str, Reader] = {
    "classified_rows": classified_rows.read,
    "craigslist": craigslist.read,
    "facebook": facebook.read,
    "fsbo": fsbo.read,
    "mls_page": mls_page.read,
    "realtor": realtor.read,
    "redfin": redfin.read,
    "records": rows.read,
    "reso": reso.read,
    "zillow": zillow.read,
}

READ_TABLES_THEMSELVES = frozenset({"facebook"})
"""Their own answers come as JSON lines, too."""

USUAL_KINDS: Mapping[str, LeadKind] = {"craigslist": "rental_owner", "fsbo": "fsbo"}


def read_page(
    source: str, body: bytes, url: str | None, *, selectors: Mapping[str, str] | None = None
) -> PageReading:
    """Read one page of one source.

    :param source: the slug of the reader, a key of ``READERS``
    :param url: where the page came from, if known; relative links are resolved against it
    :param selectors: field → CSS or XPath, which an operator wrote for the site; they outrank the reader
    :raises UnknownReader: no reader has that slug
    :raises UnreadablePage: the body is empty, binary, too large or broken
    """
    reader = READERS.get(source)
    if reader is None:
        raise UnknownReader(f"No reader is called {source!r}. There are: {', '.join(sorted(READERS))}.")
    check_body(body)
    if source not in READ_TABLES_THEMSELVES and tables.looks_like_table(body[: tables.HEAD_BYTES]):
        reading = rows.read(body, url, kind_hint=USUAL_KINDS.get(source))
    else:
        reading = with_selectors(reader(body, url), selectors or {}, body=body, url=url)
    records = tuple(normalise(listing, kind_hint=reading.kind_hint) for listing in reading.listings)
    return PageReading(page=reading.page, reason=reading.reason, records=records, next_url=reading.next_url)
