"""The world of the first days, and its sites as clients see them."""

from collections.abc import Callable, Iterator
from datetime import date

import httpx
import pytest

from scraping.demo.server import SourceSites, serve
from scraping.demo.world import World, build_world

TODAY = date(2026, 5, 25)
SLOW_SECONDS = 0.05
TOKEN = "a-token-for-tests"

Visit = Callable[[str], httpx.Client]


@pytest.fixture(scope="session")
def next_world() -> World:
    return build_world(1, today=TODAY)


@pytest.fixture(scope="session")
def sites() -> Iterator[SourceSites]:
    with serve(0, today=TODAY, slow_seconds=SLOW_SECONDS, access_token=TOKEN) as running:
        yield running


@pytest.fixture(scope="session")
def founding_world(sites: SourceSites) -> World:
    return sites.world


@pytest.fixture(scope="session")
def visit(sites: SourceSites) -> Iterator[Visit]:
    """Return a client of the site with the given slug on day 0."""
    clients = {slug: httpx.Client(base_url=url) for slug, url in sites.base_urls.items()}
    yield clients.__getitem__
    for client in clients.values():
        client.close()


@pytest.fixture
def mls(sites: SourceSites) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {TOKEN}"}
    with httpx.Client(base_url=sites.base_urls["demo-mls"], headers=headers) as client:
        yield client
