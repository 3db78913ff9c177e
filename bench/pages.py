"""Reading a source's page beside parsing it, and rendering our own beside gathering what is on them."""

from collections.abc import Iterator

import httpx
from django.test import Client
from parsel import Selector

from bench.measuring import Comparison
from marketplace import cards, selectors
from marketplace.filters import ListingFilters
from scraping.demo.server import serve
from scraping.readers import read_page

WEST = "demo-classifieds-west"
EVERYTHING = ListingFilters()

COMPARISONS = ("read a source's page", "page /leads/", "GET /api/v1/leads/")


def comparisons() -> Iterator[Comparison]:
    url, body = _advert()
    yield Comparison(
        name="read a source's page",
        beside="parsing its HTML",
        ours=lambda _: read_page("fsbo", body, url),
        other=lambda _: Selector(body.decode()).css("h1::text").get(),
        rounds=40,
        at_most_ratio=120,
    )
    browser = Client(HTTP_HOST="localhost")
    yield Comparison(
        name="page /leads/",
        beside="what is on it",
        ours=lambda _: _answered(browser, "/leads/"),
        other=lambda _: _gather(),
        rounds=20,
        at_most_ratio=25,
    )
    yield Comparison(
        name="GET /api/v1/leads/",
        beside="what is in it",
        ours=lambda number: _answered(browser, "/api/v1/leads/", address=f"2001:db8::{number}"),
        other=lambda _: _gather(),
        rounds=20,
        at_most_ratio=8,
    )


def _advert() -> tuple[str, bytes]:
    with serve(1) as sites:
        advert = next(item for item in sites.world.adverts if item.site == WEST and item.is_readable)
        url = f"{sites.base_urls[WEST]}/item/{advert.key}"
        return url, httpx.get(url).raise_for_status().content


def _answered(browser: Client, path: str, *, address: str = "::1") -> bytes:
    answer = browser.get(path, REMOTE_ADDR=address)
    if answer.status_code != 200:
        raise RuntimeError(f"{path} answered {answer.status_code}")
    return bytes(answer.content)


def _gather() -> None:
    cards.cards(selectors.search(EVERYTHING).results, membership=None)
