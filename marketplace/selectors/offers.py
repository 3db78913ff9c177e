"""Reads of what is on offer: a page of it, its number, one offer with its prices."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Q, Value
from django.db.models.functions import Concat
from django_cte import CTE, with_cte

from aiqleads.core import clock, geo, keyset
from aiqleads.core.keyset import Ordering, Page
from aiqleads.core.prepared import Prepared
from marketplace.filters import NO_FILTERS, ListingFilters, Sort
from marketplace.models import Listing
from marketplace.querysets import ListingQuerySet, matches, matches_unseen, relevance
from marketplace.selectors.sampling import AREA, expected, remembered
from pricing.models import Quote

_OFFER: Final = Prepared(lambda lead_id: Listing.objects.with_holds().select_related("quote").filter(pk=lead_id))
PAGE_SIZE = 24
MOST_COUNTED = 10_000
LEAST_REMEMBERED = 1_000
MOST_RANKED = 2_000
MOST_GATHERED = 5_000
CENTRE = ("near", "radius_miles")
PLACES = ("q", "state", "city", "county", "zip")
ORDERINGS = {
    Sort.NEWEST: Ordering(field="listed_at", is_descending=True),
    Sort.PRICE: Ordering(field="price_credits"),
    Sort.QUALITY: Ordering(field="quality_score", is_descending=True),
    Sort.DISTANCE: Ordering(field="nearness", is_computed=True),
    Sort.RELEVANCE: Ordering(field="relevance", is_descending=True, is_computed=True),
}


def search(
    filters: ListingFilters,
    *,
    cursor: str | None = None,
    size: int = PAGE_SIZE,
    most_ranked: int = MOST_RANKED,
) -> Page[Listing]:
    """One page of offers, each with ``live_holds`` and ``first_hold_ends_at``.

    :param most_ranked: of more offers that answer the words, only the best are sorted by relevance
    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    rows = _sortable(Listing.objects.offered().filter(condition(filters, size)), filters, most_ranked).with_holds()
    return keyset.page(rows, ordering=ORDERINGS[filters.sort], cursor=cursor, size=size)


def condition(filters: ListingFilters, size: int) -> Q:
    """What to ask for, so that the planner walks where gathering all offers of an area would take longer.

    PostgreSQL takes any area for a thousandth of the table. In a broad one a page is found soonest by going through
    the offers in their order, past those outside; the nearest, by going through the area's from its centre on.
    """
    if not set(AREA) & set(filters.names()):
        return matches(filters)
    meets = expected(filters)
    if filters.sort == Sort.DISTANCE:
        is_broad, by_index = meets.in_area > MOST_GATHERED, {*CENTRE, *PLACES}
    else:
        passed = size * meets.in_order / max(meets.found, 1)
        is_broad, by_index = passed < meets.in_area, set(NO_FILTERS) - set(AREA)
    if not is_broad:
        return matches(filters)
    return matches(filters.only(*by_index)) & matches_unseen(filters.without(*by_index))


def _sortable(rows: ListingQuerySet, filters: ListingFilters, most_ranked: int) -> ListingQuerySet:
    """The rows with the number that their sort computes. By relevance, only the best are looked at closely."""
    if filters.sort == Sort.DISTANCE and filters.near:
        latitude, longitude = filters.near
        return rows.annotate(nearness=geo.nearness(latitude=latitude, longitude=longitude))
    if filters.sort == Sort.RELEVANCE:
        return _most_relevant(rows, filters.q, most_ranked)
    return rows


def _most_relevant(rows: ListingQuerySet, words: str, most_ranked: int) -> ListingQuerySet:
    """The best of ``rows``, ranked by keys alone: the offers themselves are read where a page shows them."""
    ranked = rows.order_by("-quality_score", "-pk").annotate(rank=relevance(words))[:most_ranked]
    best = CTE(ranked.values("pk", "rank"), name="best")
    in_order = CTE(best.queryset().order_by("-rank", "-pk"), name="in_order")
    found: ListingQuerySet = with_cte(best, in_order, select=in_order.join(Listing, pk=in_order.col.pk))
    return found.annotate(relevance=in_order.col.rank)


def count(filters: ListingFilters, *, at_most: int = MOST_COUNTED) -> int:
    """How many offers match; ``at_most`` where they are as many or more, since counting all takes ever longer.

    A number from ``LEAST_REMEMBERED`` on may be half a minute old: each page of a list tells it again.
    """
    asked = (at_most, replace(filters, sort=Sort.NEWEST))
    return remembered(
        "count", asked, lambda: _count(filters, at_most), is_large=lambda counted: counted >= LEAST_REMEMBERED
    )


def _count(filters: ListingFilters, at_most: int) -> int:
    if filters.names() and expected(filters).found > 2 * at_most:
        return at_most
    return Listing.objects.offered().matching(filters)[:at_most].count()


def has_new(filters: ListingFilters, *, since: datetime) -> bool:
    """Whether anything that matches came on offer after ``since``."""
    return Listing.objects.offered().matching(filters).filter(listed_at__gt=since).exists()


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """The marketplace in three numbers."""

    offers: int
    cities: int
    listed_today: int


def figures() -> Figures:
    """How much is on offer now, in how many cities, and how much of it came in the last 24 hours."""
    recent = Q(listed_at__gt=clock.Now() - timedelta(days=1))
    counted = Listing.objects.offered().aggregate(
        offers=Count("pk"),
        cities=Count(Concat("city", Value(", "), "state_code"), distinct=True),
        listed_today=Count("pk", filter=recent),
    )
    return Figures(**counted)


def get_listing(lead_id: UUID) -> Listing:
    """An offer that is or was on the marketplace, with its holds; sold and withdrawn ones say so themselves.

    :raises Listing.DoesNotExist: the lead was never offered
    """
    listing = _OFFER.first(lead_id=lead_id)
    if listing is None:
        raise Listing.DoesNotExist
    return listing


def quote_history(lead_id: UUID) -> list[tuple[datetime, int]]:
    """When the price changed, and to how many credits; oldest first."""
    listing = Listing.objects.get(pk=lead_id)
    return list(listing.lead.quotes.order_by("quoted_at").values_list("quoted_at", "price_credits"))


def quote_page(lead_id: UUID, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Quote]:
    """One page of a lead's quotes, newest first.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="quoted_at", is_descending=True)
    return keyset.page(Quote.objects.filter(lead=lead_id), ordering=newest, cursor=cursor, size=size)
