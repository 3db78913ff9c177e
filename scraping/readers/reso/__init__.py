"""RESO Web API: OData collections and single records, and the Spark envelope ``D.Results``.

``answers`` knows the envelopes and every way to say no, ``metadata`` a server's description of itself, ``listing``
a Property record, ``statuses`` what its status means. The feed (``scraping.feeds.reso``) reads through the same.
"""

from __future__ import annotations

from scraping.readers.page import RawReading, rejected
from scraping.readers.reso.answers import read_answer
from scraping.readers.reso.listing import is_property, read_row
from scraping.readers.reso.metadata import describe, looks_like_metadata


def read(body: bytes, url: str | None) -> RawReading:
    """Read one answer of a RESO or Spark server: a page of a collection, one record, or an error.

    :raises UnreadablePage: if the body opens like JSON and is none
    """
    if looks_like_metadata(body):
        return rejected(describe(body))
    answer = read_answer(body)
    if answer.problem:
        return rejected(answer.problem)
    listings = tuple(read_row(row) for row in answer.rows if is_property(row, answer.resource))
    if answer.rows and not listings:
        return rejected("The records are no Property records.")
    return RawReading(page="feed", listings=listings, next_url=answer.next_link)
