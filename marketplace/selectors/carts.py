"""Reads of what a member holds."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import clock
from billing import selectors as billing
from marketplace.models import Claim, Listing


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


def live_hold(*, lead_id: UUID, buyer: Membership) -> Claim | None:
    """The member's own running hold on a lead."""
    return Claim.objects.live().filter(lead=lead_id, membership=buyer).first()


def live_holds(buyer: Membership) -> dict[UUID, datetime]:
    """Lead → when the member's own hold on it ends."""
    return {claim.lead_id: claim.until for claim in Claim.objects.live().filter(membership=buyer)}
