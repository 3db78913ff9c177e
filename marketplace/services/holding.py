"""Holding a copy of a lead: take it, keep it longer, give it back."""

from contextlib import AbstractContextManager
from datetime import timedelta
from enum import StrEnum
from operator import attrgetter
from typing import Final
from uuid import UUID, uuid4

from django.db.models import F, QuerySet
from psycopg.types.range import TimestamptzRange

from accounts import permissions
from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from aiqleads.core.prepared import Prepared
from marketplace import errors
from marketplace.events import LeadHeld, LeadReleased
from marketplace.models import GIVEN_BACK, Cart, Claim, LeadSlot, Listing, PurchaseIntent, StandingOrder
from marketplace.selectors.opening import openings
from marketplace.selectors.waiting import NOBODY_WAITS, queues

HOLDS_ONE_COPY: Final = (
    "You are holding one copy of this lead. Buy it, or give it back and hold all copies after ten minutes."
)
MAY_NOT_BUY: Final = "the member may not buy any more"
COSTS_MORE: Final = "It costs {now} credits by now, not {shown}. Nothing is held; hold it again at the new price."
ENDED: Final = "The hold has ended. Hold the lead again if it is still free."


class Copies(StrEnum):
    """How much of a lead to hold: one copy, or every copy that is left as one bundle."""

    ONE = "1"
    ALL = "all"


def hold_lead(
    *, lead_id: UUID, buyer: Membership, copies: Copies = Copies.ONE, most_credits: int | None = None
) -> Claim:
    """Hold free copies of a lead for ``buyer`` at their price of now. A hold that runs is left as it is.

    All copies are held together or none is; their claims share bundle, timer and price.

    :param most_credits: what a copy was shown to cost; None where nothing was shown
    :return: the claim that stands for the hold: of the copy with the lowest number
    :raises LeadUnavailable: what is asked for is held or sold; ``until`` says when it frees itself
    :raises PriceChanged: a copy costs more than ``most_credits`` by now: its list price rose, or a plan ended
    :raises HoldsOneCopy: all copies are asked for, and the buyer holds only some of those that are left
    :raises LeadWithdrawn | HoldQuotaReached | HoldPaused | NotYourRole | TermsNotAccepted: as they say
    """
    with turn_refusals(lead_id, buyer):
        return _hold(lead_id, buyer, copies, most_credits)


@transactions.write
def _hold(lead_id: UUID, buyer: Membership, copies: Copies, most_credits: int | None) -> Claim:
    cart = locked_cart(buyer)
    listing = _OFFER.first(lead_id=lead_id)
    if listing is None:
        raise errors.LeadWithdrawn("This lead is not offered.")
    claims = hold_copies(listing, cart, buyer, copies)
    if claims and most_credits is not None and claims[0].price_credits > most_credits:
        raise errors.PriceChanged(COSTS_MORE.format(now=claims[0].price_credits, shown=most_credits))
    return (claims or _held_already(listing, buyer, copies))[0]


@transactions.write
def extend_claim(*, claim_id: UUID, buyer: Membership) -> Claim:
    """Let a running hold, with all of its bundle, last as long again, up to its ``max_until``.

    :raises HoldExpired | ExtensionRefused: the hold ended, or the plan allows no more; the timer is not moved
    """
    bundle = _locked_bundle(claim_id, buyer)
    claim = bundle[0]
    minutes = accounts.entitlements(claim.organisation_id)["hold_minutes"]
    until = min(clock.now() + timedelta(minutes=minutes), claim.max_until)
    if until <= claim.until:
        raise errors.ExtensionRefused("This hold already runs as long as your plan allows.")
    with errors.refusals():
        for copy in bundle:
            copy.during = TimestamptzRange(claim.during.lower, until)
            copy.save(update_fields=["during"])
    events.publish(LeadHeld(lead_id=claim.lead_id, until=until.isoformat(), is_extension=True))
    return claim


@transactions.write
def release_claim(*, claim_id: UUID, buyer: Membership) -> Claim:
    """Give a running hold, with all of its bundle, back before its time.

    :raises HoldExpired: it has ended already
    """
    offer = _locked_offer_of(claim_id, buyer)
    released = release(offer.pk, reason=GIVEN_BACK, bundle=offer.bundle)
    if not released:
        raise errors.HoldExpired(ENDED)
    return released[0]


def release_holds_of(*, membership_id: UUID) -> int:
    """Give back what a member holds who may not buy any more; how many copies. Again is harmless."""
    member = Membership.ever.select_related("user").get(pk=membership_id)
    if member.is_buyer and member.user.is_active:
        return 0
    held = Claim.objects.live().filter(membership=membership_id, state=Claim.State.HELD)
    return sum(_release_held(lead_id, membership_id) for lead_id in set(held.values_list("lead_id", flat=True)))


@transactions.write
def _release_held(lead_id: UUID, membership_id: UUID) -> int:
    Listing.objects.select_for_update(of=("self",)).get(pk=lead_id)
    held = Claim.objects.live().filter(membership=membership_id, lead=lead_id, state=Claim.State.HELD)
    bundles = set(held.values_list("bundle", flat=True))
    return sum(len(release(lead_id, reason=MAY_NOT_BUY, bundle=bundle)) for bundle in bundles)


_RELEASE: Final = """
UPDATE marketplace_claim SET state = 'released', release_reason = %(reason)s
WHERE lead_id = %(lead)s AND bundle = coalesce(%(bundle)s, bundle) AND state = 'held' AND during @> core_now()
RETURNING *
"""


def release(lead_id: UUID, *, reason: str, bundle: UUID | None = None) -> list[Claim]:
    """End the running holds of a locked offer, or one bundle of them. Joins the caller's transaction."""
    facts = {"lead": lead_id, "reason": reason, "bundle": bundle}
    with errors.refusals():
        released = list(Claim.objects.raw(_RELEASE, facts))
    if released:
        events.publish(LeadReleased(lead_id=lead_id))
    return released


def require_buyer(buyer: Membership) -> None:
    _require_role(buyer)
    _require_terms(has_accepted=accounts.has_accepted_current_terms(buyer.user))


def _require_role(buyer: Membership) -> None:
    permissions.require(buyer, permissions.Action.HOLD)


def _require_terms(*, has_accepted: bool) -> None:
    if not has_accepted:
        raise errors.TermsNotAccepted("Accept the current terms first.")


def locked_cart(buyer: Membership) -> Cart:
    """The cart of a member who may buy, locked: it is made with the first hold. Joins the caller's transaction.

    :raises NotYourRole | TermsNotAccepted: as they say
    """
    _require_role(buyer)
    cart = _CART.first(membership_id=buyer.pk)
    if cart is None:
        Cart.objects.get_or_create(membership=buyer)
        cart = _CART.rows(membership_id=buyer.pk)[0]
    _require_terms(has_accepted=cart.has_accepted_terms)
    return cart


_HOLD: Final = """
INSERT INTO marketplace_claim (
    id, lead_id, slot_id, organisation_id, membership_id, cart_id, bundle, state, quote_id, release_reason,
    standing_order_id, intent_id)
SELECT gen_random_uuid(), slot.lead_id, slot.id, %(organisation)s, %(member)s, %(cart)s, %(bundle)s, 'held',
    %(quote)s, '', %(order)s, %(intent)s
FROM marketplace_leadslot slot
WHERE slot.lead_id = %(lead)s AND slot.closed_at IS NULL
AND NOT EXISTS (SELECT FROM marketplace_claim WHERE slot_id = slot.id AND during @> core_now())
AND NOT EXISTS (
    SELECT FROM marketplace_claim held WHERE held.lead_id = slot.lead_id AND held.state = 'held'
    AND held.during @> core_now() AND (held.membership_id = %(member)s OR %(every)s))
ORDER BY slot.number LIMIT CASE WHEN %(every)s THEN NULL ELSE 1 END
RETURNING *
"""


def hold_copies(
    listing: Listing,
    cart: Cart,
    buyer: Membership,
    copies: Copies = Copies.ONE,
    *,
    standing_order: StandingOrder | None = None,
    intent: PurchaseIntent | None = None,
) -> list[Claim]:
    """Hold the first free copy of a locked offer, or every one that is left while nobody holds any, as one bundle.

    Joins the caller's transaction.

    :return: by copy number; empty where there is none to be had, or the buyer holds one already
    """
    facts = {
        "lead": listing.pk,
        "organisation": buyer.organisation_id,
        "member": buyer.pk,
        "cart": cart.pk,
        "bundle": uuid4(),
        "quote": listing.quote_id,
        "order": standing_order and standing_order.pk,
        "intent": intent and intent.pk,
        "every": copies == Copies.ALL,
    }
    claims = list(Claim.objects.raw(_HOLD, facts))
    if claims:
        events.publish(LeadHeld(lead_id=listing.pk, until=claims[0].until.isoformat(), is_extension=False))
    return claims


def _held_already(listing: Listing, buyer: Membership, copies: Copies) -> list[Claim]:
    """The buyer's own hold that runs, by copy number; else who has what was asked for."""
    live = list(Claim.objects.live().filter(lead=listing.pk).annotate(number=F("slot__number")).soonest_first())
    own = sorted((claim for claim in live if claim.membership_id == buyer.pk), key=attrgetter("number"))
    if own and copies == Copies.ALL and len(own) < listing.copies_left:
        raise errors.HoldsOneCopy(HOLDS_ONE_COPY)
    if own:
        return own
    if not live:
        raise errors.LeadUnavailable("This lead has been sold.")
    if copies == Copies.ALL:
        says = "Somebody else holds a copy of this lead at the moment, so not all of them can be held."
        raise errors.LeadUnavailable(says, until=live[-1].until.isoformat())
    raise errors.LeadUnavailable("Somebody else holds this lead at the moment.", until=live[0].until.isoformat())


def _locked_offer_of(claim_id: UUID, buyer: Membership) -> Listing:
    """The offer of a claim in the member's cart, locked, with the claim's ``bundle``."""
    offer = _OFFER_OF.first(claim_id=claim_id, cart_id=locked_cart(buyer).pk)
    if offer is None:
        raise errors.HoldExpired("This hold is not yours or no longer runs.")
    return offer


def _locked_bundle(claim_id: UUID, buyer: Membership) -> list[Claim]:
    """The running claims of the bundle that ``claim_id`` belongs to, locked, by copy number."""
    live = _BUNDLE.rows(bundle=_locked_offer_of(claim_id, buyer).bundle)
    if not live:
        raise errors.HoldExpired(ENDED)
    return sorted(live, key=attrgetter("slot_number"))


def free_slots(lead_id: UUID) -> QuerySet[LeadSlot]:
    """The copies of a lead that nobody has, by number."""
    taken = Claim.objects.filter(lead=lead_id, during__contains=clock.Now())
    return (
        LeadSlot.objects.filter(lead=lead_id, closed_at=None)
        .exclude(pk__in=taken.values("slot"))
        .order_by("number")
    )


_CART: Final = Prepared(
    lambda membership_id: (
        Cart.objects.filter(membership=membership_id)
        .annotate(has_accepted_terms=accounts.has_accepted_terms("membership__user"))  # type: ignore[no-redef]
        .select_for_update(of=("self",))
    )
)
_OFFER: Final = Prepared(lambda lead_id: Listing.objects.locked([lead_id]).only("quote", "copies_left"))
_OFFER_OF: Final = Prepared(
    lambda claim_id, cart_id: (
        Listing.objects.filter(lead__claims=claim_id, lead__claims__cart=cart_id)
        .annotate(bundle=F("lead__claims__bundle"))  # type: ignore[no-redef]
        .select_for_update(of=("self",))
        .only("pk")
    )
)
_BUNDLE: Final = Prepared(
    lambda bundle: Claim.objects.live().filter(bundle=bundle).annotate(slot_number=F("slot__number")).locked()
)


def _waited_for(lead_id: UUID) -> errors.LeadUnavailable:
    ends_at = queues([lead_id]).get(lead_id, NOBODY_WAITS).turn_ends_at
    return errors.LeadUnavailable(
        "Somebody who waited for this lead comes first.", until=ends_at.isoformat() if ends_at else None
    )


def _not_open_yet(lead_id: UUID, buyer: Membership) -> errors.NotOpenYet:
    now, listing = clock.now(), Listing.objects.get(pk=lead_id)
    opening = openings([listing], organisation_id=buyer.organisation_id, now=now).get(lead_id)
    if opening is None or not opening.is_ahead(now):  # it has opened this moment
        return errors.NotOpenYet("This lead opens to you now. Try again.")
    return errors.NotOpenYet(f"{opening.in_words(now)}.", until=opening.opens_at.isoformat())


def turn_refusals(lead_id: UUID, buyer: Membership) -> AbstractContextManager[None]:
    """Around a transaction in which ``buyer`` begins to hold or to wait: tell whose turn it is instead."""
    return errors.refusals(
        claim_waits_its_turn=lambda: _waited_for(lead_id),
        claim_opens_in_order=lambda: _not_open_yet(lead_id, buyer),
    )
