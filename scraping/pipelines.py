"""What happens to a page that was read, one verb each; each stage counts. Records are stored on one thread."""

from dataclasses import replace
from typing import Self, cast

from scrapy import Spider
from scrapy.crawler import Crawler

from leads import services as leads
from leads.services import Ingested
from scraping.journal import RunJournal
from scraping.pages import ReadPage
from scraping.spiders.base import SiteSpider


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


class StoreRecords(Stage):
    """Hands each record to ``leads.services.ingest``, and remembers the page after its last one."""

    async def process_item(self, item: ReadPage, spider: Spider | None = None) -> ReadPage:
        """Store the page's records, one transaction each, and count what became of them."""
        for result in await self.journal.store(self._store, page=item):
            self.journal.count(result)
        return item

    def _store(self, *, page: ReadPage) -> list[Ingested]:
        run = self.journal.run
        results = [leads.ingest(record=record, source=run.source, crawl_run_id=run.pk) for record in page.records]
        if page.page_hash:
            told = [result.observation_id for result in results if result.observation_id]
            self.journal.memory.keep(page, told)
        return results
