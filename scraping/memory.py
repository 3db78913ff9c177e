"""What earlier runs read: pages that say the same again are neither parsed nor stored, only noted as seen.

Remembered is a page's validators and hash, which adverts it told of, and where it led; never its text. A page is
written down after its records are stored, so what is remembered is never more than what is there.
"""

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Final
from uuid import UUID

from aiqleads.core import clock
from aiqleads.core.personal_data import keyed_hash
from leads import normalise, selectors, services
from scraping import readers
from scraping.drift import Shares
from scraping.models import CrawlRun, PageMemory
from scraping.pages import Link, ReadPage, Remembered

FORGOTTEN_AFTER: Final = timedelta(days=30)
"""A page that no run met for so long is gone, or was read by readers that have changed since."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A page that was read: what is to be remembered of it, and which fields its records have."""

    row: PageMemory
    shares: Shares


class Memory:
    """The remembered pages of one run's source."""

    def __init__(self, run: CrawlRun, *, selectors: Mapping[str, str]) -> None:
        self.run = run
        self._base_url = run.source.base_url.rstrip("/")
        self._recipe = f"{run.source.reader} {reading_recipe()} {sorted(selectors.items())}"
        self._read: list[Kept] = []
        self._seen: list[Remembered] = []

    def page_hash(self, url: str, rules: str) -> str:
        """What a page is known by, wherever the site is served; it changes with how pages are read and chosen."""
        return keyed_hash(f"{self._recipe}\0{rules}\0{self._within(url)}", purpose="page")

    def recall(self, page_hashes: Collection[str]) -> dict[str, Remembered]:
        """What is remembered of these pages. One whose advert is gone since is left out: it is to be read again."""
        rows = PageMemory.objects.filter(source=self.run.source, page_hash__in=page_hashes)
        known = {row.page_hash: self._remembered(row) for row in rows}
        told = [key for page in known.values() for key in page.observation_ids]
        standing = selectors.standing_observations(told) if told else set()
        return {key: page for key, page in known.items() if standing.issuperset(page.observation_ids)}

    def is_done(self, page: Remembered) -> bool:
        """Whether this run, or the broken one that it goes on with, has read the page already."""
        return self.run.since < self.run.started_at and page.read_at >= self.run.since

    def keep(self, page: ReadPage, observation_ids: Iterable[UUID]) -> None:
        """Remember how a page reads now, whose records are stored."""
        links = [[self._within(link.url), link.holds] for link in page.links]
        row = PageMemory(
            source=self.run.source,
            page_hash=page.page_hash,
            etag=page.etag,
            last_modified=page.last_modified,
            content_hash=page.content_hash,
            observation_ids=list(observation_ids),
            links=links,
        )
        self._read.append(Kept(row, page.shares))

    def see_again(self, page: Remembered) -> None:
        """Note that a page says what it said."""
        self._seen.append(page)

    @property
    def unwritten(self) -> tuple[Kept, ...]:
        """The pages that were read and are not written down yet."""
        return tuple(self._read)

    def write_read(self, pages: Sequence[Kept]) -> None:
        """Write ``unwritten`` pages down. Joins the caller's transaction, who calls ``forget_read`` after it."""
        if not pages:
            return
        rows, now = {page.row.page_hash: page.row for page in pages}, clock.now()
        for row in rows.values():
            row.read_at = now
        PageMemory.objects.bulk_create(
            rows.values(),
            update_conflicts=True,
            unique_fields=["source", "page_hash"],
            update_fields=["etag", "last_modified", "content_hash", "observation_ids", "links", "read_at"],
        )

    def forget_read(self, pages: Sequence[Kept]) -> None:
        """Drop what is written down."""
        del self._read[: len(pages)]

    def write_seen(self) -> None:
        """Write down what was seen again since the last time."""
        seen = list(self._seen)
        if not seen:
            return
        told = [key for page in seen for key in page.observation_ids]
        if told:
            services.see_again(observation_ids=told)
        hashes = [page.page_hash for page in seen]
        PageMemory.objects.filter(source=self.run.source, page_hash__in=hashes).update(read_at=clock.Now())
        del self._seen[: len(seen)]

    def _remembered(self, row: PageMemory) -> Remembered:
        return Remembered(
            page_hash=row.page_hash,
            etag=row.etag,
            last_modified=row.last_modified,
            content_hash=row.content_hash,
            observation_ids=tuple(row.observation_ids),
            links=tuple(Link(self._anywhere(address), holds) for address, holds in row.links),
            read_at=row.read_at,
        )

    def _within(self, url: str) -> str:
        """An address without the site's own, which may move."""
        return url.removeprefix(self._base_url) if url.startswith(f"{self._base_url}/") else url

    def _anywhere(self, address: str) -> str:
        return f"{self._base_url}{address}" if address.startswith("/") else address


def validators(*, etag: str, last_modified: str) -> Mapping[str, str]:
    """The headers that ask for a page or a picture only if it has changed."""
    told = {"If-None-Match": etag, "If-Modified-Since": last_modified}
    return {name: value for name, value in told.items() if value}


def content_hash(body: bytes) -> str:
    """Equal for two answers of the same bytes."""
    return hashlib.blake2b(body, digest_size=16).hexdigest()


def forget_old(run: CrawlRun) -> int:
    """Drop what no run met for a long time; return how many pages."""
    old = PageMemory.objects.filter(source=run.source, read_at__lt=clock.now() - FORGOTTEN_AFTER)
    return old.delete()[0]


@cache
def reading_recipe() -> str:
    """Another text where readers or normalisers were changed, so that everything is read again then."""
    digest = hashlib.blake2b(digest_size=8)
    for package in (readers, normalise):
        for path in sorted(Path(str(package.__file__)).parent.rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()
