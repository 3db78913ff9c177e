"""Reads of standing orders: an organisation's own, and which of them may have an offer, in their order."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import Case, Count, Exists, OuterRef, Q, QuerySet, Subquery, Sum, UUIDField, Value, When
from django.db.models.functions import Coalesce, Greatest

from accounts.models import Membership
from aiqleads.core import clock, geo
from aiqleads.core.clock import Now
from aiqleads.core.prepared import Prepared
from aiqleads.core.ranges import RangeStart
from marketplace import search_text, standing_terms
from marketplace.filters import ListingFilters
from marketplace.models import Claim, Listing, Purchase, StandingOrder, Territory
from marketplace.querysets import has_plain_facts, matches

ORDERS_A_QUERY: Final = 50
LOOKED_AT_ONCE: Final = 100
LONGEST_WINDOWS: Final = timedelta(minutes=75)
"""An offer opens to everybody this long after it opens at all, at the latest."""

IN_TURN: Final = """
SELECT standing.id, standing.query FROM marketplace_standingorder standing
JOIN marketplace_standingorderconsent consent ON consent.id = standing.consent_id
JOIN accounts_membership member ON member.id = standing.membership_id AND member.role <> 'viewer'
JOIN accounts_user person ON person.id = member.user_id AND person.is_active
JOIN marketplace_listing listing ON listing.lead_id = %(lead)s
CROSS JOIN LATERAL marketplace_opens_to(listing, standing.organisation_id, core_now()) opening
LEFT JOIN LATERAL (
    SELECT newest.quoted_at AS at FROM pricing_quote newest
    WHERE newest.id = listing.quote_id AND newest.price_credits < (
        SELECT price_credits FROM pricing_quote earlier
        WHERE earlier.lead_id = listing.lead_id AND earlier.quoted_at < newest.quoted_at
        ORDER BY earlier.quoted_at DESC LIMIT 1)) fell ON true
CROSS JOIN LATERAL (
    SELECT count(*) AS monthly_leads, coalesce(sum(price_credits), 0) AS monthly_credits,
           count(*) FILTER (WHERE lower(during) >= date_trunc('day', core_now(), 'UTC')) AS daily_leads,
           coalesce(sum(price_credits) FILTER (WHERE lower(during) >= date_trunc('day', core_now(), 'UTC')), 0)
               AS daily_credits
    FROM marketplace_claim
    WHERE standing_order_id = standing.id AND lower(during) >= date_trunc('month', core_now(), 'UTC')) spent
CROSS JOIN LATERAL (
    SELECT greatest(1, round(listing.price_credits * (100 - marketplace_entitlement(
        standing.organisation_id, 'discount_percent', 0, core_now())) / 100.0)) AS credits) own
WHERE standing.state = 'on' AND opening.opens_at <= core_now()
AND greatest(opening.opens_at, fell.at) >= greatest(
    standing.on_since, core_now() - make_interval(hours => %(fresh_hours)s))
AND own.credits <= standing.most_credits_per_lead
AND spent.daily_leads < standing.daily_leads AND spent.monthly_leads < standing.monthly_leads
AND spent.daily_credits + own.credits <= standing.daily_credits
AND spent.monthly_credits + own.credits <= standing.monthly_credits
AND NOT EXISTS (SELECT FROM marketplace_claim
                WHERE lead_id = listing.lead_id AND organisation_id = standing.organisation_id)
ORDER BY (
    SELECT count(*) FROM marketplace_claim claim
    JOIN marketplace_standingorder own_order ON own_order.id = claim.standing_order_id
    WHERE own_order.organisation_id = standing.organisation_id
    AND lower(claim.during) >= date_trunc('day', core_now(), 'UTC')), consent.given_at, standing.id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What an order bought today and this month, by UTC."""

    daily_leads: int
    daily_credits: int
    monthly_leads: int
    monthly_credits: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderView:
    """A standing order as its owners see it; ``text`` and ``terms`` are what has to be agreed to."""

    order: StandingOrder
    what: str
    spent: Spent
    text: str
    terms: str

    @property
    def has_lost_consent(self) -> bool:
        """Whether its territory was changed after it was agreed to, so that it buys nothing."""
        order = self.order
        return bool(
            order.is_on and order.consent and order.territory and order.territory.since > order.consent.given_at
        )


def standing_orders(organisation_id: UUID) -> list[OrderView]:
    """The organisation's own, newest first."""
    return [view_of(order) for order in _kept().filter(organisation=organisation_id).order_by("-created_at", "pk")]


def access_order(*, viewer: Membership, order_id: UUID) -> OrderView:
    """One of the viewer's organisation.

    :raises StandingOrder.DoesNotExist: it has none such
    """
    return view_of(_kept().get(pk=order_id, organisation=viewer.organisation_id))


def view_of(order: StandingOrder) -> OrderView:
    """An order with what it says and what it spent."""
    return OrderView(
        order=order,
        what=standing_terms.what(order),
        spent=spent(order),
        text=standing_terms.consent_text(order),
        terms=standing_terms.terms_digest(order),
    )


def spent(order: StandingOrder) -> Spent:
    """What it bought today and this month."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    bought = Claim.objects.filter(standing_order=order).annotate(bought_at=RangeStart("during"))
    is_today = Q(bought_at__gte=today)
    told = bought.filter(bought_at__gte=today.replace(day=1)).aggregate(
        daily_leads=Count("pk", filter=is_today),
        daily_credits=Coalesce(Sum("price_credits", filter=is_today), 0),
        monthly_leads=Count("pk"),
        monthly_credits=Coalesce(Sum("price_credits"), 0),
    )
    return Spent(**told)


def bought_by_order(order: StandingOrder) -> QuerySet[Purchase]:
    """What it bought, newest first."""
    bought = Purchase.objects.filter(claim__standing_order=order).select_related("lead")
    return bought.order_by("-bought_at", "pk")


def orders_in_turn(listing: Listing) -> Iterator[StandingOrder]:
    """The orders that may have an offer now and want it, in the order in which they may.

    They are on and within their caps, and the offer has opened to them or become cheaper since they are on, at most
    a day ago. The organisation comes first whose orders bought fewest leads today, then the oldest consent.
    """
    with connection.cursor() as cursor:
        cursor.execute(IN_TURN, {"lead": listing.pk, "fresh_hours": standing_terms.FRESH_HOURS})
        ids = [pk for pk, query in cursor.fetchall() if _may_be_asked_for(listing, query)]
    for start in range(0, len(ids), ORDERS_A_QUERY):
        some = _kept().in_bulk(ids[start : start + ORDERS_A_QUERY])
        wanted = _that_fit(listing, list(some.values()))
        yield from (some[pk] for pk in ids[start : start + ORDERS_A_QUERY] if pk in wanted)


def is_asked_for(listing: Listing, order: StandingOrder) -> bool:
    """Whether an offer is what an order asks for, as both are by now."""
    return bool(_that_fit(listing, [order]))


def offers_for(order: StandingOrder) -> list[Listing]:
    """Offers that an order may be about to buy, those that opened first before; ``orders_in_turn`` decides.

    With ``lead`` and ``opens_at`` alone.
    """
    asked = _offers_asked_for(order.query, order.territory, order.territory and order.territory.since)
    return asked.rows(order_id=order.pk, organisation_id=order.organisation_id)


@lru_cache(maxsize=4_096)
def _offers_asked_for(query: str, territory: Territory | None, _since: datetime | None) -> Prepared[Listing]:
    """The same for whichever orders ask so. Django takes longer to write it than PostgreSQL to answer, most times.

    :param _since: when the territory's ground was changed, which makes it another question
    """
    fresh = Now() - timedelta(hours=standing_terms.FRESH_HOURS) - LONGEST_WINDOWS
    return Prepared(
        lambda order_id, organisation_id: (
            Listing.objects.offered()
            .filter(
                ~Exists(Claim.objects.filter(lead=OuterRef("pk"), organisation=organisation_id)),
                _asked_for(query, territory),
                opens_at__gt=Greatest(fresh, Subquery(_on_since(order_id)) - LONGEST_WINDOWS),
            )
            .order_by("opens_at", "pk")
            .only("opens_at")[:LOOKED_AT_ONCE]
        )
    )


def _on_since(order_id: UUID) -> QuerySet[StandingOrder, Any]:
    return StandingOrder.objects.filter(pk=order_id).values("on_since")


def _that_fit(listing: Listing, orders: list[StandingOrder]) -> set[UUID]:
    asked = [
        Case(When(_asked_for(order.query, order.territory), then=Value(order.pk)), output_field=UUIDField())
        for order in orders
    ]
    row = Listing.objects.filter(pk=listing.pk).values_list(*asked).first()
    return {pk for pk in row or () if pk}


def _asked_for(query: str, territory: Territory | None) -> Q:
    """That an offer is what an order asks for; filters that cannot be read any more ask for nothing."""
    filters = _filters(query)
    if filters is None:
        return Q(pk__in=[])
    return matches(filters) & (_in_territory(territory) if territory else Q())


def _may_be_asked_for(listing: Listing, query: str) -> bool:
    filters = _filters(query)
    return filters is not None and has_plain_facts(listing, filters)


def _in_territory(territory: Territory) -> Q:
    drawn = geo.in_area(geo.read_area(territory.area)) if territory.area else Q(pk__in=[])
    return Q(zip_code__in=territory.covered_zips) | drawn


@lru_cache(maxsize=4_096)
def _filters(query: str) -> ListingFilters | None:
    """Filters as an order keeps them. Reading a form takes a millisecond, and every new lead asks every order."""
    return search_text.read_filters(query) if query else ListingFilters()


def _kept() -> QuerySet[StandingOrder]:
    orders = StandingOrder.objects.exclude(state=StandingOrder.State.CLOSED)
    return orders.select_related("organisation", "membership__user", "territory", "consent")
