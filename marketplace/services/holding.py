"""Holding a copy of a lead: take it, keep it longer, give it back."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from psycopg.types.range import TimestamptzRange

from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from aiqleads.core.postgres import violated_constraint
from marketplace import errors
from marketplace.events import LeadHeld, LeadReleased
from marketplace.models import GIVEN_BACK, Cart, Claim, LeadSlot, Listing
from marketplace.selectors.waiting import NOBODY_WAITS, queues

HOLDS_ONE_COPY: Final = (
    "You are holding one copy of this lead. Buy it, or give it back and hold all copies after ten minutes."
)


class Copies(StrEnum):
    """How much of a lead to hold: one copy, or every copy that is left as one bundle."""

    ONE = "1"
    ALL = "all"


@transactions.write
def hold_lead(*, lead_id: UUID, buyer: Membership, copies: Copies = Copies.ONE) -> Claim:
    """Hold free copies of a lead for ``buyer`` at the price now listed. A hold that runs is left as it is.

    All copies are held together or none is; their claims share bundle, timer and price.

    :return: the claim that stands for the hold: of the copy with the lowest number
    :raises LeadUnavailable: what is asked for is held or sold; ``until`` says when it frees itself
    :raises HoldsOneCopy: all copies are asked for, and the buyer holds only some of those that are left
    :raises LeadWithdrawn | HoldQuotaReached | HoldPaused | NotABuyer | TermsNotAccepted: as they say
    """
    require_buyer(buyer)
    cart = locked_cart(buyer)
    listing = Listing.objects.locked([lead_id]).first()
    if listing is None:
        raise errors.LeadWithdrawn("This lead is not offered.")
    running = Claim.objects.live().filter(lead=lead_id, membership=buyer).order_by("slot__number")
    if running:
        if copies == Copies.ALL and len(running) < listing.copies_left:
            raise errors.HoldsOneCopy(HOLDS_ONE_COPY)
        return running[0]
    slots = _every_slot_left(lead_id) if copies == Copies.ALL else _free_slots(lead_id)[:1]
    return _hold(listing, cart, buyer, slots)[0]


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
    with refusals(claim.lead_id):
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
    return release(_locked_bundle(claim_id, buyer), reason=GIVEN_BACK)[0]


def release(claims: list[Claim], *, reason: str) -> list[Claim]:
    """End locked, running holds of one lead now: whole bundles. Joins the caller's transaction."""
    for claim in claims:
        claim.state, claim.release_reason = Claim.State.RELEASED, reason
        with refusals(claim.lead_id):
            claim.save(update_fields=["state", "release_reason"])
        claim.refresh_from_db(fields=["during"])
    events.publish(*(LeadReleased(lead_id=lead_id) for lead_id in {claim.lead_id for claim in claims}))
    return claims


def require_buyer(buyer: Membership) -> None:
    if not buyer.is_buyer:
        raise errors.NotABuyer("Your role lets you look at leads, not hold or buy them.")
    if not accounts.has_accepted_current_terms(buyer.user):
        raise errors.TermsNotAccepted("Accept the current terms first.")


def locked_cart(buyer: Membership) -> Cart:
    Cart.objects.get_or_create(membership=buyer)
    return Cart.objects.select_for_update().get(membership=buyer)


def _hold(listing: Listing, cart: Cart, buyer: Membership, slots: Iterable[LeadSlot]) -> list[Claim]:
    """Hold ``slots`` as one bundle."""
    bundle = uuid4()
    with refusals(listing.pk):
        claims = [
            Claim.objects.create(
                lead_id=listing.pk,
                slot=slot,
                organisation_id=buyer.organisation_id,
                membership=buyer,
                cart=cart,
                bundle=bundle,
                quote_id=listing.quote_id,
            )
            for slot in slots
        ]
    if not claims:
        raise _unavailable(listing.pk)
    events.publish(LeadHeld(lead_id=listing.pk, until=claims[0].until.isoformat(), is_extension=False))
    return claims


def _locked_bundle(claim_id: UUID, buyer: Membership) -> list[Claim]:
    """The running claims of the bundle that ``claim_id`` belongs to, locked, by copy number."""
    require_buyer(buyer)
    cart = locked_cart(buyer)
    claim = Claim.objects.filter(pk=claim_id, cart=cart).first()
    if claim is None:
        raise errors.HoldExpired("This hold is not yours or no longer runs.")
    list(Listing.objects.locked([claim.lead_id]))
    live = Claim.objects.live().filter(bundle=claim.bundle).select_related("slot").locked()
    if not live:
        raise errors.HoldExpired("The hold has ended. Hold the lead again if it is still free.")
    return sorted(live, key=lambda copy: copy.slot.number)


def _free_slots(lead_id: UUID) -> QuerySet[LeadSlot]:
    taken = Claim.objects.filter(lead=lead_id, during__contains=clock.Now())
    return (
        LeadSlot.objects.filter(lead=lead_id, closed_at=None)
        .exclude(pk__in=taken.values("slot"))
        .order_by("number")
    )


def _every_slot_left(lead_id: UUID) -> Iterable[LeadSlot]:
    last = Claim.objects.live().filter(lead=lead_id).soonest_first().last()
    if last:
        says = "Somebody else holds a copy of this lead at the moment, so not all of them can be held."
        raise errors.LeadUnavailable(says, until=last.until.isoformat())
    return _free_slots(lead_id)


def _unavailable(lead_id: UUID) -> errors.LeadUnavailable:
    hold = Claim.objects.live().filter(lead=lead_id).soonest_first().first()
    if hold is None:
        return errors.LeadUnavailable("This lead has been sold.", until=None)
    return errors.LeadUnavailable("Somebody else holds this lead at the moment.", until=hold.until.isoformat())


def _waited_for(lead_id: UUID) -> errors.LeadUnavailable:
    ends_at = queues([lead_id]).get(lead_id, NOBODY_WAITS).turn_ends_at
    return errors.LeadUnavailable(
        "Somebody who waited for this lead comes first.", until=ends_at.isoformat() if ends_at else None
    )


@contextmanager
def refusals(lead_id: UUID) -> Iterator[None]:
    """Turn a guard's refusal into the marketplace's own, inside a savepoint so that it can be explained."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        guard = violated_constraint(error)
        if guard == "slot_claimed_once":
            raise _unavailable(lead_id) from error
        if guard == "claim_waits_its_turn":
            raise _waited_for(lead_id) from error
        if guard not in errors.GUARD_REFUSALS:
            raise
        refusal, says = errors.GUARD_REFUSALS[guard]
        raise refusal(says) from error
