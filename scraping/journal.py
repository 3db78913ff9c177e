"""What a crawl run requested, skipped, failed and found: gathered in memory, written by one thread."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from django.db import connection, transaction

from aiqleads.core import clock
from leads.services import Ingested
from scraping.models import CrawlRequest, CrawlRun

R = TypeVar("R")

REACHED_THE_END: Final = "finished"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a crawl ended, which decides what it proves about adverts that it did not meet.

    :param reason: Scrapy's word for it; ``finished`` where nothing was left to ask
    :param is_complete: every list could be read, so an advert that was not met is on none of them
    :param unread_urls: pages that arrived but that our reader could not read
    """

    reason: str
    is_complete: bool
    unread_urls: frozenset[str]


class RunJournal:
    """The running notes of one ``CrawlRun``."""

    def __init__(self, run: CrawlRun) -> None:
        self.run = run
        self.outcomes: Counter[str] = Counter()
        self.rejected_reasons: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self.is_taken_over = False
        self._reason = ""
        self._is_complete = True
        self._unread_urls: set[str] = set()
        self._waiting: list[CrawlRequest] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crawl database")

    @property
    def ending(self) -> Ending:
        """How the crawl ended; its reason is "" while it runs."""
        return Ending(reason=self._reason, is_complete=self._is_complete, unread_urls=frozenset(self._unread_urls))

    def note_end(self, reason: str) -> None:
        """Keep why the crawl ended; Scrapy's ``spider_closed`` signal calls it."""
        self._reason = reason

    def note_missing_list(self) -> None:
        """Note that pages behind one that failed were never asked for."""
        self._is_complete = False

    def note_unread_page(self, url: str, reason: str) -> None:
        """Count a page that arrived and that the reader could not read."""
        self._unread_urls.add(url)
        self._count_rejected(reason)

    def note_broken_page(self, failure: Any, response: Any) -> None:
        """Count a page that our own reader stumbled over; Scrapy's ``spider_error`` signal calls it."""
        self.note_missing_list()
        self.note_unread_page(response.url, f"our reader stumbled: {failure.type.__name__}")

    def note_unstored_item(self, failure: Any) -> None:
        """Count a record that could not be stored; Scrapy's ``item_error`` signal calls it."""
        self.note_missing_list()
        self._count_rejected(f"it could not be stored: {failure.type.__name__}")

    def _count_rejected(self, reason: str) -> None:
        self.rejected_reasons[reason[:120]] += 1
        self.outcomes["rejected"] += 1

    @staticmethod
    def _close_connection() -> None:
        connection.close()

    async def in_database(self, call: Callable[..., R], **arguments: Any) -> R:
        """Run ``call`` on the run's database thread: Django refuses queries on an event loop's thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, lambda: call(**arguments))

    def count(self, result: Ingested) -> None:
        """Count what became of one record."""
        self.outcomes[str(result.outcome)] += 1
        if result.reason:
            self.rejected_reasons[result.reason[:120]] += 1

    def note_request(
        self, *, url: str, outcome: str, status: int | None, reason: str, seconds: float | None
    ) -> None:
        """Note how one request ended; the next ``write`` stores it."""
        self.requests[outcome] += 1
        self._waiting.append(
            CrawlRequest(
                run=self.run, url=url, outcome=outcome, status=status, reason=reason[:120], seconds=seconds
            )
        )

    def write(self) -> None:
        """Write what waits, the counts and a heartbeat, all or nothing. Runs on the database thread."""
        rows = list(self._waiting)
        running = CrawlRun.objects.filter(pk=self.run.pk, state=CrawlRun.State.RUNNING)
        with transaction.atomic():
            CrawlRequest.objects.bulk_create(rows)
            self.is_taken_over = not running.update(
                **self.counts(),
                rejected_reasons=dict(self.rejected_reasons),
                robots_txt=self.run.robots_txt,
                heartbeat_at=clock.Now(),
            )
        del self._waiting[: len(rows)]

    def counts(self) -> dict[str, int]:
        """The run's counts so far, by the names of its columns."""
        return {
            "requested_count": self.requests["fetched"] + self.requests["failed"],
            "skipped_count": self.requests["skipped"],
            "failed_count": self.requests["failed"],
            "parsed_count": self.outcomes.total(),
            "rejected_count": self.outcomes["rejected"],
            "new_count": self.outcomes["new"],
            "changed_count": self.outcomes["changed"],
            "seen_count": self.outcomes["seen"],
        }

    def close(self) -> None:
        """Write the rest and give the thread and its connection back."""
        try:
            self._thread.submit(self.write).result()
        finally:
            self._thread.submit(self._close_connection).result()
            self._thread.shutdown()
