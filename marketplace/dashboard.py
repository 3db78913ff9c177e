"""What an operator sees first: what waits for them, what is broken, what was sold. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from django.db.models import Count, Q, QuerySet, Sum
from django.http import HttpRequest

from aiqleads.core import alerts, clock, events
from aiqleads.core.models import Alert
from billing import books
from billing import selectors as billing
from leads import selectors as leads
from leads.models import Lead, SourceRight
from marketplace import selectors
from marketplace.models import Claim, Listing, Purchase
from scraping import selectors as scraping
from scraping.models import CrawlRun

QUEUE_LENGTH: Final = 10
SALES_DAYS: Final = (1, 7, 30)
ALERTS_SHOWN: Final = 8
UNWELL: Final = frozenset({CrawlRun.State.FAILED, CrawlRun.State.REFUSED, CrawlRun.State.SUSPICIOUS})


@dataclass(frozen=True, slots=True, kw_only=True)
class StateCount:
    """How many leads are in one state; ``share_percent`` of all leads."""

    state: str
    label: str
    count: int
    share_percent: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLine:
    """One source: on what right it is read, what its newest run did, and how often it is crawled.

    ``right`` and ``run`` are None where there is none; ``crawled_every`` is "" where no schedule is on.
    """

    slug: str
    name: str
    right: SourceRight | None
    is_paused: bool
    run: CrawlRun | None
    crawled_every: str

    @property
    def needs_a_look(self) -> bool:
        """Whether the last crawl did not end well."""
        return self.run is not None and self.run.state in UNWELL


@dataclass(frozen=True, slots=True, kw_only=True)
class Sales:
    """What was bought in the last ``days``, ``since`` then; returned purchases left out."""

    days: int
    since: datetime
    count: int
    revenue_credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """Everything on the operator's first screen, as of ``now``."""

    now: datetime
    states: Sequence[StateCount]
    offered_count: int
    held_count: int
    review_count: int
    review_queue: Sequence[Lead]
    sources: Sequence[SourceLine]
    sales: Sequence[Sales]
    credits_in_wallets: int
    are_books_balanced: bool
    outbox: events.Backlog
    alerts: Sequence[Alert]


def dashboard() -> Dashboard:
    """Gather the first screen in a fixed number of queries, however much there is."""
    now = clock.now()
    states = _states(leads.count_by_state())
    return Dashboard(
        now=now,
        states=states,
        offered_count=Listing.objects.offered().count(),
        held_count=Claim.objects.live().count(),
        review_count=next(item.count for item in states if item.state == Lead.State.REVIEW),
        review_queue=tuple(leads.review_queue()[:QUEUE_LENGTH]),
        sources=_sources(),
        sales=_sales(now),
        credits_in_wallets=billing.credits_in_wallets(),
        are_books_balanced=books.are_right(),
        outbox=events.backlog(),
        alerts=tuple(alerts.open_alerts()[:ALERTS_SHOWN]),
    )


def add_to_index(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Put the dashboard on the admin's index page: unfold calls this (``UNFOLD["DASHBOARD_CALLBACK"]``)."""
    return {**context, "dashboard": dashboard()}


def review_badge(request: HttpRequest) -> int:
    """How many leads wait for review, beside the menu's entry."""
    return leads.review_queue().count()


def returns_badge(request: HttpRequest) -> int:
    """How many returns wait for a person, beside the menu's entry."""
    return selectors.return_queue().count()


def _states(counts: Mapping[str, int]) -> list[StateCount]:
    total = sum(counts.values()) or 1
    return [
        StateCount(
            state=state,
            label=str(label),
            count=counts.get(state, 0),
            share_percent=counts.get(state, 0) * 100 / total,
        )
        for state, label in Lead.State.choices
    ]


def _sources() -> list[SourceLine]:
    rights = leads.rights_in_force()
    schedules = scraping.crawl_schedules()
    return [
        SourceLine(
            slug=source.slug,
            name=source.name,
            right=rights.get(source.slug),
            is_paused=source.is_paused,
            run=run,
            crawled_every=schedules.get(source.slug, ""),
        )
        for source, run in scraping.sources_with_last_run()
    ]


def _sales(now: datetime) -> list[Sales]:
    kept: QuerySet[Purchase] = Purchase.objects.filter(claim__state=Claim.State.SOLD)
    since = {days: Q(bought_at__gte=now - timedelta(days=days)) for days in SALES_DAYS}
    sums = kept.filter(since[max(SALES_DAYS)]).aggregate(
        **{f"count_{days}": Count("pk", filter=recent) for days, recent in since.items()},
        **{f"credits_{days}": Sum("price_credits", filter=recent, default=0) for days, recent in since.items()},
    )
    return [
        Sales(
            days=days,
            since=now - timedelta(days=days),
            count=sums[f"count_{days}"],
            revenue_credits=sums[f"credits_{days}"],
        )
        for days in SALES_DAYS
    ]
