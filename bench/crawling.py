"""Crawling a bundled site, from request to merged lead, beside a bare Scrapy spider that fetches and drops.

The site is served by a process of its own; both crawlers run on one reactor here, with the same settings.
"""

import asyncio
import itertools
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import cache
from threading import Event, Thread
from typing import Any, Final, cast

from psycopg.types.range import TimestamptzRange
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor

from aiqleads.core import clock
from bench.measuring import Comparison
from leads.models import Source, SourceRight
from scraping import selectors, services
from scraping.crawling import begin, scrapy_settings
from scraping.models import CrawlRun

SITE: Final = "demo-fsbo"
_numbers = itertools.count(1)


def comparisons() -> Iterator[Comparison]:
    """A first crawl, where every page is parsed and stored, and one of a site that has not changed."""
    with _served() as base_url:
        known = _new_source(base_url)
        pages = list(_crawl(known).requests.filter(outcome="fetched").values_list("url", flat=True))
        yield Comparison(
            name="crawl a site for the first time",
            beside="a bare Scrapy spider",
            ours=lambda _: _crawl(_new_source(base_url)),
            other=lambda _: _fetch(known, pages),
            rounds=3,
            at_most_ratio=15,
        )
        yield Comparison(
            name="crawl a site that has not changed",
            beside="a bare Scrapy spider",
            ours=lambda _: _crawl(known),
            other=lambda _: _fetch(known, pages),
            rounds=5,
            at_most_ratio=4,
        )


@contextmanager
def _served() -> Iterator[str]:
    command = [sys.executable, "-m", "scraping.demo", "--day", "1", "--slow", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        lines = iter(process.stdout.readline, "") if process.stdout else iter(())
        yield next(line.split()[1].rstrip("/") for line in lines if line.startswith(SITE))
        process.terminate()


def _new_source(base_url: str) -> Source:
    source = Source.objects.create(
        slug=f"bench-site-{next(_numbers)}", name="A site", family="fsbo", reader="fsbo", base_url=base_url
    )
    SourceRight.objects.create(
        source=source, basis="permission", may_list=True, during=TimestamptzRange(clock.now(), None)
    )
    return source


def _crawl(source: Source) -> CrawlRun:
    run = services.start_run(slug=source.pk)
    crawling = _on_our_spider(run, selectors.plan_of(run))
    ending = asyncio.run_coroutine_threadsafe(crawling, _loop()).result(600)
    finished = services.finish_run(run, ending=ending)
    if finished.state != CrawlRun.State.FINISHED:
        raise RuntimeError(finished.reason)
    return finished


async def _on_our_spider(run: CrawlRun, plan: Any) -> Any:
    runner = AsyncCrawlerRunner(scrapy_settings(run.source))
    journal = begin(run, runner, plan=plan)
    await runner.join()
    await asyncio.to_thread(journal.close)
    return journal.ending


class BareSpider(Spider):
    """Fetches and drops."""

    name = "bare"

    async def start(self) -> AsyncIterator[Request]:
        """Ask for what our spider asked for."""
        for url in self.pages:  # type: ignore[attr-defined]
            yield Request(url, dont_filter=True)

    def parse(self, response: Response, **_: Any) -> None:
        """Drop it."""


def _fetch(source: Source, pages: list[str]) -> None:
    settings = scrapy_settings(source)
    kept = {name: value for name, value in settings.items() if not isinstance(value, dict)}
    asyncio.run_coroutine_threadsafe(_on_bare_spider(kept, pages), _loop()).result(600)


async def _on_bare_spider(settings: dict[str, Any], pages: list[str]) -> None:
    runner = AsyncCrawlerRunner(settings)
    await runner.crawl(BareSpider, pages=pages)


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process's reactor, in a thread of its own."""
    loop, is_ready = asyncio.new_event_loop(), Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
        from twisted.internet import reactor  # noqa: PLC0415  (it is chosen above)

        cast("Any", reactor).callWhenRunning(is_ready.set)
        cast("Any", reactor).run(installSignalHandlers=False)

    Thread(target=run, name="crawls", daemon=True).start()
    is_ready.wait(10)
    return loop
