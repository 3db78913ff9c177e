"""Holding a copy of a lead: take it, keep it longer, give it back."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from psycopg.types.range import TimestamptzRange

from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from aiqleads.core.postgres import violated_constraint
from marketplace import errors
from marketplace.events import LeadHeld, LeadReleased
from marketplace.models import Cart, Claim, LeadSlot, Listing


@transactions.write
def hold_lead(*, lead_id: UUID, buyer: Membership) -> Claim:
    """Hold one free copy of a lead for ``buyer`` at the price now listed. A hold that runs is left as it is.

    :raises LeadUnavailable: every copy is held or sold; ``until`` says when one frees itself
    :raises LeadWithdrawn | HoldQuotaReached | HoldPaused | NotABuyer | TermsNotAccepted: as they say
    """
    require_buyer(buyer)
    cart = locked_cart(buyer)
    listing = Listing.objects.locked([lead_id]).first()
    if listing is None:
        raise errors.LeadWithdrawn("This lead is not offered.")
    running = Claim.objects.live().filter(lead=lead_id, membership=buyer).first()
    if running:
        return running
    with refusals(lead_id):
        claim = Claim.objects.create(
            lead_id=lead_id,
            slot_id=_free_slot(lead_id).pk,
            organisation_id=buyer.organisation_id,
            membership=buyer,
            cart=cart,
            quote_id=listing.quote_id,
        )
    events.publish(LeadHeld(lead_id=lead_id, until=claim.until.isoformat(), is_extension=False))
    return claim


@transactions.write
def extend_claim(*, claim_id: UUID, buyer: Membership) -> Claim:
    """Let a running hold last as long again, up to its ``max_until``.

    :raises HoldExpired | ExtensionRefused: the hold ended, or the plan allows no more; the timer is not moved
    """
    claim = _locked_claim(claim_id, buyer)
    minutes = accounts.entitlements(claim.organisation_id)["hold_minutes"]
    until = min(clock.now() + timedelta(minutes=minutes), claim.max_until)
    if until <= claim.until:
        raise errors.ExtensionRefused("This hold already runs as long as your plan allows.")
    claim.during = TimestamptzRange(claim.during.lower, until)
    with refusals(claim.lead_id):
        claim.save(update_fields=["during"])
    events.publish(LeadHeld(lead_id=claim.lead_id, until=until.isoformat(), is_extension=True))
    return claim


@transactions.write
def release_claim(*, claim_id: UUID, buyer: Membership) -> Claim:
    """Give a running hold back before its time.

    :raises HoldExpired: it has ended already
    """
    return release(_locked_claim(claim_id, buyer), reason="given back")


def release(claim: Claim, *, reason: str) -> Claim:
    """End a locked, running hold now. Joins the caller's transaction."""
    claim.state, claim.release_reason = Claim.State.RELEASED, reason
    with refusals(claim.lead_id):
        claim.save(update_fields=["state", "release_reason"])
    claim.refresh_from_db(fields=["during"])
    events.publish(LeadReleased(lead_id=claim.lead_id))
    return claim


def require_buyer(buyer: Membership) -> None:
    if not buyer.is_buyer:
        raise errors.NotABuyer("Your role lets you look at leads, not hold or buy them.")
    if not accounts.has_accepted_current_terms(buyer.user):
        raise errors.TermsNotAccepted("Accept the current terms first.")


def locked_cart(buyer: Membership) -> Cart:
    Cart.objects.get_or_create(membership=buyer)
    return Cart.objects.select_for_update().get(membership=buyer)


def _locked_claim(claim_id: UUID, buyer: Membership) -> Claim:
    require_buyer(buyer)
    cart = locked_cart(buyer)
    claim = Claim.objects.filter(pk=claim_id, cart=cart).first()
    if claim is None:
        raise errors.HoldExpired("This hold is not yours or no longer runs.")
    list(Listing.objects.locked([claim.lead_id]))
    live = Claim.objects.live().filter(pk=claim_id).locked().first()
    if live is None:
        raise errors.HoldExpired("The hold has ended. Hold the lead again if it is still free.")
    return live


def _free_slot(lead_id: UUID) -> LeadSlot:
    taken = Claim.objects.filter(lead=lead_id, during__contains=clock.Now())
    slot = (
        LeadSlot.objects.filter(lead=lead_id, closed_at=None)
        .exclude(pk__in=taken.values("slot"))
        .order_by("number")
        .first()
    )
    if slot is None:
        raise _unavailable(lead_id)
    return slot


def _unavailable(lead_id: UUID) -> errors.LeadUnavailable:
    hold = Claim.objects.live().filter(lead=lead_id).soonest_first().first()
    if hold is None:
        return errors.LeadUnavailable("This lead has been sold.", until=None)
    return errors.LeadUnavailable("Somebody else holds this lead at the moment.", until=hold.until.isoformat())


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
        if guard not in errors.GUARD_REFUSALS:
            raise
        refusal, says = errors.GUARD_REFUSALS[guard]
        raise refusal(says) from error
