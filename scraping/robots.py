"""robots.txt as RFC 9309 has it: a site without one (4xx) is open, one that cannot show it is closed."""

from typing import cast
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest

from scraping.journal import RunJournal
from scraping.spiders.base import SiteSpider


class ObeyRobots(RobotsTxtMiddleware):
    """Scrapy's, which would read an error page as leave to fetch everything; here it closes the site."""

    def __init__(self, crawler: Crawler) -> None:
        super().__init__(crawler)
        self._parsers = self.journal.robots  # of all crawlers of a run, so that each file is asked for once

    @property
    def journal(self) -> RunJournal:
        """The notes of the crawl, where ``NoteRequests`` puts how robots.txt answered."""
        return cast("SiteSpider", self.crawler.spider).journal

    async def process_request(self, request: Request, spider: Spider | None = None) -> None:
        """Let ``request`` pass, or raise ``IgnoreRequest`` where robots.txt forbids it or is out of reach."""
        await super().process_request(request)
        closed = self.journal.barrier or self.journal.closed_hosts.get(urlsplit(request.url).netloc)
        if closed and not is_robots_txt(request):
            raise IgnoreRequest(closed)


def is_robots_txt(request: Request) -> bool:
    """Whether ``request`` is Scrapy's own for robots.txt, redirected or not."""
    return bool(request.meta.get("dont_obey_robotstxt"))


def unreachable(status: int) -> bool:
    """Whether an answer to robots.txt leaves open what it says, so that everything is forbidden for now.

    429 is a client error by its number and a server's plea by its meaning.
    """
    return status >= 500 or status == 429
