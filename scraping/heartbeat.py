"""Says every few seconds that a crawl is alive, and how far it is. A crawl that was taken over stops itself."""

import asyncio
import sys
from time import monotonic
from typing import Final, cast

from scrapy import signals
from scrapy.crawler import Crawler

from scraping.journal import RunJournal
from scraping.progress import Progress, estimate
from scraping.spiders.base import SiteSpider

BEAT_SECONDS: Final = 3.0
SHOWN: Final = {
    "fetched": "requested",
    "unchanged": "unchanged",
    "failed": "failed",
    "left alone": "skipped",
    "read": "parsed",
    "new": "new",
}


class Heartbeat:
    """A Scrapy extension: writes the journal by the clock, not only by the page."""

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._began = 0.0
        self._beating: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "Heartbeat":
        heartbeat = cls(crawler)
        crawler.signals.connect(heartbeat.start, signals.spider_opened)
        crawler.signals.connect(heartbeat.stop, signals.spider_closed)
        return heartbeat

    @property
    def journal(self) -> RunJournal:
        """The notes of the crawl that this beats for."""
        return cast("SiteSpider", self.crawler.spider).journal

    def start(self) -> None:
        """Begin to beat."""
        self._began = monotonic()
        self._beating = asyncio.get_running_loop().create_task(self._beat_on())

    def stop(self, reason: str) -> None:
        """Beat no more, and keep why the crawl ended."""
        if self._beating:
            self._beating.cancel()
        self.journal.note_end(reason)
        self.journal.waiting_count = 0
        if sys.stderr.isatty():
            sys.stderr.write(f"\r{_counts(self.journal)}\033[K\n")

    async def _beat_on(self) -> None:
        while not self.journal.is_taken_over:
            await asyncio.sleep(self.crawler.settings.getfloat("BEAT_SECONDS"))
            self.journal.waiting_count = self._waiting()
            await self.journal.beat()
            if sys.stderr.isatty():
                sys.stderr.write(f"\r{self._progress()}: {_counts(self.journal)}\033[K")
        await asyncio.shield(self.crawler.engine.close_spider_async(reason="taken over"))

    def _waiting(self) -> int:
        """How many requests wait or are on their way."""
        stats = self.crawler.stats
        count: dict[str, int] = {name: stats.get_value(f"scheduler/{name}", 0) for name in ("enqueued", "dequeued")}
        return max(0, count["enqueued"] - count["dequeued"]) + len(self.crawler.engine.downloader.active)

    def _progress(self) -> Progress:
        journal, counts = self.journal, self.journal.counts()
        return estimate(
            done=counts["requested_count"] + counts["skipped_count"],
            waiting=journal.waiting_count,
            usual=journal.usual_pages,
            seconds=monotonic() - self._began,
        )


def _counts(journal: RunJournal) -> str:
    counts = journal.counts()
    return ", ".join(f"{counts[f'{column}_count']} {word}" for word, column in SHOWN.items())
