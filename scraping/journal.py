"""What a crawl run requested, skipped, failed and found: gathered in memory, written beside the records."""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from django.db import Error as DatabaseTrouble
from django.db import connection, transaction

from aiqleads.core import clock
from leads.services import Ingested
from scraping import health
from scraping.drift import FieldWatch, Share, added
from scraping.memory import Memory
from scraping.models import CrawlRequest, CrawlRun
from scraping.pages import Plan, Remembered

R = TypeVar("R")

REACHED_THE_END: Final = "finished"
NO_PLAN: Final = Plan()
ALREADY_READ: Final = "read before the last crawl broke off"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a crawl ended, which decides what it proves about adverts that it did not meet.

    :param reason: Scrapy's word for it; ``finished`` where nothing was left to ask
    :param is_complete: every list could be read, so an advert that was not met is on none of them
    :param unread_urls: pages that arrived but that our reader could not read
    :param is_feed: adverts are known by their keys, and a source that answers may have nothing new
    :param vanished_ids: adverts that the source itself says it has no more
    :param shares: field → how many of the records that were read have it
    :param drifting: the fields among them that fell out of the source's history
    """

    reason: str
    is_complete: bool
    unread_urls: frozenset[str]
    is_feed: bool = False
    vanished_ids: frozenset[str] = frozenset()
    shares: Mapping[str, Share] = field(default_factory=dict)
    drifting: frozenset[str] = frozenset()


class RunJournal:
    """The running notes of one ``CrawlRun``."""

    def __init__(self, run: CrawlRun, plan: Plan = NO_PLAN) -> None:
        self.run = run
        self.outcomes: Counter[str] = Counter()
        self.rejected_reasons: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.is_taken_over = False
        self.barrier = ""
        self.robots: dict[str, Any] = {}
        self.closed_hosts: dict[str, str] = {}
        self.memory = Memory(run, selectors=plan.selectors)
        self.fields = FieldWatch(plan.health, begun=plan.begun)
        self.skipped_reasons: Counter[str] = Counter()
        self.pictures_count = 0
        self.refused_pictures: Counter[str] = Counter()
        self.album_count = 0
        self.unchanged_count = 0
        self.met_count = 0
        self.waiting_count = 0
        self.usual_pages = plan.usual_pages
        self._reason = ""
        self._is_complete = True
        self._unread_urls: set[str] = set()
        self._held_for: frozenset[str] = frozenset()
        self._waiting: list[CrawlRequest] = []
        self._records_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crawl records")
        self._journal_thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crawl journal")

    @property
    def ending(self) -> Ending:
        """How the crawl ended; its reason is "" while it runs."""
        return Ending(
            reason=self._reason,
            is_complete=self._is_complete,
            unread_urls=frozenset(self._unread_urls),
            shares=self.fields.shares,
            drifting=self.fields.drifting(),
        )

    def note_end(self, reason: str) -> None:
        """Keep why the crawl ended; Scrapy's ``spider_closed`` signal calls it, the first time for its pages."""
        self._reason = self._reason or self.barrier or reason

    @property
    def has_read_all(self) -> bool:
        """Whether every page was read; only pictures come after that."""
        return self._reason == REACHED_THE_END

    def note_picture(self) -> None:
        """Count a picture that was looked at, or is the same as when it was."""
        self.pictures_count += 1

    def note_refused_picture(self, reason: str) -> None:
        """Count a picture that was not looked at."""
        self.refused_pictures[reason[:120]] += 1

    def note_barrier(self, reason: str) -> None:
        """Note why the whole site is closed to us for now, in the words that an operator reads."""
        self.barrier = self.barrier or reason

    def note_missing_list(self) -> None:
        """Note that pages behind one that failed were never asked for."""
        self._is_complete = False

    def note_unread_page(self, url: str, reason: str) -> None:
        """Count a page that arrived and that the reader could not read."""
        self._unread_urls.add(url)
        self.note_rejected(reason)

    def note_broken_page(self, failure: Any, response: Any) -> None:
        """Count a page that our own reader stumbled over; Scrapy's ``spider_error`` signal calls it."""
        self.note_missing_list()
        self.note_unread_page(response.url, f"our reader stumbled: {failure.type.__name__}")

    def note_unstored(self, error: Exception) -> None:
        """Count a page whose records could not be stored."""
        self.note_missing_list()
        self.note_rejected(f"it could not be stored: {type(error).__name__}")

    def note_rejected(self, reason: str) -> None:
        """Count something that was read and not stored."""
        self.rejected_reasons[reason[:120]] += 1
        self.outcomes["rejected"] += 1

    @staticmethod
    def _close_connection() -> None:
        connection.close()

    async def store(self, call: Callable[..., R], **arguments: Any) -> R:
        """Run ``call`` on the thread that stores records: Django refuses queries on an event loop's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._records_thread, lambda: call(**arguments))

    async def beat(self) -> None:
        """Write, on a thread of its own: a record that waits for a lock must not make the run look dead.

        Where the database is away nothing is lost: the next beat or the end writes it, or the run fails.
        """
        await self._on_journal_thread(self.write_or_wait)

    def write_or_wait(self) -> None:
        """Write, or leave it to the next beat where the database is away."""
        try:
            self.write()
        except DatabaseTrouble:
            connection.close()

    def count(self, result: Ingested) -> None:
        """Count what became of one record."""
        if result.reason:
            self.note_rejected(result.reason)
        else:
            self.outcomes[str(result.outcome)] += 1

    def is_holding(self) -> bool:
        """Whether what is new has to wait for an operator. Runs off the event loop.

        Which fields say so is written down before the first record that waits is stored: whenever the run is
        killed, an alert can name them.
        """
        drifting = self.fields.drifting()
        if drifting - self._held_for:
            self._held_for |= drifting
            health.keep(self.run, self.fields.shares, drifting=self._held_for)
        return bool(drifting)

    def note_unchanged(self, page: Remembered, *, is_asked: bool) -> None:
        """Count a page that says what it said: the site answered so, or the broken run had just read it."""
        self.met_count += len(page.observation_ids)
        if is_asked:
            self.unchanged_count += 1
            self.memory.see_again(page)
        else:
            self.skipped_reasons[ALREADY_READ] += 1

    async def recall(self, page_hashes: Collection[str]) -> dict[str, Remembered]:
        """What is remembered of these pages."""
        return await self._on_journal_thread(lambda: self.memory.recall(page_hashes))

    async def _on_journal_thread(self, call: Callable[[], R]) -> R:
        return await asyncio.get_running_loop().run_in_executor(self._journal_thread, call)

    def note_request(
        self, *, url: str, outcome: str, status: int | None, reason: str, seconds: float | None
    ) -> None:
        """Note how one request ended; the next ``write`` stores it."""
        self.requests[outcome] += 1
        if outcome == CrawlRequest.Outcome.SKIPPED:
            self.skipped_reasons[reason[:120]] += 1
        self._waiting.append(
            CrawlRequest(
                run=self.run, url=url, outcome=outcome, status=status, reason=reason[:120], seconds=seconds
            )
        )

    def write(self) -> None:
        """Write what waits, what was read, the counts and a heartbeat, all or nothing. Runs off the event loop."""
        rows, pages = list(self._waiting), self.memory.unwritten
        running = CrawlRun.objects.filter(pk=self.run.pk, state=CrawlRun.State.RUNNING)
        fields = added([self.fields.settled, *(page.shares for page in pages)])
        with transaction.atomic():
            CrawlRequest.objects.bulk_create(rows)
            self.memory.write_read(pages)
            self.is_taken_over = not running.update(
                **self.counts(),
                rejected_reasons=dict(self.rejected_reasons),
                skipped_reasons=dict(self.skipped_reasons),
                refused_pictures=dict(self.refused_pictures),
                waiting_count=self.waiting_count,
                robots_txt=self.run.robots_txt,
                fields_read={name: share.counts for name, share in fields.items()},
                heartbeat_at=clock.Now(),
            )
        del self._waiting[: len(rows)]
        self.memory.forget_read(pages)
        self.fields.settled = fields
        self.memory.write_seen()

    def counts(self) -> dict[str, int]:
        """The run's counts so far, by the names of its columns."""
        return {
            "requested_count": self.requests["fetched"] + self.requests["failed"],
            "unchanged_count": self.unchanged_count,
            "skipped_count": self.skipped_reasons.total(),
            "failed_count": self.requests["failed"],
            "parsed_count": self.outcomes.total(),
            "rejected_count": self.outcomes["rejected"],
            "new_count": self.outcomes["new"],
            "changed_count": self.outcomes["changed"],
            "seen_count": self.outcomes["seen"] + self.met_count,
            "pictures_count": self.pictures_count,
        }

    def close(self) -> None:
        """Write the rest and give the threads and their connections back."""
        try:
            self._journal_thread.submit(self.write).result()
        finally:
            for thread in (self._records_thread, self._journal_thread):
                thread.submit(self._close_connection).result()
                thread.shutdown()
