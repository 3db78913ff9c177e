"""The way through a server's changes, against servers made up by Hypothesis that change while they are read."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import hypothesis
import pytest
from hypothesis import strategies as st

from scraping.feeds.errors import FeedStopped
from scraping.feeds.reso.query import Names, Query, literal_of
from scraping.feeds.reso.walk import Change, Walk, is_mark
from scraping.readers.reso.metadata import Field
from tests.conftest import at_length

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = Names(
    fields={name: Field(name=name) for name in ("ListingKey", "ModificationTimestamp")},
    key=Field(name="ListingKey"),
    modified=Field(name="ModificationTimestamp"),
    is_media_linked=False,
    lookups={},
)


class Server:
    """Records with a moment each; some are changed just before a page is served."""

    def __init__(self, moments: Sequence[int], changes: Sequence[int], style: str, page_size: int) -> None:
        self.moments = {f"k{number:03}": moment for number, moment in enumerate(moments)}
        self.latest = max(moments, default=0)
        self._changes = list(changes)
        self._style = style
        self._page_size = page_size

    def page(self, url: str) -> tuple[list[Change], str | None]:
        """The page at ``url``, and its next link."""
        self._change_something()
        condition, _, option = url.partition("?")
        name, _, value = option.partition("=")
        behind, skipped = value if name == "$skiptoken" else "", value if name == "$skip" else ""
        rows = [row for row in self._in_order() if self._passes(row, condition)]
        rows = [row for row in rows if not behind or (row.at, row.key) > self._mark(behind)]
        rows = rows[int(skipped or 0) :]
        page = rows[: self._page_size]
        if len(rows) <= len(page) or self._style == "none":
            return page, None
        last = f"{page[-1].literal},{page[-1].key}"
        counted = f"$skip={int(skipped or 0) + len(page)}"
        return page, f"{condition}?{counted if self._style == 'skip' else f'$skiptoken={last}'}"

    def _mark(self, text: str) -> tuple[datetime, str]:
        literal, _, key = text.partition(",")
        return datetime.fromisoformat(literal), key

    def _change_something(self) -> None:
        if self._changes and self.moments:
            self.latest += 1
            self.moments[sorted(self.moments)[self._changes.pop() % len(self.moments)]] = self.latest

    def _in_order(self) -> list[Change]:
        return [change_of(key, moment) for moment, key in sorted((at, key) for key, at in self.moments.items())]

    @staticmethod
    def _passes(row: Change, condition: str) -> bool:
        for part in condition.split(" and "):
            name, operator, value = part.split(" ")
            have = row.key if name == "ListingKey" else row.literal
            least = value.strip("'")
            if not {"ge": have >= least, "gt": have > least, "eq": have == least}[operator]:
                return False
        return True


def change_of(key: str, moment: int) -> Change:
    at = EPOCH + timedelta(seconds=moment)
    return Change(key=key, at=at, literal=literal_of(at))


class Conditions(Query):
    """Addresses that are their filter alone, which is all the made-up server reads."""

    def _changes(self, condition: str) -> str:
        return condition


def replicate(server: Server, since: str, copy: dict[str, datetime]) -> datetime | None:
    walk = Walk(query=Conditions(root="https://mls.example.com", names=NAMES, page_size=9), since=since)
    url: str | None = walk.first()
    for _ in range(10_000):
        if url is None:
            return walk.at
        changes, link = server.page(url)
        copy.update({change.key: change.at for change in changes})
        url = walk.next(changes, url="", next_link=link)
    raise AssertionError("the walk never ended")


@hypothesis.settings(max_examples=at_length(short=60, soak=3_000))
@hypothesis.given(
    moments=st.lists(st.integers(0, 6), max_size=40),
    changes=st.lists(st.integers(0, 100), max_size=12),
    style=st.sampled_from(["mark", "skip", "none"]),
    page_size=st.integers(1, 9),
)
def test_nothing_is_missed_while_records_change_under_the_way(moments, changes, style, page_size):
    server, copy = Server(moments, changes, style, page_size), {}

    replicate(server, literal_of(EPOCH), copy)

    assert set(copy) == set(server.moments)
    newest = {key: EPOCH + timedelta(seconds=moment) for key, moment in server.moments.items()}
    missed = {key for key, at in newest.items() if copy[key] != at}
    replicate(server, literal_of(EPOCH), copy)
    assert copy == {key: EPOCH + timedelta(seconds=moment) for key, moment in server.moments.items()}
    assert len(missed) <= 1  # at most the change that came with the last page


def test_a_server_that_does_not_keep_the_order_is_not_followed():
    walk = Walk(query=Conditions(root="https://mls.example.com", names=NAMES, page_size=2), since="")

    with pytest.raises(FeedStopped, match="order of their change"):
        walk.next([change_of("a", 5), change_of("b", 3)], url="", next_link=None)


@pytest.mark.parametrize(
    ("link", "answer"),
    [
        ("Property?$skip=200", False),
        ("https://mls.example.com/Property?%24skip=200&$top=9", False),
        ("https://mls.example.com/Property?$skiptoken=Aa", True),
        ("?_skiptoken=Aa", True),
    ],
)
def test_a_count_is_no_mark(link, answer):
    assert is_mark(link) is answer
