"""Tables of listings: CSV, JSON and JSON lines, with whatever names their columns happen to have.

A 0 in a table means "unknown" for beds, baths and area: exports write it where a form was left empty.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Final

from leads.records import LeadKind, RawListing
from scraping.readers import guessing
from scraping.readers.mapping import TableMapping, read_row
from scraping.readers.page import RawReading, UnreadablePage, rejected
from scraping.readers.tables import Table, open_table

MAX_ROWS: Final = 100_000
NOTHING_KNOWN: Final = "No column or key of the file is one that a listing has."


def read(
    body: bytes,
    url: str | None = None,
    *,
    kind_hint: LeadKind | None = None,
    mapping: TableMapping | None = None,
) -> RawReading:
    """Read every row that holds anything.

    :param mapping: what the columns mean; guessed where it is not given
    :raises UnreadablePage: if the body is neither a table, JSON nor JSON lines, or has more than ``MAX_ROWS`` rows
    """
    table = open_table(io.BytesIO(body), count_known=guessing.count_known)
    mapping = mapping or guessing.guess(table.columns, table.sample)
    listings = tuple(_listings(table, mapping)) if mapping.columns else ()
    if not listings:
        return rejected(NOTHING_KNOWN)
    return RawReading(page="feed", listings=listings, kind_hint=None if tells_kind(mapping) else kind_hint)


def _listings(table: Table, mapping: TableMapping) -> Iterator[RawListing]:
    for index, (_, row) in enumerate(table.rows):
        if index >= MAX_ROWS:
            raise UnreadablePage(f"The file has more than {MAX_ROWS} rows.")
        listing = read_row(mapping, row)
        if listing:
            yield listing


def tells_kind(mapping: TableMapping) -> bool:
    """Whether the table itself says what its rows are: sales, or homes under a status."""
    return mapping.kind is not None or any(rule.field == "status" for rule in mapping.rules)
