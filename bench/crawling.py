"""Crawling the bundled sites, from request to merged lead, beside a bare Scrapy spider that fetches and drops.

Both ask for the same pages and the same pictures.

The sites are served by a process of their own; both crawlers run on one reactor here, with the same settings.
"""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from itertools import islice
from threading import Event, Thread
from typing import Any, Final, cast

from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.http import Response
from scrapy.utils.reactor import install_reactor

from bench.measuring import Comparison
from leads.models import Observation, Source
from scraping import selectors, services
from scraping.crawling import begin, scrapy_settings
from scraping.models import CrawlRun, PageMemory
from scraping.pictures import PICTURES_PER_ADVERT

SITES: Final = ("demo-classifieds-east", "demo-classifieds-west", "demo-fsbo")
PERCENT: Final = 300
"""Of the demo's usual homes: some nine hundred pages, so that what a crawl costs at its ends does not count."""


class Crawls:
    """Crawls of a world, and the pages that they fetched, for the spider beside them."""

    def __init__(self) -> None:
        self._running = ExitStack()
        self._sources: list[Source] = []
        self._pages: list[list[str]] = []

    def meet(self, number: int) -> None:
        """Serve a world of homes that nobody knows yet, in place of the one before."""
        self.leave()
        urls = self._running.enter_context(_served(seed=1000 + number))
        self._sources = [_unknown(slug, urls[slug]) for slug in SITES]

    def leave(self) -> None:
        """Serve no longer."""
        self._running.close()

    def crawl(self, _: int) -> None:
        """Crawl each site as it is now."""
        runs = [_crawl(source) for source in self._sources]
        self._pages = [_asked_by(run) for run in runs]

    def fetch(self, _: int) -> None:
        """Ask for what the crawl asked for, with the same settings, and drop it."""
        for source, pages in zip(self._sources, self._pages, strict=True):
            _fetch(source, pages)


COMPARISONS: Final = ("crawl sites for the first time", "crawl sites that have not changed")


def comparisons() -> Iterator[Comparison]:
    """A first crawl, where every page is parsed and stored, and one of sites that have not changed."""
    crawls = Crawls()
    try:
        yield Comparison(
            name="crawl sites for the first time",
            beside="a bare Scrapy spider",
            prepare=crawls.meet,
            ours=crawls.crawl,
            other=crawls.fetch,
            is_other_last=True,
            rounds=3,
            at_most_ratio=15,
        )
        yield Comparison(
            name="crawl sites that have not changed",
            beside="a bare Scrapy spider",
            ours=crawls.crawl,
            other=crawls.fetch,
            rounds=5,
            at_most_ratio=3,
        )
    finally:
        crawls.leave()


def _asked_by(run: CrawlRun) -> list[str]:
    """The pages that a run fetched, and the pictures that it looked at behind them."""
    pages = run.requests.filter(status__isnull=False).values_list("url", flat=True)
    told = Observation.objects.filter(crawl_run_id=run.pk, source=run.source, lead__isnull=False)
    shown = ((observation.raw or {}).get("image_urls") or [] for observation in told)
    return [*pages, *(address for addresses in shown for address in addresses[:PICTURES_PER_ADVERT])]


@contextmanager
def _served(*, seed: int) -> Iterator[dict[str, str]]:
    """The bundled sites in a process of their own: slug → address."""
    world = ["--day", "1", "--slow", "0", "--seed", str(seed), "--percent", str(PERCENT)]
    with subprocess.Popen(
        [sys.executable, "-m", "scraping.demo", *world], stdout=subprocess.PIPE, text=True
    ) as process:
        lines = iter(process.stdout.readline, "") if process.stdout else iter(())
        told = (line.split() for line in lines)
        yield {slug: url.rstrip("/") for slug, url in islice(told, len(SITES))}
        process.terminate()


def _unknown(site: str, base_url: str) -> Source:
    """A bundled source at its new address; what it was known to say is another source's from here on."""
    before, _ = Source.objects.get_or_create(slug="seen-before", defaults={"name": "Seen before", "family": "file"})
    for kept in (Observation, CrawlRun):
        kept.objects.filter(source=site).update(source=before)
    PageMemory.objects.filter(source=site).delete()
    Source.objects.filter(pk=site).update(base_url=base_url)
    return Source.objects.get(pk=site)


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
