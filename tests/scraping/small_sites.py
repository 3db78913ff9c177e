"""Sites of a few pages on loopback, and crawls of them on one reactor of this process: a tenth of a second each."""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.utils.reactor import install_reactor

from leads.models import Source
from scraping import selectors, services
from scraping.crawling import begin, scrapy_settings
from scraping.judged_names import JudgedNames
from scraping.models import CrawlRun
from scraping.pages import Plan
from tests.conftest import make_source

Answer = Callable[[BaseHTTPRequestHandler], None]


def page(body: str | bytes, status: int = 200, **headers: str) -> Answer:
    """Answers ``body``; ``headers`` with underscores for hyphens."""
    content = body.encode() if isinstance(body, str) else body

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        told = {"Content-Type": "text/html; charset=utf-8"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        for name, value in told.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    return answer


def advert(number: int, *, price: int = 412_000, beds: int | None = 3, extra: str = "") -> str:
    """A home's page with schema.org data."""
    rooms = "" if beds is None else f'"numberOfBedrooms": {beds},'
    return f"""<title>Home {number}</title><h1>House {number} for sale by owner</h1>{extra}
<script type="application/ld+json">{{"@type": "SingleFamilyResidence", "name": "House {number}", {rooms}
"address": {{"@type": "PostalAddress", "streetAddress": "{number} Juniper Way", "addressLocality": "Austin",
"addressRegion": "TX", "postalCode": "78704"}}, "offers": {{"@type": "Offer", "price": {price}}}}}</script>"""


def advert_path(number: int) -> str:
    return f"/homes/tx/{number:012x}"


def front(*numbers: int, extra: str = "") -> str:
    """A list of homes."""
    return "".join(f'<a href="{advert_path(number)}">Home {number}</a> ' for number in numbers) + extra


@dataclass
class SmallSite:
    """A site whose ``pages`` (path with query → answer) may change between crawls."""

    base_url: str
    pages: dict[str, Answer]
    asked: list[str] = field(default_factory=list)

    def forget(self) -> None:
        """Start to note anew what is asked."""
        self.asked.clear()


class QuietServer(ThreadingHTTPServer):
    """Says nothing of clients that hang up."""

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A crawler hangs up on what is too long."""


@contextmanager
def serving(pages: Mapping[str, Answer]) -> Iterator[SmallSite]:
    """Serve ``pages``; anything else answers 404."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            site.asked.append(self.path)
            site.pages.get(self.path, page("not here", status=404))(self)

        def log_message(self, *args: object) -> None:
            """Say nothing."""

    with QuietServer(("127.0.0.1", 0), Handler) as server:
        site = SmallSite(base_url=f"http://127.0.0.1:{server.server_port}", pages=dict(pages))
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield site
        server.shutdown()


def crawl(slug: str, base_url: str, *, settings: Mapping[str, Any] | None = None, **facts: Any) -> CrawlRun:
    """Crawl a source, made with ``facts`` where it is missing, and close its run."""
    if not Source.objects.filter(pk=slug).exists():
        make_source(slug, may_list=True)
    Source.objects.filter(pk=slug).update(base_url=base_url, **facts)
    run = services.start_run(slug=slug)
    crawling = _crawl(run, settings, selectors.plan_of(run))
    return services.finish_run(run, ending=asyncio.run_coroutine_threadsafe(crawling, _loop()).result(90))


async def _crawl(run: CrawlRun, settings: Mapping[str, Any] | None, plan: Plan) -> Any:
    runner = AsyncCrawlerRunner({**scrapy_settings(run.source), **(settings or {})})
    journal = begin(run, runner, plan=plan)
    try:
        await runner.join()
    finally:
        await asyncio.to_thread(journal.close)
    return journal.ending


@cache
def _loop() -> asyncio.AbstractEventLoop:
    """The event loop of this process's reactor, which runs in a thread until the tests end."""
    loop, is_ready = asyncio.new_event_loop(), Event()

    def run() -> None:
        asyncio.set_event_loop(loop)
        install_reactor("twisted.internet.asyncioreactor.AsyncioSelectorReactor")
        from twisted.internet import reactor

        JudgedNames(reactor, may_be_loopback=True).install_on_reactor()
        reactor.callWhenRunning(is_ready.set)  # type: ignore[attr-defined]
        reactor.run(installSignalHandlers=False)  # type: ignore[attr-defined]

    Thread(target=run, name="crawls", daemon=True).start()
    is_ready.wait(10)
    return loop
