"""How requests are made and noted: every ending is written down, and a busy site is given time."""

import asyncio
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import monotonic
from typing import Final, cast
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.crawler import Crawler
from scrapy.downloadermiddlewares.retry import RetryMiddleware, get_retry_request
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response, TextResponse

from scraping import services
from scraping.failures import in_words
from scraping.journal import RunJournal
from scraping.robots import is_robots_txt, unreachable
from scraping.spiders.base import SiteSpider
from scraping.walls import Answer, is_log_in_redirect, path_of, wall_in

BUSY_STATUSES: Final = frozenset({429, 503})
GONE_STATUSES: Final = frozenset({404, 410})
BUSY_TRIES: Final = 3
BUSY_PAGES_IN_A_ROW: Final = 3
SHORTEST_WAIT_SECONDS: Final = 5.0
LONGEST_WAIT_SECONDS: Final = 120.0
REFUSALS_IN_A_ROW: Final = 3


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
        if is_robots_txt(request):
            self._note_robots_txt(request, response)
        failed = response.status >= 400
        self._note(
            request,
            outcome="failed" if failed else "fetched",
            status=response.status,
            reason=f"HTTP {response.status}" if failed else "",
        )
        return response

    async def process_exception(self, request: Request, exception: Exception) -> None:
        skipped = isinstance(exception, IgnoreRequest)
        reason = self.journal.barrier if skipped and self.journal.barrier else in_words(exception)
        if is_robots_txt(request) and not skipped:
            self._close(request, f"robots.txt could not be fetched ({reason})")
        self._note(request, outcome="skipped" if skipped else "failed", status=None, reason=reason)

    def _note_robots_txt(self, request: Request, response: Response) -> None:
        if unreachable(response.status):
            self._close(request, f"robots.txt answered HTTP {response.status}")
        elif response.status == 200 and not self.journal.has_read_all:
            self.journal.run.robots_txt = response.text[:100_000]

    def _close(self, request: Request, reason: str) -> None:
        """Without robots.txt a site is closed; later on, a host that serves its pictures alone."""
        if self.journal.has_read_all:
            self.journal.closed_hosts[urlsplit(request.url).netloc] = reason
        else:
            self.journal.note_barrier(reason)

    def _note(self, request: Request, *, outcome: str, status: int | None, reason: str) -> None:
        if request.meta.get("is_picture"):
            return  # their spider counts them by reason
        request.meta["is_noted"] = True
        hides_nothing = status in GONE_STATUSES or is_robots_txt(request) or request.meta.get("is_advert")
        if outcome == "failed" and not hides_nothing:
            self.journal.note_missing_list()
        seconds = monotonic() - request.meta.get("asked_at", monotonic())
        self.journal.note_request(
            url=request.url, outcome=outcome, status=status, reason=reason, seconds=round(seconds, 3)
        )


class GiveTime(RetryMiddleware):
    """Retries as Scrapy does, and asks a site that says it is busy more slowly from then on."""

    def process_response(
        self, request: Request, response: Response, spider: Spider | None = None
    ) -> Request | Response:
        """Ask again later where the site said so, or once more where it failed."""
        if response.status not in BUSY_STATUSES or request.meta.get("dont_retry"):
            return super().process_response(request, response)
        self._slow_down(request, response)
        asking = cast("SiteSpider", self.crawler.spider)
        again = get_retry_request(request, spider=asking, reason="the site is busy", max_retry_times=BUSY_TRIES)
        return again or response

    def _slow_down(self, request: Request, response: Response) -> None:
        slot = self.crawler.engine.downloader.slots.get(str(request.meta.get("download_slot")))
        if slot:
            shortest = self.crawler.settings.getfloat("BUSY_WAIT_SECONDS", SHORTEST_WAIT_SECONDS)
            slot.delay = max(slot.delay, wait_seconds(response, now=datetime.now(UTC), shortest=shortest))


def wait_seconds(response: Response, *, now: datetime, shortest: float = SHORTEST_WAIT_SECONDS) -> float:
    """How long a busy site asks us to wait (``Retry-After``, seconds or a date), ``shortest`` to 120 seconds."""
    told = (response.headers.get("Retry-After") or b"").decode("latin-1").strip()
    return min(max(_told_seconds(told, now), shortest), LONGEST_WAIT_SECONDS)


def _told_seconds(told: str, now: datetime) -> float:
    if told.isascii() and told.isdigit():
        return float(told[:6])
    try:
        until = parsedate_to_datetime(told)
    except ValueError:
        return 0.0
    return (until.replace(tzinfo=until.tzinfo or UTC) - now).total_seconds()


class StopAtWalls:
    """Ends the crawl and pauses its source at the first answer that stands in the way. Nothing goes round it.

    HTTP 403 may close one page and leave the next open; on the first page, or three times in a row, it is a wall.
    So is a site that is busy however long we wait: on its first page, or on three pages with nothing in between.
    """

    def __init__(self, crawler: Crawler) -> None:
        self.crawler = crawler
        self._refusals = 0
        self._has_answered = False
        self._busy: set[str] = set()
        self._closing: asyncio.Task[None] | None = None

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> "StopAtWalls":
        return cls(crawler)

    @property
    def journal(self) -> RunJournal:
        """The notes of this crawl."""
        return cast("SiteSpider", self.crawler.spider).journal

    async def process_response(self, request: Request, response: Response) -> Response:
        """Let an ordinary answer pass.

        :raises IgnoreRequest: it is a wall
        """
        if is_robots_txt(request) or request.meta.get("is_picture"):
            return response
        wall = wall_in(_answer(request, response)) or self._refusal(request, response)
        wall = wall or self._endless_wait(request, response)
        if wall:
            await self._stop(request, wall, status=response.status)
        return response

    def _refusal(self, request: Request, response: Response) -> str | None:
        self._refusals = self._refusals + 1 if response.status == 403 else 0
        is_first = response.status == 403 and not request.meta.get("depth")
        return "a refusal (HTTP 403)" if is_first or self._refusals >= REFUSALS_IN_A_ROW else None

    def _endless_wait(self, request: Request, response: Response) -> str | None:
        if response.status not in BUSY_STATUSES:
            self._has_answered = True
            self._busy.clear()
            return None
        self._busy.add(request.url)
        is_given_up = request.meta.get("retry_times", 0) >= BUSY_TRIES
        is_everywhere = len(self._busy) >= BUSY_PAGES_IN_A_ROW or not self._has_answered
        return (
            f"itself busy (HTTP {response.status}) however long we waited"
            if is_given_up and is_everywhere
            else None
        )

    async def _stop(self, request: Request, wall: str, *, status: int) -> None:
        journal = self.journal
        is_first = not journal.barrier
        journal.note_barrier(f"it showed {wall}")
        request.meta["is_noted"] = True
        journal.note_request(url=request.url, outcome="failed", status=status, reason=wall, seconds=None)
        if is_first:
            await journal.store(services.stop_at_wall, run=journal.run, wall=wall)
            closing = self.crawler.engine.close_spider_async(reason="wall")
            self._closing = asyncio.get_running_loop().create_task(closing)  # it waits for this very request
        raise IgnoreRequest(journal.barrier)


class StopBeforeLogIn(StopAtWalls):
    """The same for a redirect to a log-in form, before robots.txt, which often forbids the form, hides why."""

    async def process_request(self, request: Request) -> None:
        """Let ``request`` pass unless it is such a redirect."""
        asked = _asked_url(request)
        if is_log_in_redirect(asked=path_of(asked), reached=path_of(request.url)):
            await self._stop(request, "a log-in wall", status=302)

    async def process_response(self, request: Request, response: Response) -> Response:
        """Leave answers to ``StopAtWalls``."""
        return response


def _asked_url(request: Request) -> str:
    redirects: list[str] = request.meta.get("redirect_urls") or [request.url]
    return redirects[0]


def _answer(request: Request, response: Response) -> Answer:
    names = ("cf-mitigated", "x-amzn-waf-action")
    return Answer(
        status=response.status,
        path=path_of(response.url),
        asked_path=path_of(_asked_url(request)),
        headers={name: (response.headers.get(name) or b"").decode("latin-1") for name in names},
        page=response.text if isinstance(response, TextResponse) else "",
    )
