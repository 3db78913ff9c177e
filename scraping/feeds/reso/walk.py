"""Which page comes next on the way through everything that changed, so that none is missed while others change.

Pages counted from the start (``$skip``) slide when a record is changed in the middle of the way: the one behind it
is never seen. So a walk begins each page at the last change it met, and follows a server's own mark
(``$skiptoken``) where there is one. It is over when a page brings nothing that it had not met.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qs, unquote, urljoin, urlsplit

from scraping.feeds.errors import FeedStopped
from scraping.feeds.reso.query import Query


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One record on a page: what it is called and when it changed, also in the server's own writing."""

    key: str
    at: datetime
    literal: str


@dataclass(kw_only=True)
class Walk:
    """One way through a server's changes, from the oldest.

    :param since: where it begins, as an OData literal
    """

    query: Query
    since: str
    at: datetime | None = None
    _literal: str = ""
    _met: set[str] = field(default_factory=set)
    _among_ties: bool = False
    _largest: int = 0

    def first(self) -> str:
        """The first page's address."""
        return self.query.changed_since(self.since)

    def fresh(self, changes: Sequence[Change]) -> list[bool]:
        """For each record whether it is new on this way: a page begins with what the last one ended with."""
        return [not (change.at == self.at and change.key in self._met) for change in changes]

    def next(self, changes: Sequence[Change], *, url: str, next_link: str | None) -> str | None:
        """Where to go on after a page; None at the end.

        :raises FeedStopped: the page was not in the order that was asked for
        """
        brought = any(self.fresh(changes))
        moved = self._note(changes)
        is_full = bool(changes) and len(changes) >= self._largest
        self._largest = max(self._largest, len(changes))
        if next_link and is_mark(next_link):
            return urljoin(url, next_link)
        if moved:
            self._among_ties = False
            return self.query.changed_since(self._literal)
        return self._beyond_ties(changes, is_cut=brought or is_full)

    def _note(self, changes: Sequence[Change]) -> bool:
        """Remember the page's newest moment and who changed in it; return whether it is newer than before."""
        before = self.at
        for change in changes:
            if self.at is not None and change.at < self.at:
                raise FeedStopped("The server does not keep its records in the order of their change.")
            if change.at != self.at:
                self.at, self._literal = change.at, change.literal
                self._met.clear()
            self._met.add(change.key)
        return self.at != before

    def _beyond_ties(self, changes: Sequence[Change], *, is_cut: bool) -> str | None:
        """More may have changed in one moment than a page holds: through them by key, then on behind them."""
        if is_cut:
            self._among_ties = True
            return self.query.changed_at(self._literal, after_key=changes[-1].key)
        if self._among_ties:
            self._among_ties = False
            return self.query.changed_after(self._literal)
        return None


def is_mark(link: str) -> bool:
    """Whether a next link holds a mark of the server's own rather than a count of what to leave out."""
    options = parse_qs(unquote(urlsplit(link).query))
    return "$skip" not in options
