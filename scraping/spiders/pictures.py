"""Looks at the first pictures of new and changed adverts, behind everything else that a run asks for.

It keeps to the same manners, robots.txt included. What is no picture, or too large, is refused by its reason and
hides nothing; a site that is busy or refuses several in a row is left alone, and the rest waits for the next run.
"""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

from scrapy import Request, Spider
from scrapy.http import Response
from scrapy.spidermiddlewares.httperror import HttpError
from twisted.python.failure import Failure

from leads.errors import UnusableImage
from leads.images import look
from scraping import pictures
from scraping.failures import in_words
from scraping.journal import RunJournal
from scraping.memory import validators
from scraping.pictures import MOST_BYTES, MOST_SECONDS, Album, Look
from scraping.spiders.base import NOT_MODIFIED, told

TYPES: Final = frozenset({"image/jpeg", "image/jpg", "image/png", "image/webp", "image/gif"})
BUSY: Final = frozenset({429, 503})
REFUSALS_IN_A_ROW: Final = 3


@dataclass(slots=True)
class Watched:
    """An advert's pictures as their answers come in: the item of the stage that keeps them."""

    album: Album
    looks: dict[str, Look] = field(default_factory=dict)
    refused: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether every picture has answered."""
        return len(self.looks) + self.refused == len(self.album.addresses)


class Pictures(Spider):
    """Fetches what waits in the queue of its run's source."""

    name = "pictures"
    handle_httpstatus_list = (NOT_MODIFIED,)
    custom_settings = {
        "ITEM_PIPELINES": {"scraping.pipelines.KeepLooks": 100},
        "CLOSESPIDER_TIMEOUT": MOST_SECONDS,
        "DOWNLOAD_MAXSIZE": MOST_BYTES,
    }

    def __init__(self, *, journal: RunJournal, **kwargs: Any) -> None:
        super().__init__(name=self.name, **kwargs)
        self.journal = journal
        self._refusals = 0
        self._closing: asyncio.Task[None] | None = None

    async def start(self) -> AsyncIterator[Request | Watched]:
        """Ask for every picture that waits."""
        source = self.journal.run.source
        host = urlsplit(source.base_url).netloc
        for album in await self.journal.store(pictures.due, source=source):
            watched = Watched(album)
            refusals = await asyncio.to_thread(pictures.worth_asking, album.addresses, site_host=host)
            for address, reason in refusals.items():
                if reason:
                    self._refuse(watched, reason)
                else:
                    yield self._request(watched, address)
            if watched.is_whole:
                yield watched

    def _request(self, watched: Watched, address: str) -> Request:
        known = watched.album.known.get(address)
        return Request(
            address,
            callback=self.look_at,
            errback=self.leave,
            headers=dict(validators(etag=known.etag, last_modified=known.last_modified)) if known else {},
            cb_kwargs={"watched": watched, "address": address},
            meta={"is_picture": True, "dont_retry": True, "dont_redirect": True, "watched": watched},
        )

    async def look_at(self, response: Response, watched: Watched, address: str) -> AsyncIterator[Watched]:
        """Look at one picture within its limits."""
        self._refusals = 0
        known = watched.album.known.get(address)
        if response.status == NOT_MODIFIED and known:
            watched.looks[address] = known
            self.journal.note_picture()
        else:
            await self._open(response, watched, address)
        if watched.is_whole:
            yield watched

    async def _open(self, response: Response, watched: Watched, address: str) -> None:
        kind = told(response, "Content-Type", 100).partition(";")[0].strip().lower()
        if kind not in TYPES:
            self._refuse(watched, f"of the type {kind[:40] or 'unknown'}")
            return
        try:
            bits = await asyncio.to_thread(look, response.body)
        except UnusableImage as error:
            self._refuse(watched, error.detail)
            return
        watched.looks[address] = Look(
            bits=bits, etag=told(response, "ETag", 200), last_modified=told(response, "Last-Modified", 40)
        )
        self.journal.note_picture()

    def leave(self, failure: Failure) -> list[Watched]:
        """Refuse a picture that did not arrive; where its site is busy or refuses, ask no more."""
        error, request = failure.value, cast("Any", failure).request
        status = error.response.status if isinstance(error, HttpError) else None
        if status in BUSY:
            self._stop("busy")
            return []
        self._refusals = self._refusals + 1 if status in {401, 403} else 0
        if self._refusals >= REFUSALS_IN_A_ROW:
            self._stop("refused")
        watched: Watched = request.meta["watched"]
        self._refuse(watched, self._reason(error, status, host=urlsplit(request.url).netloc))
        return [watched] if watched.is_whole else []

    def _reason(self, error: BaseException | None, status: int | None, *, host: str) -> str:
        if status is not None:
            return f"HTTP {status}"
        return self.journal.closed_hosts.get(host) or in_words(error)

    def _refuse(self, watched: Watched, reason: str) -> None:
        watched.refused += 1
        self.journal.note_refused_picture(reason)

    def _stop(self, reason: str) -> None:
        if self._closing is None:
            closing = self.crawler.engine.close_spider_async(reason=reason)
            self._closing = asyncio.get_running_loop().create_task(closing)
