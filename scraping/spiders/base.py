"""What every spider shares. A spider is a source's slug, where to start, and which links lead to what.

Spiders read pages through ``scraping.readers`` and yield records; they never touch the database.
"""

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar
from urllib.parse import urlsplit

from scrapy import Request
from scrapy.http import Response, TextResponse
from scrapy.linkextractors import LinkExtractor
from scrapy.spiders import CrawlSpider, Rule

from leads.records import ListingRecord
from scraping.journal import RunJournal
from scraping.readers import UnreadablePage, read_page


class SiteSpider(CrawlSpider):
    """A web site of lists and adverts.

    :param base_url: the site's address, without a slash at the end
    :param reader: the slug of the reader of its adverts
    :param journal: the running notes of this crawl, for the middleware and the pipeline
    :param selectors: where an operator found the fields of the site's adverts
    """

    start_paths: ClassVar[tuple[str, ...]] = ("/",)

    def __init__(
        self, *, base_url: str, reader: str, journal: RunJournal, selectors: Mapping[str, str], **kwargs: Any
    ) -> None:
        super().__init__(name=self.name, **kwargs)
        self.reader = reader
        self.selectors = selectors
        self.journal = journal
        self.start_urls = [f"{base_url}{path}" for path in self.start_paths]
        self.allowed_domains = [urlsplit(base_url).hostname or ""]

    def read_advert(self, response: Response) -> Iterator[ListingRecord]:
        """Yield what the reader finds on one page."""
        if not isinstance(response, TextResponse):
            return
        try:
            reading = read_page(self.reader, response.body, response.url, selectors=self.selectors)
        except UnreadablePage as error:
            self.journal.note_unread_page(response.url, str(error))
            return
        if reading.page == "listing":
            yield from reading.records


def links(*patterns: str) -> LinkExtractor:
    """Links whose address matches one of ``patterns``; none means all."""
    return LinkExtractor(allow=patterns)


def adverts(*patterns: str) -> Rule:
    """Follow links to adverts and read them. One that fails hides no other, which ``is_advert`` tells."""
    return Rule(links(*patterns), callback="read_advert", process_request=_mark_advert)


def lists(*patterns: str) -> Rule:
    """Follow links to lists and to their next pages."""
    return Rule(links(*patterns), follow=True)


def _mark_advert(request: Request, _response: Response) -> Request:
    return request.replace(meta={**request.meta, "is_advert": True})
