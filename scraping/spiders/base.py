"""What every spider shares. A spider is a source's slug or reader, and which links lead to what.

Spiders read pages through ``scraping.readers`` and yield what they read; they never touch the database.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, cast
from urllib.parse import urljoin, urlsplit

from scrapy import Request, Spider
from scrapy.http import Response, TextResponse
from scrapy.linkextractors import LinkExtractor
from twisted.python.failure import Failure

from leads.records import ListingRecord
from scraping.failures import in_words
from scraping.journal import RunJournal
from scraping.memory import content_hash, validators
from scraping.pages import Area, Holds, Link, ReadPage, Remembered
from scraping.readers import PageReading, UnreadablePage, read_page

NOT_MODIFIED: Final = 304
MOST_TAGS: Final = 120_000
"""Opening and closing ones; the longest real list has a sixth of it, and looking at links takes its time."""
WITHOUT_END: Final = "a list that goes on without end"


@dataclass(frozen=True, slots=True)
class Rule:
    """Links to follow, and what is read where they lead."""

    links: LinkExtractor
    holds: Holds


def adverts(*patterns: str) -> Rule:
    """Links to adverts whose address matches one of ``patterns``. One that fails hides no other."""
    return Rule(LinkExtractor(allow=patterns), "adverts")


def lists(*patterns: str) -> Rule:
    """Links to lists and to their next pages; no pattern means all links."""
    return Rule(LinkExtractor(allow=patterns), "links")


def pages(*patterns: str) -> Rule:
    """Links to pages that may be either, of a site that is known only by looking."""
    return Rule(LinkExtractor(allow=patterns), "both")


@dataclass(frozen=True, slots=True)
class Way:
    """How a page was come by: from which area, and how many known adverts stood in a row before it."""

    area: Area
    known_in_a_row: int = 0


class SiteSpider(Spider):
    """A web site of lists and adverts.

    :param base_url: the site's address, without a slash at the end
    :param reader: the slug of the reader of its adverts
    :param journal: the running notes of this crawl, for the middleware and the pipeline
    :param areas: where to begin; none means the front page
    :param selectors: where an operator found the fields of the site's adverts
    """

    name = "site"
    rules: ClassVar[tuple[Rule, ...]] = ()
    handle_httpstatus_list = (NOT_MODIFIED,)

    def __init__(
        self,
        *,
        base_url: str,
        reader: str,
        journal: RunJournal,
        areas: Sequence[Area],
        selectors: Mapping[str, str],
        **kwargs: Any,
    ) -> None:
        super().__init__(name=self.name, **kwargs)
        self.reader = reader
        self.selectors = selectors
        self.journal = journal
        self.base_url = base_url
        self.areas = areas or (Area(start="/"),)
        self.allowed_domains = [(urlsplit(base_url).hostname or "").removeprefix("www.")]
        self._asked: set[str] = set()

    async def start(self) -> AsyncIterator[Request]:
        """Ask for the first page of every area."""
        for area in self.areas:
            async for request in self.follow([Link(urljoin(f"{self.base_url}/", area.start), "links")], Way(area)):
                yield request

    async def visit(self, response: Response, way: Way) -> AsyncIterator[ReadPage | Request]:
        """Read one page, unless it says what it said before, and follow its links."""
        remembered: Remembered | None = response.meta["remembered"]
        if remembered and says_the_same(response, remembered):
            self.journal.note_unchanged(remembered, is_asked=True)
            links = remembered.links
        else:
            read = self._read(response, way)
            links = read.links if read else ()
            if read:
                yield read
        if links and response.meta.get("depth", 0) >= self.settings.getint("DEPTH_LIMIT"):
            self.journal.note_missing_list()
            self.journal.note_rejected(WITHOUT_END)
            return
        async for request in self.follow(links, way):
            yield request

    def leave(self, failure: Failure) -> None:
        """Note a page that no middleware has noted: a redirect loop, a body too large to unpack."""
        request = cast("Any", failure).request
        if not request.meta.get("is_noted"):
            self.journal.note_request(
                url=request.meta["asked_url"],
                outcome="failed",
                status=None,
                reason=in_words(failure.value),
                seconds=None,
            )
            self._note_missing(request.meta["holds"])

    def _note_missing(self, holds: Holds) -> None:
        if holds != "adverts":
            self.journal.note_missing_list()

    async def follow(self, links: Iterable[Link], way: Way) -> AsyncIterator[Request]:
        """Ask for pages that were not asked for yet, only if they changed where they are remembered.

        A page that the broken run before had read is not asked for: where it led is followed at once.
        """
        waiting = deque([tuple(links)])
        while waiting:
            fresh = self._not_yet_asked(waiting.popleft())
            hashes = {link.url: self.journal.memory.page_hash(link.url, way.area.rules) for link in fresh}
            recalled = await self.journal.recall(hashes.values()) if fresh else {}
            known = {url: recalled[key] for url, key in hashes.items() if key in recalled}
            taken, way = self._turn_no_page(fresh, known, way)
            for link in taken:
                page = known.get(link.url)
                if page and self.journal.memory.is_done(page):
                    self.journal.note_unchanged(page, is_asked=False)
                    waiting.append(page.links)
                else:
                    yield self._request(link, way, page)

    def _not_yet_asked(self, links: Iterable[Link]) -> list[Link]:
        fresh = {link.url: link for link in links if link.url not in self._asked}
        self._asked.update(fresh)
        return list(fresh.values())

    def _turn_no_page(self, links: list[Link], known: dict[str, Remembered], way: Way) -> tuple[list[Link], Way]:
        """Leave out the next pages of a list, newest first, where enough known adverts stand in a row."""
        limit = 0 if self.journal.run.is_full else way.area.stop_at_seen
        if not limit:
            return links, way
        in_a_row = way.known_in_a_row
        for link in links:
            if link.holds == "adverts" and in_a_row < limit:
                in_a_row = in_a_row + 1 if link.url in known else 0
        if in_a_row < limit:
            return links, replace(way, known_in_a_row=in_a_row)
        kept = [link for link in links if link.holds == "adverts"]
        if len(kept) < len(links):
            self.journal.note_missing_list()  # what lies behind was not visited, so nothing there is gone
        return kept, way

    def _request(self, link: Link, way: Way, remembered: Remembered | None) -> Request:
        return Request(
            link.url,
            callback=self.visit,
            errback=self.leave,
            cb_kwargs={"way": way},
            headers=_validators(remembered) if remembered else {},
            meta={
                "holds": link.holds,
                "is_advert": link.holds == "adverts",
                "remembered": remembered,
                "asked_url": link.url,
            },
        )

    def _read(self, response: Response, way: Way) -> ReadPage | None:
        try:
            if not isinstance(response, TextResponse):
                raise UnreadablePage("It says of itself that it is no page.")
            records, links = self.read(response, response.meta["holds"])
        except UnreadablePage as error:
            self.journal.note_unread_page(response.meta["asked_url"], str(error))
            self._note_missing(response.meta["holds"])
            return None
        return ReadPage(
            records=records,
            area=way.area,
            page_hash=self.journal.memory.page_hash(response.meta["asked_url"], way.area.rules),
            etag=told(response, "ETag", 200),
            last_modified=told(response, "Last-Modified", 40),
            content_hash=content_hash(response.body),
            links=links,
        )

    def read(self, response: TextResponse, holds: Holds) -> tuple[tuple[ListingRecord, ...], tuple[Link, ...]]:
        """What one page says and where it leads.

        :raises UnreadablePage: the reader can do nothing with it
        """
        records: tuple[ListingRecord, ...] = ()
        if holds != "links":
            reading = self.reading(response)
            records = reading.records if reading.page == "listing" else ()
            if reading.page == "rejected" and holds == "adverts":
                self.journal.note_rejected(reading.reason or "no advert")
        return records, tuple(self.links_in(response)) if holds != "adverts" else ()

    def _is_on_site(self, url: str) -> bool:
        host = urlsplit(url).hostname or ""
        return any(host == site or host.endswith(f".{site}") for site in self.allowed_domains)

    def reading(self, response: TextResponse) -> PageReading:
        """What our reader makes of a page."""
        return read_page(self.reader, response.body, response.url, selectors=self.selectors)

    def links_in(self, response: TextResponse) -> Iterator[Link]:
        """Where a list leads, as it stands there. The first rule that knows an address decides."""
        if response.body.count(b"<") > MOST_TAGS:
            raise UnreadablePage("The page has too many elements to be a list.")
        met: set[str] = set()
        for rule in self.rules:
            for link in rule.links.extract_links(response):
                if link.url not in met and self._is_on_site(link.url):
                    met.add(link.url)
                    yield Link(link.url, rule.holds)


def _validators(page: Remembered) -> dict[str, str]:
    return dict(validators(etag=page.etag, last_modified=page.last_modified))


def says_the_same(response: Response, remembered: Remembered) -> bool:
    """Whether a page is what it was: the site says so, or it answers the same bytes."""
    return response.status == NOT_MODIFIED or content_hash(response.body) == remembered.content_hash


def told(response: Response, header: str, characters: int) -> str:
    """A header's text; "" where it is absent, or longer than any honest one."""
    text = (response.headers.get(header) or b"").decode("latin-1")
    return text if len(text) <= characters else ""
