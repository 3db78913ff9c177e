"""Notes how every request of a crawl ended, robots.txt included."""

from time import monotonic
from typing import cast

from scrapy import Request
from scrapy.crawler import Crawler
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response

from scraping.journal import RunJournal
from scraping.spiders.base import SiteSpider


class NoteRequests:
    """The outermost downloader middleware: sees what was fetched, what robots.txt forbade and what failed."""

    def __init__(self, journal: RunJournal) -> None:
        self.journal = journal

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "NoteRequests":
        return cls(cast("SiteSpider", crawler.spider).journal)

    def process_request(self, request: Request) -> None:
        request.meta["asked_at"] = monotonic()

    async def process_response(self, request: Request, response: Response) -> Response:
        if request.url.endswith("/robots.txt") and response.status == 200:
            self.journal.run.robots_txt = response.text[:100_000]
        failed = response.status >= 400
        await self._note(
            request,
            outcome="failed" if failed else "fetched",
            status=response.status,
            reason=f"HTTP {response.status}" if failed else "",
        )
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        skipped = isinstance(exception, IgnoreRequest)
        reason = "forbidden by robots.txt" if skipped else type(exception).__name__
        await self._note(request, outcome="skipped" if skipped else "failed", status=None, reason=reason)

    async def _note(self, request: Request, *, outcome: str, status: int | None, reason: str) -> None:
        seconds = monotonic() - request.meta.get("asked_at", monotonic())
        await self.journal.note_request(
            url=request.url, outcome=outcome, status=status, reason=reason, seconds=round(seconds, 3)
        )
