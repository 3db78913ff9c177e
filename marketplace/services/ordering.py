"""Standing orders at work: a lead is bought for whoever is next in the order of access.

One lead is bought at a time over the whole market, so that the order is followed exactly. What an order may not do
is refused by the database, whoever writes the claim.
"""

import logging
from typing import Final
from uuid import UUID

from django.db import connection, transaction
from django.urls import reverse

from accounts import selectors as accounts
from accounts.errors import LicenceMissing, NotYourRole
from accounts.licences import state_name
from aiqleads.core import transactions
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout
from billing import selectors as billing
from billing.errors import InsufficientCredits
from marketplace import errors
from marketplace.models import Listing, Notification, Purchase, StandingOrder
from marketplace.prices import own_price_credits
from marketplace.selectors.standing_orders import is_asked_for, offers_for, orders_in_turn, spent
from marketplace.services.buying import pay_for
from marketplace.services.caps import lock_cap, require_within_cap
from marketplace.services.holding import free_slots, hold_copies, locked_cart
from marketplace.services.notifying import notify
from marketplace.services.standing_orders import stop_order

log = logging.getLogger(__name__)

_ONE_AT_A_TIME: Final = 0x0A1B0D
STOPS: Final = (InsufficientCredits, NotYourRole, errors.TermsNotAccepted)
"""Refusals after which an order cannot buy anything, whatever comes."""


def buy_for_orders(*, lead_id: UUID) -> list[Purchase]:
    """Sell free copies of a lead to the standing orders that want it, in their order; safe to run at any time."""
    bought: list[Purchase] = []
    while StandingOrder.objects.filter(state=StandingOrder.State.ON).exists():
        purchase = _serve_next(lead_id)
        if purchase is None:
            break
        bought.append(purchase)
    return bought


def buy_for_due_orders() -> int:
    """Look at all that orders may buy by now: windows that opened, what was missed; return how many were bought.

    A lead whose rows are locked for long is looked at again the next time.
    """
    orders = StandingOrder.objects.filter(state=StandingOrder.State.ON).select_related("territory").order_by("pk")
    due = {listing.pk: listing.opens_at for order in orders for listing in offers_for(order)}
    bought = 0
    for lead_id in sorted(due, key=lambda pk: (due[pk], pk)):
        try:
            bought += len(buy_for_orders(lead_id=lead_id))
        except LockTimeout:
            log.info("standing_orders.lead_is_busy")
    return bought


@transactions.write
def _serve_next(lead_id: UUID) -> Purchase | None:
    """Sell a copy to the first in turn that can have it; None when nobody can.

    An order that cannot pay, or whose member may not buy any more, is stopped and told so.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])
        cursor.execute("SET LOCAL synchronous_commit = on")  # the deliverer of events does without, a sale does not
    listing = Listing.objects.offered().filter(pk=lead_id).first()
    if listing is None or not free_slots(lead_id).exists():
        return None
    for order in orders_in_turn(listing):
        try:
            with errors.refusals(), transaction.atomic():
                return _buy(order.pk, listing)
        except errors.OrdersLeaveHalf:
            return None  # what one order may not buy of this region, none may
        except STOPS as refusal:
            _stop(order.pk, refusal)
        except LicenceMissing as refusal:
            _ask_for_licence(order, refusal)
        except Refusal:
            continue  # the next in turn may still have it
    return None


def _buy(order_id: UUID, offer: Listing) -> Purchase:
    """Hold one copy and pay for it. Joins the caller's transaction.

    :raises Refusal: of any guard, of the wallet, or because no channel would be left to reach the owner by
    """
    order = (
        StandingOrder.objects.select_for_update(of=("self",)).select_related("membership__user").get(pk=order_id)
    )
    buyer = order.membership
    cart = locked_cart(buyer)
    _require_licence(order, offer)
    lock_cap(buyer)
    _require_credits(order, offer)
    listing = Listing.objects.locked([offer.pk]).get()
    if not is_asked_for(listing, order):  # either may have changed while this waited for their locks
        raise errors.OrderCannotBuy("The lead is not what the standing order asks for any more.")
    claims = hold_copies(listing, cart, buyer, standing_order=order)
    if not claims:
        raise errors.LeadUnavailable("No copy of this lead is free.")
    require_within_cap(buyer, claims[0].price_credits)
    [purchase] = pay_for(claims)
    if not any(channel["is_allowed"] for channel in purchase.passport.channels.values()):
        raise errors.OrderCannotBuy("Nobody could be reached through this lead.")
    _send_receipt(order, purchase, listing)
    return purchase


def _require_licence(order: StandingOrder, offer: Listing) -> None:
    """Spare the attempt of whose member is not licensed there: the sale would be refused.

    :raises LicenceMissing: naming the state
    """
    if not accounts.is_licensed(order.membership.user_id, offer.state_code):
        raise errors.licence_missing(offer.state_code)


def _require_credits(order: StandingOrder, offer: Listing) -> None:
    """Spare the attempt of who cannot pay: it takes ten times as long as this look, and there may be many.

    :raises InsufficientCredits: as the wallet would say it
    """
    discount = accounts.entitlements(order.organisation_id)["discount_percent"]
    price = own_price_credits(list_price_credits=offer.price_credits, discount_percent=discount)
    balance = billing.balance_credits(order.organisation_id)
    if balance < price:
        raise InsufficientCredits(
            f"This costs {price} credits and you have {balance}.", needed_credits=price, balance_credits=balance
        )


def _send_receipt(order: StandingOrder, purchase: Purchase, listing: Listing) -> None:
    today = spent(order)
    lines = [
        f"{listing.title}, {listing.city} {listing.state_code}: {listing.summary}",
        f"Paid {_credits(purchase.price_credits)}; {billing.balance_credits(order.organisation_id)} are left.",
        f"Bought by this order today: {today.daily_leads} of at most {order.daily_leads} leads.",
        f"Spent by it today: {today.daily_credits} of at most {order.daily_credits} credits.",
    ]
    notify(
        membership_id=order.membership_id,
        kind=Notification.Kind.STANDING_ORDER,
        key=f"order:{order.pk}:{purchase.pk}",
        says=f"“{order}” bought {listing.title}, {listing.city} for {_credits(purchase.price_credits)}",
        body="\n".join(lines),
        path=purchase.get_absolute_url(),
    )


def _credits(amount: int) -> str:
    return f"{amount} credit{'' if amount == 1 else 's'}"


def _ask_for_licence(order: StandingOrder, refusal: LicenceMissing) -> None:
    """Tell the member once per state that an order passes leads by; it goes on elsewhere. Joins the transaction."""
    state_code = refusal.facts["state_code"]
    notify(
        membership_id=order.membership_id,
        kind=Notification.Kind.LICENCE,
        key=f"order:{order.pk}:licence:{state_code}",
        says=f"“{order}” buys nothing in {state_name(state_code)} until your licence there is verified",
        path=refusal.facts["add_at"],
    )


def _stop(order_id: UUID, refusal: Refusal) -> None:
    """Pause an order by itself and say why. Joins the caller's transaction."""
    order = StandingOrder.objects.select_for_update(of=("self",)).get(pk=order_id)
    since = order.on_since
    if not order.is_on or since is None:
        return
    stop_order(order, because=refusal.detail)
    notify(
        membership_id=order.membership_id,
        kind=Notification.Kind.STANDING_ORDER,
        key=f"order:{order.pk}:stopped:{since.isoformat()}",
        says=f"“{order}” has stopped buying: {refusal.detail}",
        path=reverse("marketplace:standing_order", args=[order.pk]),
    )
