"""Pages as values: where one leads, what was read on it, and what is remembered of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal
from uuid import UUID

from leads.records import ListingRecord
from scraping.drift import Share, Shares

Holds = Literal["adverts", "links", "both"]
"""What is read on a page: an advert's page leads nowhere, a list holds no advert, and a site may not tell which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Where a crawl begins, and what it takes there.

    :param kinds: of leads; empty takes all
    :param least_price: whole dollars; ``None`` takes all
    :param stop_at_seen: how many known adverts in a row end a list that is newest first; 0 ends none
    """

    start: str
    kinds: frozenset[str] = frozenset()
    least_price: int | None = None
    stop_at_seen: int = 0

    def refusal(self, record: ListingRecord) -> str:
        """Why a record is not taken here; "" where it is."""
        if self.kinds and record.kind is not None and record.kind not in self.kinds:
            return "a kind that this area leaves out"
        price = record.asking_price
        if self.least_price is not None and price is not None and price < Decimal(self.least_price):
            return "asks less than this area's least price"
        return ""

    @property
    def rules(self) -> str:
        """Another text where other records would be taken."""
        return f"{sorted(self.kinds)} {self.least_price}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a crawl knows before it begins.

    :param areas: where it begins; none means the front page
    :param selectors: field → selector, as an operator wrote them for the site
    :param begun: field → its share of what the broken run, which this one goes on with, has read and remembers
    :param health: field → its shares in the source's healthy runs, the newest first; none before enough runs
    :param has_pictures_due: earlier runs left pictures to look at
    :param usual_pages: how many pages the last such crawl came to; 0 where there was none
    """

    areas: tuple[Area, ...] = ()
    selectors: Mapping[str, str] = field(default_factory=dict)
    begun: Shares = field(default_factory=dict)
    health: Mapping[str, Sequence[Share]] = field(default_factory=dict)
    usual_pages: int = 0
    has_pictures_due: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """An address and what is to be read there."""

    url: str
    holds: Holds


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """How a page read the last time; ``links`` are where it led."""

    page_hash: str
    etag: str
    last_modified: str
    content_hash: str
    observation_ids: tuple[UUID, ...]
    links: tuple[Link, ...]
    read_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPage:
    """One page as it reads now: the item of the pipelines.

    :param page_hash: what memory knows it by; "" where it is not to be remembered
    :param shares: field → its share of the records, once they were counted
    """

    records: tuple[ListingRecord, ...]
    area: Area
    page_hash: str = ""
    etag: str = ""
    last_modified: str = ""
    content_hash: str = ""
    links: tuple[Link, ...] = ()
    shares: Shares = field(default_factory=dict)
