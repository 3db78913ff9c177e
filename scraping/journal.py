"""What a crawl run requested, skipped, failed and found: gathered in memory, written in batches by one thread."""

import asyncio
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Final, TypeVar

from django.db import connection

from aiqleads.core import clock
from leads.services import Ingested
from scraping.models import CrawlRequest, CrawlRun

R = TypeVar("R")

BATCH: Final = 50


class RunJournal:
    """The running notes of one ``CrawlRun``."""

    def __init__(self, run: CrawlRun) -> None:
        self.run = run
        self.outcomes: Counter[str] = Counter()
        self.rejected_reasons: Counter[str] = Counter()
        self.requests: Counter[str] = Counter()
        self._waiting: list[CrawlRequest] = []
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="crawl database")

    def note_broken_page(self, failure: Any, response: Any, spider: Any) -> None:
        """Count a page that our own reader stumbled over; Scrapy's ``spider_error`` signal calls it."""
        self.rejected_reasons[f"our reader stumbled: {failure.type.__name__}"] += 1
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

    async def note_request(
        self, *, url: str, outcome: str, status: int | None, reason: str, seconds: float | None
    ) -> None:
        """Note how one request ended; rows are written in batches, and with them the run's counts."""
        self.requests[outcome] += 1
        self._waiting.append(
            CrawlRequest(
                run=self.run, url=url, outcome=outcome, status=status, reason=reason[:120], seconds=seconds
            )
        )
        if len(self._waiting) >= BATCH:
            await self.in_database(self.write)

    def write(self) -> None:
        """Write what waits, the counts and a heartbeat. Runs on the database thread."""
        rows, self._waiting = self._waiting, []
        CrawlRequest.objects.bulk_create(rows)
        run = self.run
        run.requested_count = self.requests["fetched"] + self.requests["failed"]
        run.skipped_count, run.failed_count = self.requests["skipped"], self.requests["failed"]
        run.new_count, run.changed_count = self.outcomes["new"], self.outcomes["changed"]
        run.seen_count, run.rejected_count = self.outcomes["seen"], self.outcomes["rejected"]
        run.parsed_count = self.outcomes.total()
        run.rejected_reasons = dict(self.rejected_reasons)
        run.heartbeat_at = clock.now()
        run.save(
            update_fields=[
                "requested_count",
                "skipped_count",
                "failed_count",
                "new_count",
                "changed_count",
                "seen_count",
                "rejected_count",
                "parsed_count",
                "rejected_reasons",
                "heartbeat_at",
                "robots_txt",
            ]
        )

    def close(self) -> None:
        """Write the rest and give the thread and its connection back."""
        self._thread.submit(self.write).result()
        self._thread.submit(self._close_connection).result()
        self._thread.shutdown()
