"""Standing orders in their owners' hands: made, agreed to, paused, changed, closed. ``ordering`` buys for them.

Pausing waits for a sale that is being made at that moment, a few milliseconds; nothing is bought after it.
"""

from dataclasses import asdict
from uuid import UUID

from django.utils.text import capfirst

from accounts import selectors as accounts
from accounts.models import Membership, Organisation
from aiqleads.core import transactions
from marketplace import errors, search_text, standing_terms
from marketplace.models import StandingOrder, StandingOrderConsent, Territory
from marketplace.services.holding import require_buyer
from marketplace.standing_terms import Caps

State = StandingOrder.State


@transactions.write
def make_order(
    *, buyer: Membership, name: str, query: str, caps: Caps, territory_id: UUID | None = None
) -> StandingOrder:
    """Write a standing order down. It is off until its member agrees to it.

    :param query: filters as in the address of the list; may be empty with a territory
    :raises OrderRefused: it asks for nothing, or its caps contradict each other
    :raises SearchRefused | TooManyOrders | NotYourRole | TermsNotAccepted: as they say
    :raises Territory.DoesNotExist: the organisation owns none such
    """
    require_buyer(buyer)
    Organisation.objects.select_for_update(no_key=True).get(pk=buyer.organisation_id)  # one at a time is counted
    most = accounts.entitlements(buyer.organisation_id)["standing_orders"]
    kept = StandingOrder.objects.filter(organisation=buyer.organisation_id).exclude(state=State.CLOSED)
    if kept.count() >= most:
        says = f"Your plan allows {most} standing orders, and you have them. Delete one, or choose a larger plan."
        raise errors.TooManyOrders(says)
    order = StandingOrder(organisation_id=buyer.organisation_id, membership=buyer)
    return _write(order, name=name, query=query, caps=caps, territory_id=territory_id)


@transactions.write
def change_order(
    *, buyer: Membership, order_id: UUID, name: str, query: str, caps: Caps, territory_id: UUID | None
) -> StandingOrder:
    """Change a standing order. Other terms turn it off until its member agrees to them; a new name does not.

    :raises StandingOrder.DoesNotExist: the organisation has none such
    :raises OrderRefused | SearchRefused | NotYourRole | Territory.DoesNotExist: as for ``make_order``
    """
    require_buyer(buyer)
    return _write(_locked(buyer, order_id), name=name, query=query, caps=caps, territory_id=territory_id)


@transactions.write
def agree_to_order(*, buyer: Membership, order_id: UUID, terms: str) -> StandingOrder:
    """Turn an order on: its member agrees to what it may buy, and the text is kept.

    :param terms: ``standing_terms.terms_digest`` of the text that was shown
    :raises OrderChanged: the order says something else by now
    :raises OrderRefused: it buys for another member, who has to agree
    :raises StandingOrder.DoesNotExist: the organisation has none such
    """
    require_buyer(buyer)
    order = _locked(buyer, order_id)
    if order.membership_id != buyer.pk:
        raise errors.OrderRefused("This order buys for another member, who alone can agree to it.")
    if standing_terms.terms_digest(order) != terms:
        raise errors.OrderChanged("The order has changed since you read it. Read it again, then agree.")
    order.consent = StandingOrderConsent.objects.create(
        order=order, membership=buyer, version=standing_terms.VERSION, text=standing_terms.consent_text(order)
    )
    return _turn(order, State.ON)


@transactions.write
def pause_order(*, buyer: Membership, order_id: UUID) -> StandingOrder:
    """Stop an order at once: nothing that is not sold yet is sold by it. Any buyer of the organisation may.

    :raises StandingOrder.DoesNotExist: the organisation has none such
    """
    require_buyer(buyer)
    order = _locked(buyer, order_id)
    return _turn(order, State.PAUSED, "paused by hand") if order.is_on else order


@transactions.write
def close_order(*, buyer: Membership, order_id: UUID) -> None:
    """Delete an order for its owners. What it bought and what was agreed to is kept; again is harmless."""
    require_buyer(buyer)
    order = (
        StandingOrder.objects.select_for_update().filter(pk=order_id, organisation=buyer.organisation_id).first()
    )
    if order and order.state != State.CLOSED:
        order.consent = order.territory = None
        _turn(order, State.CLOSED)


@transactions.write
def stop_orders_of(*, membership_id: UUID) -> None:
    """Pause the orders of a member who may not buy any more; again is harmless."""
    member = Membership.ever.select_related("user").get(pk=membership_id)
    if member.is_buyer and member.user.is_active:
        return
    orders = StandingOrder.objects.filter(membership=membership_id, state=State.ON).order_by("pk")
    for order in orders.select_for_update(of=("self",)):
        stop_order(order, because="The member for whom it buys may not buy any more.")


def stop_order(order: StandingOrder, *, because: str) -> None:
    """Pause a locked order on the marketplace's own account. Joins the caller's transaction."""
    transactions.require_transaction()
    _turn(order, State.PAUSED, because)


def _turn(order: StandingOrder, state: State, because: str = "") -> StandingOrder:
    order.state, order.paused_because = state, because
    order.save(update_fields=["state", "paused_because", "consent", "territory"])
    return order


def _locked(buyer: Membership, order_id: UUID) -> StandingOrder:
    orders = StandingOrder.objects.exclude(state=State.CLOSED).select_related("organisation", "territory")
    return orders.select_for_update(of=("self",)).get(pk=order_id, organisation=buyer.organisation_id)


def _write(order: StandingOrder, *, name: str, query: str, caps: Caps, territory_id: UUID | None) -> StandingOrder:
    if not query and territory_id is None:
        raise errors.OrderRefused("Say what it buys: filters, a territory, or both.")
    if caps.most_credits_per_lead > min(caps.daily_credits, caps.monthly_credits):
        raise errors.OrderRefused(
            "One lead may cost more than the order may spend. Raise the caps, or lower the price."
        )
    territory = None
    if territory_id:
        territory = Territory.objects.get(pk=territory_id, organisation=order.organisation_id)
    before = None if order._state.adding else _terms(order)
    order.query, order.territory = search_text.canonical(query) if query else "", territory
    for cap, number in asdict(caps).items():
        setattr(order, cap, number)
    order.name = (name or capfirst(standing_terms.what(order)))[:80]
    if before and _terms(order) != before:
        order.state, order.paused_because, order.consent = State.OFF, "", None
    order.save()
    return order


def _terms(order: StandingOrder) -> tuple[object, ...]:
    return order.query, order.territory_id, Caps.of(order)
