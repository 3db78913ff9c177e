"""Bringing the rows of a table in through the door of every crawl, and counting what became of them."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, Final

from leads import services as leads
from leads.ingest import Ingested, Outcome
from leads.models import Source
from leads.normalise import normalise
from leads.records import LeadKind, ListingRecord
from scraping.readers import USUAL_KINDS, guessing
from scraping.readers.mapping import TableMapping, read_row
from scraping.readers.rows import tells_kind
from scraping.readers.tables import Row, Table, open_table

OUTCOMES: Final = tuple(str(outcome) for outcome in Outcome)
NOTHING_SAID: Final = "an empty row"


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
    """Ingest row by row, each in a transaction of its own, and yield the line and what became of it.

    Whoever takes the next one decides how far it goes; the same rows again change nothing.

    :raises UnreadablePage: the file cannot be read beyond a line
    """
    kind_hint = kind_hint_of(source, mapping)
    for line, row in table.rows:
        record = read_record(mapping, row, kind_hint=kind_hint)
        if record is None:
            yield line, Ingested(outcome=Outcome.REJECTED, reason=NOTHING_SAID)
        else:
            yield line, leads.ingest(record=record, source=source)
