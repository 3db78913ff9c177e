"""Spark's own interface (``…/v1/listings``), for services that offer no Web API: everything by a mark, by key.

Its pages come in the order of their keys, each behind the mark (``_skiptoken``) of the one before, and changes are
a filter over the same list. So a pass says nothing of the time until it has ended: a broken one is made again.
Source: https://www.sparkplatform.com/docs/supporting_documentation/replication
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, cast
from urllib.parse import urlsplit

from scraping.feeds.errors import FeedStopped
from scraping.feeds.reso.query import KEYS_PER_REQUEST, MODIFIED, Names, Query, address, literal_of
from scraping.feeds.reso.records import Records
from scraping.readers.reso.answers import Answer, with_next
from scraping.readers.reso.listing import FIELDS_READ
from scraping.readers.reso.metadata import Field

CACHED_FOR: Final = timedelta(minutes=20)
"""A change may show so late: its servers answer from caches."""
MOST_AT_ONCE: Final = 1_000
NAMES: Final = Names(
    fields={name: Field(name=name) for name in FIELDS_READ},
    key=Field(name="ListingKey"),
    modified=Field(name=MODIFIED),
    is_media_linked=False,
    lookups={},
)


def may_speak(base_url: str) -> bool:
    """Whether an address without ``$metadata`` may be Spark's own interface."""
    return urlsplit(base_url).path.rstrip("/").endswith("/v1")


@dataclass(frozen=True, slots=True, kw_only=True)
class SparkQuery(Query):
    """Addresses of ``root``'s listings, in Spark's words."""

    def changed_since(self, moment: str) -> str:
        """The first page of what changed after ``moment``; of everything for ""."""
        return self._listings(f"{MODIFIED} Gt {moment}" if moment else "")

    def by_keys(self, keys: Iterable[str]) -> str:
        return self._listings(" Or ".join(f"ListingKey Eq '{key}'" for key in keys), limit=KEYS_PER_REQUEST)

    def every_key(self) -> str:
        """The first page of the keys alone."""
        return self._listings("", _select="ListingKey")

    def _listings(self, condition: str, *, limit: int = MOST_AT_ONCE, **options: str) -> str:
        conditions = [part for part in (self.licence_filter, condition) if part]
        told = {"_filter": " And ".join(f"({part})" for part in conditions)} if conditions else {}
        return address(self.root, "listings", {**told, **options, "_limit": str(limit), "_skiptoken": ""})


def query_of(*, root: str, page_size: int, licence_filter: str) -> SparkQuery:
    """How to ask the service at ``root``; its own words need no description."""
    return SparkQuery(root=root, names=NAMES, page_size=page_size, licence_filter=licence_filter)


def follow_changes(records: Records, *, until: datetime | None) -> datetime | None:
    """Read and store what changed since ``until``, less the time that caches take; everything for None.

    :return: the newest change met; None where nothing changed
    """
    newest = None
    query = _spark(records)
    for answer in _pages(records, query.changed_since(literal_of(until - CACHED_FOR) if until else "")):
        rows = records.standard(answer.rows)
        changes = [change.at for row in rows if (change := records.change_of(row))]
        if rows and not changes:
            raise FeedStopped(f"The server's records have no key or no {MODIFIED} that can be read.")
        records.store(rows)
        newest = max([*changes, *([newest] if newest else [])], default=None)
    return newest


def pages_of_keys(records: Records) -> Iterator[Answer]:
    """Every key that the service lists."""
    return _pages(records, _spark(records).every_key())


def _spark(records: Records) -> SparkQuery:
    return cast("SparkQuery", records.query)


def _pages(records: Records, first: str) -> Iterator[Answer]:
    """Page after page, until one is empty or has no mark of a next."""
    url, met = first, set[str]()
    while True:
        answer = records.ask(url)
        if not answer.rows:
            return
        yield answer
        if not answer.next_link or answer.next_link in met:
            return
        met.add(answer.next_link)
        url = with_next(url, answer.next_link)
