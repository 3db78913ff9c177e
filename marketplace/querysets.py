"""Named filters and locks of the marketplace's tables."""

import operator
from collections.abc import Callable, Collection
from datetime import timedelta
from decimal import Decimal
from functools import reduce
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db.models import (
    BooleanField,
    Case,
    DateTimeField,
    Expression,
    ExpressionWrapper,
    F,
    FloatField,
    Func,
    IntegerField,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce

from aiqleads.core import geo, transactions
from aiqleads.core.clock import Now
from aiqleads.core.ranges import RangeEnd
from leads import fair_housing
from leads.gazetteer import county_zips
from leads.gazetteer.names import spellings
from leads.models import Lead
from marketplace.filters import ListingFilters

if TYPE_CHECKING:
    from marketplace.models import (  # noqa: F401  (names in annotations)
        Claim,
        Delivery,
        Listing,
        Notification,
        Receiver,
        WaitlistEntry,
    )

COMPARISONS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "": operator.eq,
    "in": lambda fact, asked: fact in asked,
    "gte": operator.ge,
    "lte": operator.le,
}
"""The lookups of ``_conditions``."""


class ClaimQuerySet(QuerySet["Claim"]):
    """Claims by what they are now."""

    def live(self) -> "ClaimQuerySet":
        """Holds that have not ended."""
        return self.filter(state="held", during__contains=Now())

    def soonest_first(self) -> "ClaimQuerySet":
        """In the order in which they end."""
        return self.order_by(RangeEnd("during"), "pk")

    def locked(self) -> "ClaimQuerySet":
        """Lock the rows, in the order of their leads."""
        transactions.require_transaction()
        return self.select_for_update(of=("self",)).order_by("lead_id", "id")


class WaitlistQuerySet(QuerySet["WaitlistEntry"]):
    """Places in queues."""

    def waiting(self) -> "WaitlistQuerySet":
        """Those that were not left."""
        return self.filter(left_at=None)


class OfLiveHolds(Func):
    """An aggregate of the holds of one lead that have not ended: ``ClaimQuerySet.live``, ready made.

    Every page asks for it, and two subqueries put together by Django take longer than the search that they are in.
    """

    template = (
        "(SELECT %(function)s FROM marketplace_claim"
        " WHERE lead_id = %(expressions)s AND state = 'held' AND during @> core_now())"
    )


class ListingQuerySet(QuerySet["Listing"]):
    """Offers by what the public may know of them."""

    def offered(self) -> "ListingQuerySet":
        """On the marketplace at this moment: listed, open, right in force, a copy left."""
        return self.filter(
            Q(right_until=None) | Q(right_until__gt=Now()),
            delisted_at=None,
            copies_left__gt=0,
            opens_at__lte=Now(),
        )

    def with_holds(self) -> "ListingQuerySet":
        """Adds ``live_holds``, and ``first_hold_ends_at``: when the next copy frees itself; NULL without a hold."""
        return self.annotate(  # type: ignore[no-redef]
            live_holds=OfLiveHolds("pk", function="count(*)", output_field=IntegerField()),
            first_hold_ends_at=OfLiveHolds("pk", function="min(upper(during))", output_field=DateTimeField()),
        )

    def matching(self, filters: ListingFilters) -> "ListingQuerySet":
        """Narrow to what ``filters`` ask for."""
        return self.filter(matches(filters))

    def locked(self, lead_ids: Collection[UUID] | QuerySet[Any, Any]) -> "ListingQuerySet":
        """Lock the leads of ``lead_ids`` and then their offers, in the one order that everybody takes them in.

        A claim's guard locks its lead as well: who had the offer alone would meet one who came by the lead.
        """
        transactions.require_transaction()
        leads = Lead.objects.filter(pk__in=lead_ids).order_by("pk").select_for_update(no_key=True)
        return self.filter(pk__in=leads.values("pk")).select_for_update(of=("self",)).order_by("pk")


class NotificationQuerySet(QuerySet["Notification"]):
    """Notifications by whether their member sees them in the centre."""

    def shown(self) -> "NotificationQuerySet":
        """In the notification centre."""
        return self.filter(is_shown=True)

    def unread(self) -> "NotificationQuerySet":
        """In the notification centre, and not opened yet."""
        return self.shown().filter(read_at=None)


class DeliveryQuerySet(QuerySet["Delivery"]):
    """Deliveries by whether something is left to do."""

    def waiting(self) -> "DeliveryQuerySet":
        """Not settled yet."""
        return self.filter(state="waiting")

    def due(self) -> "DeliveryQuerySet":
        """To be tried now, if their receiver can be."""
        return self.waiting().filter(due_at__lte=Now())


class ReceiverQuerySet(QuerySet["Receiver"]):
    """Receivers by whether anything may be sent to them."""

    def awake(self) -> "ReceiverQuerySet":
        """Switched on, and not resting after a failure."""
        return self.filter(Q(rests_until=None) | Q(rests_until__lte=Now()), is_on=True)


def matches(filters: ListingFilters) -> Q:
    """The condition that an offer is what ``filters`` ask for."""
    found = Q(_called(filters.city), **_conditions(filters))
    if filters.county:
        found &= Q(zip_code__in=county_zips(filters.county, state=filters.state.upper()))
    if filters.listed_within_days:
        found &= Q(listed_at__gt=Now() - timedelta(days=filters.listed_within_days))
    if filters.among is not None:
        found &= Q(pk__in=filters.among)
    if fair_housing.searchable(filters.q):
        found &= Q(search=_words(filters.q))
    if filters.near and filters.radius_miles:
        latitude, longitude = filters.near
        metres = filters.radius_miles * geo.METRES_PER_MILE
        found &= geo.in_circle(latitude=latitude, longitude=longitude, metres=metres)
    return found & geo.in_area(filters.polygon) if filters.polygon else found


def fits(filters: ListingFilters) -> Expression:
    """The same as a column."""
    condition = matches(filters)
    return Case(When(condition, then=Value(True)), default=Value(False)) if condition else Value(True)


def matches_unseen(filters: ListingFilters) -> Q:
    """The same for rows that are read anyhow: no index is asked, and the planner takes it for every other row."""
    condition = matches(filters)
    return Q(Coalesce(ExpressionWrapper(condition, BooleanField()), Value(False))) if condition else condition


def has_plain_facts(offer: "Listing", filters: ListingFilters) -> bool:
    """Whether an offer that was read has what ``matches`` compares column by column.

    It tells nearly all others from those that are worth a query, which asks for text and place as well.
    """
    return all(_has(offer, lookup, asked) for lookup, asked in _conditions(filters).items())


def _has(offer: "Listing", lookup: str, asked: Any) -> bool:
    field, _, comparison = lookup.partition("__")
    fact = getattr(offer, field)
    alike = float(fact) if isinstance(fact, Decimal) else fact  # as filters have halves of baths
    return fact is not None and COMPARISONS[comparison](alike, asked)


def relevance(words: str) -> Expression:
    """How well an offer's text answers ``words``; of those that do so equally the better lead counts more."""
    rank = Cast(SearchRank(F("search"), _words(words)), FloatField())
    return rank + Cast(F("quality_score"), FloatField()) / Value(1_000_000.0)


def _words(words: str) -> SearchQuery:
    """What is searched for: never who lives there, at whichever door it was asked."""
    return SearchQuery(fair_housing.searchable(words), config="english", search_type="websearch")


def _conditions(filters: ListingFilters) -> dict[str, Any]:
    asked = {
        "state_code": filters.state.upper(),
        "zip_code__in": filters.zip,
        "kind__in": filters.kind,
        "tier__in": filters.tier,
        "property_type__in": filters.property_type,
        "beds__gte": filters.beds_min,
        "beds__lte": filters.beds_max,
        "baths__gte": filters.baths_min,
        "area_sqft__gte": filters.area_min,
        "area_sqft__lte": filters.area_max,
        "price_credits__lte": filters.price_max,
        "asking_price_cents__gte": _cents(filters.asking_min),
        "asking_price_cents__lte": _cents(filters.asking_max),
        "quality_score__gte": filters.quality_min,
    }
    return {field: value for field, value in asked.items() if value is not None and value not in ("", ())}


def _called(city: str) -> Q:
    """Offers of a city, however its "Saint" or "Fort" is written."""
    return reduce(operator.or_, (Q(city__iexact=spelt) for spelt in spellings(city)), Q()) if city else Q()


def _cents(dollars: int | None) -> int | None:
    return None if dollars is None else dollars * 100
