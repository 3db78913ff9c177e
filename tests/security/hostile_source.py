"""The demo's hostile site, served and crawled."""

from collections.abc import Iterator
from contextlib import contextmanager

from starlette.applications import Starlette

from aiqleads.core import events
from scraping.demo.server import HOST, listen, running
from scraping.demo.sites import hostile
from scraping.models import CrawlRun
from tests.scraping.small_sites import crawl


@contextmanager
def served() -> Iterator[str]:
    """Serve it until the block ends; its address."""
    with listen(0) as listening, running(Starlette(routes=hostile.routes()), [listening]):
        yield f"http://{HOST}:{listening.getsockname()[1]}"


def crawled() -> CrawlRun:
    """One crawl of it, with all that follows from one."""
    with served() as base_url:
        run = crawl(hostile.SLUG, base_url)
    events.deliver_all()
    return run
