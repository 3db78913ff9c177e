"""Bringing the rows of a table in through the door of every crawl, and counting what became of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import BinaryIO, Final

from leads import services as leads
from leads.ingest import Ingested, Outcome
from leads.models import Source
from leads.normalise import normalise
from leads.records import LeadKind, ListingRecord
from scraping.drift import FieldWatch
from scraping.readers import USUAL_KINDS, guessing
from scraping.readers.mapping import TableMapping, read_row
from scraping.readers.page import UnreadablePage
from scraping.readers.rows import tells_kind
from scraping.readers.tables import Row, Table, open_table

OUTCOMES: Final = tuple(str(outcome) for outcome in Outcome)
ROWS_AT_ONCE: Final = 50
_SAYS_NOTHING: Final = Ingested(outcome=Outcome.REJECTED, reason="an empty row")


@dataclass(slots=True)
class Tally:
    """What became of the rows so far."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)

    def add(self, ingested: Ingested) -> None:
        """Count one row."""
        self.outcomes[ingested.outcome] += 1
        if ingested.reason:
            self.reasons[ingested.reason] += 1

    @property
    def read_count(self) -> int:
        """How many rows were read."""
        return self.outcomes.total()


def open_file(file: BinaryIO) -> Table:
    """:raises UnreadablePage: the file is no table"""
    return open_table(file, count_known=guessing.count_known)


def read_record(mapping: TableMapping, row: Row, *, kind_hint: LeadKind | None) -> ListingRecord | None:
    """One row as a record; ``None`` where it says nothing that a listing has."""
    raw = read_row(mapping, row)
    return normalise(raw, kind_hint=kind_hint) if raw else None


def kind_hint_of(source: Source, mapping: TableMapping) -> LeadKind | None:
    """What a source's rows usually are, where the mapping does not say it."""
    return None if tells_kind(mapping) else USUAL_KINDS.get(source.reader)


def import_rows(*, source: Source, table: Table, mapping: TableMapping) -> Iterator[tuple[int, Ingested]]:
    """Ingest row by row and yield the line and what became of it; the same rows again change nothing.

    :raises UnreadablePage: the file cannot be read beyond a line
    """
    for batch in import_batches(source=source, table=table, mapping=mapping):
        yield from batch


def import_batches(
    *, source: Source, table: Table, mapping: TableMapping, fields: FieldWatch | None = None
) -> Iterator[list[tuple[int, Ingested]]]:
    """Ingest ``ROWS_AT_ONCE`` rows in a transaction, and yield each line and what became of it.

    :param fields: where each batch's fields are counted once it is in

    Whoever takes the next batch decides how far it goes. Rows before an unreadable line are in.

    :raises UnreadablePage: the file cannot be read beyond a line
    """
    kind_hint = kind_hint_of(source, mapping)
    rows = iter(table.rows)
    while batch := _next_batch(rows):
        read = [(line, read_record(mapping, row, kind_hint=kind_hint)) for line, row in batch.rows]
        records = [record for _, record in read if record]
        ingested = iter(leads.ingest_many(records=records, source=source) if records else [])
        if fields:
            fields.note(records)
        yield [(line, next(ingested) if record else _SAYS_NOTHING) for line, record in read]
        if batch.broken:
            raise batch.broken


@dataclass(slots=True)
class _Batch:
    rows: list[tuple[int, Row]] = field(default_factory=list)
    broken: UnreadablePage | None = None

    def __bool__(self) -> bool:
        return bool(self.rows or self.broken)


def _next_batch(rows: Iterator[tuple[int, Row]]) -> _Batch:
    batch = _Batch()
    try:
        for row in islice(rows, ROWS_AT_ONCE):
            batch.rows.append(row)
    except UnreadablePage as error:
        batch.broken = error
    return batch
