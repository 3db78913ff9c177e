"""When pages that were read are stored: many together, and never so many waiting that a crawl runs away."""

import asyncio
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, cast

from scraping.journal import RunJournal
from scraping.pages import Area, ReadPage
from scraping.pipelines import MOST_WAITING, PAGES_AT_ONCE, StoreRecords

PAGE = ReadPage(records=(), area=Area(start="/"))


class Desk:
    """Stands where a journal's thread stores, and takes pages only while it is open."""

    def __init__(self) -> None:
        self.fields = SimpleNamespace(has_seen_enough=True)
        self.batches: list[int] = []
        self.is_open = asyncio.Event()
        self.is_open.set()

    async def store(self, call: Callable[..., Any], *, pages: list[ReadPage]) -> list[Any]:
        """Take a batch."""
        await self.is_open.wait()
        self.batches.append(len(pages))
        return []

    def count(self, result: Any) -> None:
        """Nothing became of anything."""


def stage_at(desk: Desk) -> StoreRecords:
    return StoreRecords(cast("RunJournal", desk))


def test_pages_are_stored_forty_at_once_and_the_rest_when_no_more_will_come():
    desk = Desk()

    async def crawl() -> None:
        stage = stage_at(desk)
        for _ in range(2 * PAGES_AT_ONCE + 5):
            await stage.process_item(PAGE)
        await stage.close_spider()

    asyncio.run(crawl())

    assert desk.batches == [PAGES_AT_ONCE, PAGES_AT_ONCE, 5]


def test_a_crawl_that_reads_faster_than_it_stores_waits():
    desk = Desk()

    async def crawl() -> None:
        desk.is_open.clear()
        stage = stage_at(desk)
        for _ in range(MOST_WAITING - 1):
            await stage.process_item(PAGE)
        too_many = [asyncio.create_task(stage.process_item(PAGE)) for _ in range(PAGES_AT_ONCE + 1)]
        await asyncio.wait(too_many, timeout=0)
        assert not all(task.done() for task in too_many)
        desk.is_open.set()
        await asyncio.gather(*too_many)
        await stage.close_spider()

    asyncio.run(crawl())

    assert sum(desk.batches) == MOST_WAITING + PAGES_AT_ONCE


def test_pages_wait_until_enough_was_read_to_see_whether_the_site_reads_as_it_did():
    desk = Desk()
    desk.fields.has_seen_enough = False

    async def crawl() -> None:
        stage = stage_at(desk)
        for _ in range(PAGES_AT_ONCE):
            await stage.process_item(PAGE)
        assert desk.batches == []
        await stage.close_spider()

    asyncio.run(crawl())

    assert desk.batches == [PAGES_AT_ONCE]
