"""What happens to a page that was read, one verb each; each stage counts. Records are stored on one thread."""

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import Final, Self, cast

from scrapy import Spider
from scrapy.crawler import Crawler

from leads import services as leads
from leads.services import Ingested
from scraping import pictures
from scraping.journal import RunJournal
from scraping.pages import ReadPage
from scraping.spiders.base import SiteSpider
from scraping.spiders.pictures import Watched

PAGES_AT_ONCE: Final = 40
PATIENCE_SECONDS: Final = 1.0
"""So long the first page waits for others: each batch asks the database the same dozen questions."""
MOST_WAITING: Final = 4 * PAGES_AT_ONCE
"""A crawl that reads faster than it stores waits here."""


ALBUMS_AT_ONCE: Final = 25


class Stage:
    """One stage: it works on the notes of its crawl."""

    def __init__(self, journal: RunJournal) -> None:
        self.journal = journal

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(cast("SiteSpider", crawler.spider).journal)


class KeepToArea(Stage):
    """Leaves out what the rules of the page's area leave out."""

    async def process_item(self, item: ReadPage, spider: Spider | None = None) -> ReadPage:
        """Return the page with the records that are taken there."""
        for record in item.records:
            if refusal := item.area.refusal(record):
                self.journal.note_rejected(refusal)
        return replace(item, records=tuple(record for record in item.records if not item.area.refusal(record)))


class WatchFields(Stage):
    """Counts which fields the records have, for the source's history."""

    async def process_item(self, item: ReadPage, spider: Spider | None = None) -> ReadPage:
        """Return the page with its counts."""
        return replace(item, shares=self.journal.fields.note(item.records))


class StoreRecords(Stage):
    """Hands records to ``leads.services.ingest_many``, and remembers a page after its last one.

    Pages are stored together, on a thread that leaves the crawl to go on: a full batch at once, the last pages of
    a slow site after a second. The first ones wait until enough was read to see whether the site still reads as it
    did: where it does not, what is new waits for an operator. A kill loses what waits, and so does memory: the next
    run reads those pages again.
    """

    def __init__(self, journal: RunJournal) -> None:
        super().__init__(journal)
        self._waiting: list[ReadPage] = []
        self._storing: asyncio.Task[None] | None = None
        self._is_enough = asyncio.Event()
        self._is_closing = False

    async def process_item(self, item: ReadPage, spider: Spider | None = None) -> ReadPage:
        """Have the page's records stored and counted soon."""
        self._waiting.append(item)
        if len(self._waiting) >= PAGES_AT_ONCE:
            self._is_enough.set()
        if self.journal.fields.has_seen_enough:
            storing = self._store_waiting()
            if len(self._waiting) >= MOST_WAITING:
                await asyncio.shield(storing)
        return item

    async def close_spider(self, spider: Spider | None = None) -> None:
        """Store what still waits: a run too short to judge is not held."""
        self._is_closing = True
        self._is_enough.set()
        while self._waiting or self._storing:
            await asyncio.shield(self._store_waiting())

    def _store_waiting(self) -> asyncio.Task[None]:
        """The task that stores until nothing waits."""
        if self._storing is None:
            self._storing = asyncio.get_running_loop().create_task(self._store_all())
        return self._storing

    async def _store_all(self) -> None:
        try:
            while self._waiting:
                for result in await self.journal.store(self._store, pages=await self._batch()):
                    self.journal.count(result)
        finally:
            self._storing = None

    async def _batch(self) -> list[ReadPage]:
        """The pages that wait, once they are many, have waited long, or no more will come."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                await self._is_enough.wait()
        batch, self._waiting = self._waiting[:PAGES_AT_ONCE], self._waiting[PAGES_AT_ONCE:]
        if len(self._waiting) < PAGES_AT_ONCE and not self._is_closing:
            self._is_enough.clear()
        return batch

    def _store(self, *, pages: list[ReadPage]) -> list[Ingested]:
        """Store pages together; where that fails, one by one: one record's trouble is not its neighbours'."""
        try:
            return self._ingest(pages)
        except Exception as error:  # noqa: BLE001  (whatever it is: it is counted, and the run proves nothing)
            if len(pages) == 1:
                self.journal.note_unstored(error)
                return []
        return [result for page in pages for result in self._store(pages=[page])]

    def _ingest(self, pages: list[ReadPage]) -> list[Ingested]:
        run, is_held = self.journal.run, self.journal.is_holding()
        records = [record for page in pages for record in page.records]
        results = leads.ingest_many(records=records, source=run.source, crawl_run_id=run.pk, is_held=is_held)
        self.journal.album_count += pictures.enqueue(run.source, records, results)
        ingested = iter(results)
        for page in pages:
            told = [result.observation_id for _, result in zip(page.records, ingested, strict=False)]
            if page.page_hash:
                self.journal.memory.keep(page, [key for key in told if key])
        return results


class KeepLooks(Stage):
    """Keeps how the pictures of adverts look, some adverts at a time."""

    def __init__(self, journal: RunJournal) -> None:
        super().__init__(journal)
        self._waiting: list[Watched] = []

    async def process_item(self, item: Watched, spider: Spider | None = None) -> Watched:
        """Keep what came together."""
        self._waiting.append(item)
        if len(self._waiting) >= ALBUMS_AT_ONCE:
            await self._keep()
        return item

    async def close_spider(self, spider: Spider | None = None) -> None:
        """Keep the rest."""
        if self._waiting:
            await self._keep()

    async def _keep(self) -> None:
        albums, self._waiting = self._waiting, []
        looks = {item.album.observation_id: item.looks for item in albums}
        await self.journal.store(pictures.keep, source=self.journal.run.source, looks=looks)
