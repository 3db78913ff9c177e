"""A feed followed in one run: what changed, by event or by time, and from time to time every key.

Each page's records are stored before the state that says so (``FeedState``): a run that is killed is gone on with
where its last page was stored. Nothing is taken away here: the run's ending says what was met and what vanished,
and ``scraping.services.finish_run`` decides, as for every crawl.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event, Thread
from time import monotonic
from types import FrameType
from typing import Final
from urllib.parse import urljoin, urlsplit

from django.conf import settings
from django.db import connection

from aiqleads.core import clock
from scraping import selectors
from scraping.feeds.errors import AnswerRefused, FeedStopped
from scraping.feeds.reso import passes, spark
from scraping.feeds.reso.client import FeedClient, Manners
from scraping.feeds.reso.credentials import LOOPBACK_HOSTS, ClientCredentials, Credentials, StaticToken
from scraping.feeds.reso.query import Query, address, literal_of, names_of
from scraping.feeds.reso.records import Records, ask
from scraping.feeds.reso.statuses import StatusTable
from scraping.journal import REACHED_THE_END, Ending, RunJournal
from scraping.models import CrawlRun, FeedAccess, FeedState
from scraping.readers.reso.answers import Row, problem_of
from scraping.readers.reso.metadata import (
    Schema,
    UnreadableMetadata,
    looks_like_metadata,
    lookup_values,
    read_metadata,
)

BEAT_SECONDS: Final = 3.0
BEGINNING: Final = "1900-01-01T00:00:00Z"
LOOKUPS_READ: Final = (
    "StandardStatus", "MlsStatus", "PropertyType", "PropertySubType", "City", "StateOrProvince", "Country",
    "StreetSuffix", "StreetDirPrefix", "StreetDirSuffix", "LivingAreaUnits", "BuildingAreaUnits",
)  # fmt: skip


def follow(run: CrawlRun) -> Ending:
    """Follow ``run``'s source until nothing more is new, and return how that ended."""
    journal = RunJournal(run, selectors.plan_of(run))
    stopping = Event()
    try:
        with _stopped_by_signals(stopping), _beating(journal, stopping), _client(run, journal, stopping) as client:
            return _Replication(run, journal, client).run()
    except FeedStopped as reason:
        return Ending(reason=str(reason).rstrip("."), is_complete=False, unread_urls=frozenset(), is_feed=True)
    finally:
        journal.close()


@contextmanager
def _stopped_by_signals(stopping: Event) -> Iterator[None]:
    """SIGTERM and Ctrl-C end the run after the page at hand, in order."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _beating(journal: RunJournal, stopping: Event) -> Iterator[None]:
    """Write the journal by the clock, from a thread of its own; a run that was taken over stops."""
    over = Event()

    def beat() -> None:
        while not over.wait(BEAT_SECONDS):
            journal.write_or_wait()
            if journal.is_taken_over:
                stopping.set()
        connection.close()

    thread = Thread(target=beat, name="feed heartbeat", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _client(run: CrawlRun, journal: RunJournal, stopping: Event) -> Iterator[FeedClient]:
    def wait(seconds: float) -> None:
        if stopping.wait(seconds):
            raise FeedStopped("It was told to stop.")

    base_url = run.source.base_url.rstrip("/")
    is_near = urlsplit(base_url).hostname in LOOPBACK_HOSTS
    manners = Manners(
        user_agent=f"AIQLeads/1.0 (+mailto:{settings.CRAWLER_CONTACT_EMAIL})",
        delay_seconds=0.0 if is_near else float(run.source.delay_seconds),
        wait=wait,
    )
    client = FeedClient(base_url=base_url, manners=manners, journal=journal)
    try:
        yield client
    finally:
        client.close()


class _Replication:
    """One run's way through its feed."""

    def __init__(self, run: CrawlRun, journal: RunJournal, client: FeedClient) -> None:
        self._journal = journal
        self._client = client
        self._source = run.source
        self._access = FeedAccess.objects.filter(pk=run.source_id).first() or FeedAccess(source=run.source)
        self._state, _ = FeedState.objects.get_or_create(source=run.source)
        self._statuses = StatusTable(run.source)

    def run(self) -> Ending:
        """Read what there is to read; whatever stops it is the ending's reason."""
        try:
            is_complete = self._follow()
        except FeedStopped as reason:
            return self._ending(str(reason).rstrip("."), is_complete=False)
        finally:
            self._statuses.tell()
        return self._ending(REACHED_THE_END, is_complete=is_complete)

    def _ending(self, reason: str, *, is_complete: bool) -> Ending:
        self._journal.note_end(reason)
        vanished_ids = frozenset(self._state.vanished_ids)
        return replace(self._journal.ending, is_complete=is_complete, is_feed=True, vanished_ids=vanished_ids)

    def _follow(self) -> bool:
        """Every pass that is due; return whether every key was compared."""
        self._client.read_robots()
        self._client.credentials = self._credentials()
        if self._statuses.settle():
            self._keep(reconciled_at=None)
        try:
            schema = self._schema()
        except FeedStopped:
            if not spark.may_speak(self._client.base_url):
                raise
            return self._follow_spark()
        records = self._records(schema)
        self._catch_up(records, has_events=schema.resource(passes.EVENTS) is not None)
        return self._is_reconcile_due() and passes.compare_every_key(records)

    def _follow_spark(self) -> bool:
        """The same without a description; what a pass met counts only when it has ended, for it goes by keys."""
        access, began_at = self._access, clock.now()
        query = spark.query_of(
            root=self._client.base_url, page_size=access.page_size, licence_filter=access.licence_filter
        )
        records = Records(client=self._client, query=query, statuses=self._statuses, journal=self._journal)
        newest = spark.follow_changes(records, until=self._state.modified_until)
        if newest:
            self._note_change(min(newest, began_at))
        self._keep(is_loaded=True)
        return self._is_reconcile_due() and passes.compare_every_key(records, spark.pages_of_keys(records))

    def _credentials(self) -> Credentials:
        access = self._access
        if not access.token_url:
            return StaticToken(self._source.access_token or "")
        return ClientCredentials(
            token_url=access.token_url,
            client_id=access.client_id,
            client_secret=access.client_secret or "",
            scope=access.scope,
            post=self._client.post_form,
            now=monotonic,
        )

    def _schema(self) -> Schema:
        body = self._client.get(
            f"{self._client.base_url}/$metadata", accept="application/xml, application/json;q=0.9"
        )
        if not looks_like_metadata(body):
            raise FeedStopped(f"There is no $metadata where it should be. {problem_of(body)}")
        try:
            return read_metadata(body)
        except UnreadableMetadata as error:
            raise FeedStopped(str(error)) from error

    def _records(self, schema: Schema) -> Records:
        query = Query(
            root=self._client.base_url,
            names=names_of(schema, {**self._lookups(schema), **schema.lookups}),
            page_size=self._access.page_size,
            licence_filter=self._access.licence_filter,
            has_pictures=self._access.has_pictures,
        )
        return Records(client=self._client, query=query, statuses=self._statuses, journal=self._journal)

    def _lookups(self, schema: Schema) -> dict[str, dict[str, str]]:
        """The Lookup resource's values, where fields are strings and the server explains them there.

        A server that describes the resource and does not hand it out is read by the words as they stand.
        """
        if schema.resource("Lookup") is None:
            return {}
        wanted = " or ".join(f"LookupName eq '{name}'" for name in LOOKUPS_READ if name not in schema.lookups)
        url: str | None = address(self._client.base_url, "Lookup", {"$filter": wanted, "$top": "1000"})
        rows: list[Row] = []
        try:
            while url:
                answer = ask(self._client, url)
                rows += answer.rows
                link = answer.next_link
                url = urljoin(url, link) if link and answer.rows else None
        except AnswerRefused:
            return {}
        return lookup_values(iter(rows))

    def _catch_up(self, records: Records, *, has_events: bool) -> None:
        """By event once everything was read; by time until then, and where no events are offered."""
        if has_events and self._state.is_loaded and self._state.event_sequence is not None:
            passes.follow_events(records, after=self._state.event_sequence, stored=self._note_events)
            return
        sequence = passes.newest_event(records) if has_events and self._state.event_sequence is None else None
        if sequence is not None:
            self._keep(event_sequence=sequence)
        passes.follow_changes(records, since=self._since(), stored=self._note_change)
        self._keep(is_loaded=True)

    def _since(self) -> str:
        """Where the last run's newest change was, less the overlap: clocks differ, and transactions end late."""
        newest = self._state.modified_until
        return literal_of(newest - timedelta(minutes=self._access.overlap_minutes)) if newest else BEGINNING

    def _note_change(self, at: datetime) -> None:
        if self._state.modified_until is None or at > self._state.modified_until:
            self._keep(modified_until=at)

    def _note_events(self, sequence: int, told: set[str], lost: set[str]) -> None:
        vanished = (set(self._state.vanished_ids) - told) | lost
        self._keep(event_sequence=sequence, vanished_ids=sorted(vanished))

    def _keep(self, **facts: object) -> None:
        for name, value in facts.items():
            setattr(self._state, name, value)
        self._state.save(update_fields=list(facts))

    def _is_reconcile_due(self) -> bool:
        last = self._state.reconciled_at
        return last is None or clock.now() >= last + timedelta(hours=self._access.reconcile_hours)
