"""The three ways in which a run learns what a server has: by time, by event, and by every key.

By time is how a feed begins, and goes on where there are no events. By event is exact and tells of deletions at
once. By every key finds what neither told: what was deleted silently, and what appeared without having changed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Final
from urllib.parse import urljoin

from leads import services as leads
from scraping.feeds.errors import FeedStopped
from scraping.feeds.reso.query import MODIFIED, address
from scraping.feeds.reso.records import Records
from scraping.feeds.reso.walk import Walk, is_mark
from scraping.readers.reso.answers import Answer, Row

EVENTS: Final = "EntityEvent"
BELIEVED_RATIO: Final = 0.99
"""A list of keys that is shorter than this share of the server's own count is not the whole list."""


def follow_changes(records: Records, *, since: str, stored: Callable[[datetime], None]) -> None:
    """Read and store everything that changed ``since`` (an OData literal).

    :param stored: called after each page with the newest change that is stored now
    """
    walk = Walk(query=records.query, since=since)
    url: str | None = walk.first()
    while url:
        answer = records.ask(url)
        told = [(row, change) for row in records.standard(answer.rows) if (change := records.change_of(row))]
        if answer.rows and not told:
            raise FeedStopped(f"The server's records have no key or no {MODIFIED} that can be read.")
        changes = [change for _, change in told]
        records.store(row for (row, _), is_new in zip(told, walk.fresh(changes), strict=True) if is_new)
        url = walk.next(changes, url=url, next_link=answer.next_link)
        if walk.at:
            stored(walk.at)


def newest_event(records: Records) -> int | None:
    """The number of the newest event; None where the server lets nobody ask for events."""
    options = {"$orderby": "EntityEventSequence desc", "$top": "1"}
    try:
        answer = records.ask(address(records.query.root, EVENTS, options))
    except FeedStopped:
        return None
    return max((number for row in answer.rows if (number := _number(row))), default=0)


def follow_events(records: Records, *, after: int, stored: Callable[[int, set[str], set[str]], None]) -> None:
    """Read and store what the events after number ``after`` tell of, a page of events at a time.

    :param stored: called after each page with its newest number, the keys it told of, and those that the server
        no longer has
    """
    while True:
        answer = records.ask(_events_after(records, after))
        newest = max((number for row in answer.rows if (number := _number(row))), default=after)
        if newest <= after:
            return
        keys = {str(row.get("ResourceRecordKey") or "") for row in answer.rows if _is_about_listings(row)} - {""}
        stored(newest, keys, records.fetch(sorted(keys)))
        after = newest


def _events_after(records: Records, number: int) -> str:
    options = {
        "$filter": f"EntityEventSequence gt {number}",
        "$orderby": "EntityEventSequence",
        "$top": str(records.query.page_size),
    }
    return address(records.query.root, EVENTS, options)


def _number(row: Row) -> int | None:
    text = str(row.get("EntityEventSequence") or "")
    return int(text) if text.isdecimal() else None


def _is_about_listings(row: Row) -> bool:
    return str(row.get("ResourceName") or "Property") == "Property"


def compare_every_key(records: Records, pages: Iterator[Answer] | None = None) -> bool:
    """Meet every advert whose key the server lists, and fetch those that we lack.

    :param pages: of keys, where the server lists them in a way of its own
    :return: whether the list was whole, so that what it did not name is gone
    """
    count, total = 0, None
    for answer in _pages_of_keys(records) if pages is None else pages:
        total = answer.total if answer.total is not None else total
        keys = [str(row.get(records.query.names.key.name)) for row in answer.rows]
        count += len(keys)
        met = leads.meet_again(source=records.journal.run.source, external_ids=keys)
        records.fetch([key for key in keys if key not in met and key not in records.not_kept])
    return count > 0 and (total is None or count >= total * BELIEVED_RATIO)


def _pages_of_keys(records: Records) -> Iterator[Answer]:
    """Page after page, each beginning after the last key, or where the server's own mark leads."""
    url, last = records.query.keys_after(None), ""
    while True:
        answer = records.ask(url)
        newest = str(answer.rows[-1].get(records.query.names.key.name)) if answer.rows else last
        if newest != last:
            yield answer
        if answer.next_link and is_mark(answer.next_link):
            url = urljoin(url, answer.next_link)
        elif newest == last:
            return
        else:
            url, last = records.query.keys_after(newest), newest
