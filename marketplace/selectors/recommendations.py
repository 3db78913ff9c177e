"""What a member may want to look at next, each with its reason.

The signals are what the member asked for, bought and looked at: places as wide as a city, kinds of lead, and asking
prices. Nothing about people, and no place so small that it stands for who lives there.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import chain, zip_longest
from typing import Final
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import clock
from leads.models import Kind
from marketplace import search_text
from marketplace.filters import ListingFilters
from marketplace.models import Claim, CrmMatch, Listing, Purchase, SavedSearch, ViewedLead
from marketplace.querysets import ListingQuerySet

MOST: Final = 12
SEARCHES_ASKED: Final = 4
MARKETS_ASKED: Final = 2
OF_EACH: Final = 8
REMEMBERS: Final = timedelta(days=90)
ROWS_REMEMBERED: Final = 200

Market = tuple[str, str, str]
"""City, state and kind of lead."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recommendation:
    """An offer and why it is shown, in a sentence."""

    listing: Listing
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wish:
    filters: ListingFilters
    reason: str


def recommendations(member: Membership | None, *, limit: int = MOST) -> list[Recommendation]:
    """At most ``limit`` free offers, of each wish in turn, then the best on offer; for the public these alone."""
    free = Listing.objects.offered().with_holds().exclude(pk__in=Claim.objects.live().values("lead"))
    wishes: list[_Wish] = []
    if member is not None:
        free = free.exclude(pk__in=_known_already(member))
        wishes = list(_wishes(member))
    wished = zip_longest(*(_fulfil(wish, free) for wish in wishes))
    best = _fulfil(_Wish(filters=ListingFilters(), reason="Among the best on offer now."), free)
    recommended: dict[UUID, Recommendation] = {}
    for one in chain(*wished, best):
        if one:
            recommended.setdefault(one.listing.pk, one)
    return list(recommended.values())[:limit]


def _fulfil(wish: _Wish, offers: ListingQuerySet) -> list[Recommendation]:
    best = offers.matching(wish.filters).order_by("-quality_score", "-pk")[:OF_EACH]
    return [Recommendation(listing=offer, reason=wish.reason) for offer in best]


def _wishes(member: Membership) -> Iterator[_Wish]:
    since = clock.now() - REMEMBERS
    searches = SavedSearch.objects.filter(membership=member).order_by("-created_at")
    for search in searches[:SEARCHES_ASKED]:
        if filters := search_text.read_filters(search.query):
            yield _Wish(filters=filters, reason=f"Fits your search “{search.name}”.")
    bought = Purchase.objects.filter(organisation=member.organisation_id, bought_at__gt=since)
    of_bought = bought.values_list("lead__listing__city", "lead__listing__state_code", "lead__listing__kind")
    yield from _markets(of_bought.order_by("-bought_at")[:ROWS_REMEMBERED], "Like what you bought: {}.")
    viewed = ViewedLead.objects.filter(membership=member, viewed_at__gt=since)
    of_viewed = viewed.values_list("listing__city", "listing__state_code", "listing__kind")
    yield from _markets(of_viewed.order_by("-viewed_at")[:ROWS_REMEMBERED], "Like what you looked at: {}.")


def _markets(markets: Iterable[Market], reason: str) -> Iterator[_Wish]:
    for (city, state, kind), _ in Counter(markets).most_common(MARKETS_ASKED):
        yield _Wish(
            filters=ListingFilters(city=city, state=state, kind=(kind,)),
            reason=reason.format(f"{Kind(kind).label.lower()} in {city}, {state}"),
        )


def _known_already(member: Membership) -> set[UUID]:
    """What the organisation bought, holds or has in its own CRM."""
    organisation = member.organisation_id
    taken = Claim.objects.filter(organisation=organisation, during__contains=clock.Now())
    matches = CrmMatch.objects.filter(upload__organisation=organisation)
    return {*taken.values_list("lead_id", flat=True), *matches.values_list("listing_id", flat=True)}
