"""Public reads of the marketplace. Only the public view is searched and shown; a contact needs a sold claim."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Value
from django.db.models.functions import Concat

from accounts.models import Membership
from aiqleads.core import clock, keyset
from aiqleads.core.keyset import Ordering, Page
from billing import selectors as billing
from marketplace.filters import ListingFilters, Sort
from marketplace.models import Claim, Listing, Purchase
from pricing.models import Quote

PAGE_SIZE = 24
MOST_COUNTED = 10_000

ORDERINGS = {
    Sort.NEWEST: Ordering(field="listed_at", is_descending=True),
    Sort.PRICE: Ordering(field="price_credits"),
    Sort.QUALITY: Ordering(field="quality_score", is_descending=True),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CartItem:
    """One hold of the cart. Times are the database's; ``is_live`` as of the cart's ``now``."""

    claim: Claim
    listing: Listing
    until: datetime
    is_live: bool
    may_extend: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """A member's cart: live holds first, then what ended within its last run."""

    items: list[CartItem]
    now: datetime
    balance_credits: int

    @property
    def live_items(self) -> list[CartItem]:
        return [item for item in self.items if item.is_live]

    @property
    def total_credits(self) -> int:
        return sum(item.claim.price_credits for item in self.live_items)

    @property
    def balance_after_credits(self) -> int:
        return self.balance_credits - self.total_credits

    @property
    def missing_credits(self) -> int:
        return max(0, -self.balance_after_credits)


def search(filters: ListingFilters, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Listing]:
    """One page of offers, each with ``live_holds`` and ``first_hold_ends_at``.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    rows = Listing.objects.offered().matching(filters).with_holds()
    return keyset.page(rows, ordering=ORDERINGS[filters.sort], cursor=cursor, size=size)


def count(filters: ListingFilters, *, at_most: int = MOST_COUNTED) -> int:
    """How many offers match; ``at_most`` where they are as many or more, since counting all takes ever longer."""
    return Listing.objects.offered().matching(filters)[:at_most].count()


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
    return Listing.objects.with_holds().select_related("quote").get(pk=lead_id)


def live_hold(*, lead_id: UUID, buyer: Membership) -> Claim | None:
    """The member's own running hold on a lead."""
    return Claim.objects.live().filter(lead=lead_id, membership=buyer).first()


def live_holds(buyer: Membership) -> dict[UUID, datetime]:
    """Lead → when the member's own hold on it ends."""
    return {claim.lead_id: claim.until for claim in Claim.objects.live().filter(membership=buyer)}


def cart(buyer: Membership) -> CartView:
    """The member's cart as it is now."""
    claims = (
        Claim.objects.filter(membership=buyer, state=Claim.State.HELD)
        .filter(during__startswith__gte=_cart_started_at(buyer))
        .select_related("lead__listing")
        .soonest_first()
    )
    now = clock.now()
    items = [_cart_item(claim, now) for claim in claims]
    return CartView(
        items=sorted(items, key=lambda item: not item.is_live),
        now=now,
        balance_credits=billing.balance_credits(buyer.organisation_id),
    )


def _cart_started_at(buyer: Membership) -> datetime:
    started = getattr(getattr(buyer, "cart", None), "started_at", None)
    return started or clock.now()


def _cart_item(claim: Claim, now: datetime) -> CartItem:
    return CartItem(
        claim=claim,
        listing=claim.lead.listing,
        until=claim.until,
        is_live=claim.until > now,
        may_extend=now < claim.until < claim.max_until,
    )


def purchases(buyer: Membership) -> QuerySet[Purchase]:
    """Everything the member's organisation bought, newest first."""
    return (
        Purchase.objects.filter(organisation=buyer.organisation_id)
        .select_related("lead__listing", "passport", "claim", "membership__user")
        .order_by("-bought_at", "-pk")
    )


def purchase_page(buyer: Membership, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[Purchase]:
    """One page of the organisation's purchases, newest first.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="bought_at", is_descending=True)
    return keyset.page(purchases(buyer), ordering=newest, cursor=cursor, size=size)


def access_purchase(*, viewer: Membership, purchase_id: UUID) -> Purchase:
    """One purchase of the viewer's own organisation.

    :raises Purchase.DoesNotExist: there is none such for this viewer
    """
    return purchases(viewer).get(pk=purchase_id)


def bought_lead(*, viewer: Membership, lead_id: UUID) -> Purchase | None:
    """The organisation's own standing purchase of a lead."""
    return purchases(viewer).filter(lead=lead_id, claim__state=Claim.State.SOLD).first()


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
