"""What happens to a record on its way in, one verb each. Records are stored on one thread of the crawl."""

from typing import cast

from scrapy import Spider
from scrapy.crawler import Crawler
from scrapy.exceptions import DropItem

from leads import services as leads
from leads.records import ListingRecord
from scraping.journal import RunJournal
from scraping.spiders.base import SiteSpider


class IngestPipeline:
    """Hands each record to ``leads.services.ingest`` and counts what became of it."""

    def __init__(self, journal: RunJournal) -> None:
        self.journal = journal

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "IngestPipeline":
        return cls(cast("SiteSpider", crawler.spider).journal)

    async def process_item(self, item: ListingRecord, spider: Spider | None = None) -> ListingRecord:
        """Store ``item``.

        :raises DropItem: it is nothing to sell
        """
        result = await self.journal.store(
            leads.ingest, record=item, source=self.journal.run.source, crawl_run_id=self.journal.run.pk
        )
        self.journal.count(result)
        if result.reason:
            raise DropItem(result.reason, log_level="DEBUG")
        return item
