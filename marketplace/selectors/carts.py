"""Reads of what a member holds."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.models import F

from accounts.models import Membership
from aiqleads.core import clock
from aiqleads.core.prepared import Prepared
from billing import selectors as billing
from marketplace.models import GIVEN_BACK, Claim, Listing

_LINES: Final = Prepared(
    lambda membership_id: (
        Claim.objects.filter(membership=membership_id, state__in=[Claim.State.HELD, Claim.State.RELEASED])
        .exclude(release_reason=GIVEN_BACK)
        .filter(during__startswith__gte=F("cart__started_at"))
        .select_related("lead__listing", "slot")
        .order_by("slot__number")
    )
)
_BUNDLE: Final = Prepared(
    lambda bundle: (
        Claim.objects.filter(bundle=bundle).select_related("lead__listing", "slot").order_by("slot__number")
    )
)
LIVE_HOLDS: Final = """
SELECT lead_id, upper(during) FROM marketplace_claim
WHERE membership_id = %s AND state = 'held' AND during @> core_now()
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CartItem:
    """One line of the cart: a hold of one copy, or of a bundle of them. Times are the database's.

    ``is_live`` as of the cart's ``now``; ``claims`` by copy number.
    """

    claims: list[Claim]
    listing: Listing
    is_live: bool
    may_extend: bool

    @property
    def claim(self) -> Claim:
        """The claim that stands for the line: timers and actions are the same for all."""
        return self.claims[0]

    @property
    def until(self) -> datetime:
        return self.claim.until

    @property
    def copies(self) -> int:
        return len(self.claims)

    @property
    def price_credits(self) -> int:
        """What the whole line costs, locked when it was held."""
        return sum(claim.price_credits for claim in self.claims)

    @property
    def list_price_credits(self) -> int:
        return sum(claim.list_price_credits for claim in self.claims)


@dataclass(frozen=True, slots=True, kw_only=True)
class CartView:
    """A member's cart: live holds first, then what ended within its last run."""

    items: list[CartItem]
    now: datetime
    balance_credits: int

    @property
    def live_items(self) -> list[CartItem]:
        return [item for item in self.items if item.is_live]

    def only(self, claim_ids: Collection[str]) -> "CartView":
        """The same cart with those lines alone that ``claim_ids`` belong to."""
        asked = {str(claim_id) for claim_id in claim_ids}
        items = [item for item in self.items if asked & {str(claim.pk) for claim in item.claims}]
        return replace(self, items=items)

    @property
    def total_credits(self) -> int:
        return sum(item.price_credits for item in self.live_items)

    @property
    def balance_after_credits(self) -> int:
        return self.balance_credits - self.total_credits

    @property
    def missing_credits(self) -> int:
        return max(0, -self.balance_after_credits)


def cart(buyer: Membership) -> CartView:
    """The member's cart as it is now."""
    now = clock.now()
    items = cart_items(_LINES.rows(membership_id=buyer.pk), now)
    return CartView(
        items=sorted(items, key=lambda item: (not item.is_live, item.until, item.claim.pk)),
        now=now,
        balance_credits=billing.balance_credits(buyer.organisation_id),
    )


def cart_items(claims: Iterable[Claim], now: datetime) -> list[CartItem]:
    """Holds as the cart's lines at ``now``: the claims of a bundle are one."""
    bundles: dict[UUID, list[Claim]] = defaultdict(list)
    for claim in claims:
        bundles[claim.bundle].append(claim)
    return [_cart_item(bundle, now) for bundle in bundles.values()]


def _cart_item(bundle: list[Claim], now: datetime) -> CartItem:
    claim = bundle[0]
    is_live = claim.state == Claim.State.HELD and claim.until > now
    return CartItem(
        claims=bundle,
        listing=claim.lead.listing,
        is_live=is_live,
        may_extend=is_live and claim.until < claim.max_until,
    )


def hold_line(claim: Claim) -> CartItem:
    """The line of the cart that ``claim``, a hold, belongs to."""
    [line] = cart_items(_BUNDLE.rows(bundle=claim.bundle), clock.now())
    return line


def live_hold(*, lead_id: UUID, buyer: Membership) -> Claim | None:
    """The member's own running hold on a lead."""
    return Claim.objects.live().filter(lead=lead_id, membership=buyer).first()


def live_holds(buyer: Membership) -> dict[UUID, datetime]:
    """Lead → when the member's own hold on it ends."""
    with connection.cursor() as cursor:  # asked wherever a member sees offers
        cursor.execute(LIVE_HOLDS, [buyer.pk])
        return dict(cursor.fetchall())
