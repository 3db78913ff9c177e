"""From an address to stored records: ask, bring the rows back to the standard, normalise, ingest, count."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Final, TypeVar

from django.db import DataError, IntegrityError, reset_queries

from leads import services as leads
from leads.normalise import normalise
from leads.records import ListingRecord
from scraping.feeds.errors import FeedStopped
from scraping.feeds.reso.client import FeedClient
from scraping.feeds.reso.query import KEYS_PER_REQUEST, Query
from scraping.feeds.reso.statuses import StatusTable
from scraping.feeds.reso.walk import Change
from scraping.journal import RunJournal
from scraping.readers.page import UnreadablePage, text_or_none
from scraping.readers.reso.answers import Answer, Row, read_answer
from scraping.readers.reso.listing import is_property, key_of, read_row

Item = TypeVar("Item")

RECORDS_AT_ONCE: Final = 50
UNKNOWN_STATUS: Final = "its status waits for a rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """What a run does with one server's records."""

    client: FeedClient
    query: Query
    statuses: StatusTable
    journal: RunJournal
    not_kept: set[str] = field(default_factory=set)
    """Keys that this run read and did not keep: a record that is refused or waits is not read twice."""

    def ask(self, url: str) -> Answer:
        """One page, its rows as the server wrote them.

        :raises FeedStopped: the server refused, in its own words, or sent nothing that can be read
        """
        reset_queries()  # under DEBUG Django keeps the last 9,000 statements, and ours hold pages of records
        return ask(self.client, url)

    def standard(self, rows: Iterable[Row]) -> list[Row]:
        """Rows in standard names and values; what is no Property record is left out."""
        told = (self.query.names.standard(row) for row in rows)
        return [row for row in told if is_property(row)]

    def change_of(self, row: Row) -> Change | None:
        """When a standard row changed; None where it does not say."""
        literal = text_or_none(row.get("ModificationTimestamp")) or ""
        key = self.key_of(row)
        try:
            at = datetime.fromisoformat(literal)
        except ValueError:
            return None
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return Change(key=key, at=at, literal=literal if literal[-1:] == "Z" else f"{literal}Z") if key else None

    def key_of(self, row: Row) -> str:
        """What the server calls the listing, as it stands in its filters."""
        return key_of(row) or ""

    def store(self, rows: Iterable[Row]) -> None:
        """Take standard rows through normalising and ingest, some at a time."""
        records = (normalise(read_row(row, self.statuses.meaning_of)) for row in rows)
        for some in in_batches((record for record in records if not self._waits(record)), RECORDS_AT_ONCE):
            self.journal.fields.note(some)
            self._ingest(some, is_held=self.journal.is_holding())

    def _waits(self, record: ListingRecord) -> bool:
        waits = self.statuses.must_wait(record)
        if waits:
            leads.end_offer(source=self.journal.run.source, external_id=record.external_id or "")
            self._refuse(record, UNKNOWN_STATUS)
        return waits

    def _ingest(self, records: Sequence[ListingRecord], *, is_held: bool) -> None:
        """All together; one by one where the database refuses one of them, so that it spoils no other."""
        run = self.journal.run
        try:
            results = leads.ingest_many(records=records, source=run.source, crawl_run_id=run.pk, is_held=is_held)
        except (DataError, IntegrityError) as error:
            if len(records) == 1:
                self._refuse(records[0], f"it could not be stored: {type(error).__name__}")
                return
            for record in records:
                self._ingest([record], is_held=is_held)
            return
        for record, result in zip(records, results, strict=True):
            self.journal.count(result)
            if result.reason:
                self.not_kept.add(record.external_id or "")

    def _refuse(self, record: ListingRecord, reason: str) -> None:
        self.journal.note_rejected(reason)
        self.not_kept.add(record.external_id or "")

    def fetch(self, keys: Sequence[str]) -> set[str]:
        """Read and store the records of these keys; return those that the server no longer has."""
        lost = set(keys)
        for some in in_batches(keys, KEYS_PER_REQUEST):
            rows = self.standard(self.ask(self.query.by_keys(some)).rows)
            self.store(rows)
            lost -= {self.key_of(row) for row in rows}
        return lost


def ask(client: FeedClient, url: str) -> Answer:
    """One answer with records.

    :raises FeedStopped: the server refused, in its own words, or sent nothing that can be read
    """
    body = client.get(url)
    try:
        answer = read_answer(body)
    except UnreadablePage as error:
        raise FeedStopped(f"An answer could not be read. {error}") from error
    if answer.problem:
        raise FeedStopped(answer.problem)
    return answer


def in_batches(items: Iterable[Item], size: int) -> Iterator[tuple[Item, ...]]:
    """``items`` in tuples of at most ``size``."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch
