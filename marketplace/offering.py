"""Putting leads on the marketplace and taking them off, in answer to what the apps below tell."""

from contextlib import suppress
from dataclasses import asdict
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from aiqleads.core import clock, events, live, transactions
from leads import selectors as leads
from leads import services as lead_services
from leads.errors import LeadClosed
from leads.models import Lead
from marketplace import errors
from marketplace.events import LeadHeld, LeadListed, LeadPriced, OfferEvent
from marketplace.models import Claim, LeadSlot, Listing
from marketplace.return_rules import Reason
from marketplace.services.closing import close, delist
from pricing import selectors as pricing
from pricing import services as pricing_services

DEMAND_DAYS: Final = 14
FOUND_OUT: Final = frozenset(
    {
        Reason.WRONG_NUMBER,
        Reason.NOT_THE_OWNER,
        Reason.ALREADY_LISTED,
        Reason.ALREADY_SOLD,
        Reason.DO_NOT_CONTACT,
    }
)
"""Grounds of returns after which nobody is offered the lead any more."""


@transactions.write
def list_lead(*, lead_id: UUID) -> Listing | None:
    """Offer an active, quoted lead, or bring its offer up to date. Safe to run again.

    :return: None when the lead is not active, its home was sold before, no right allows it to be listed, or its
        owner agreed to no further copy
    """
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    quote = pricing.current_quote(lead_id)
    if lead.state != Lead.State.ACTIVE or quote is None or _was_delivered(lead_id):
        return None
    listing = Listing.objects.locked([lead_id]).first()
    facts = asdict(leads.public_facts(lead_id))
    wanted = {**facts, "quote_id": quote.pk, "price_credits": quote.price_credits, "delisted_at": None}
    wanted["delisted_reason"] = ""
    if listing and all(getattr(listing, field) == value for field, value in wanted.items()):
        return listing
    with suppress(errors.CannotBeOffered), errors.refusals(), transaction.atomic():
        return _offer(lead_id, listing, wanted)
    return None


def _offer(lead_id: UUID, listing: Listing | None, wanted: dict[str, object]) -> Listing:
    if listing is None:
        copies = leads.agents_consented(lead_id) or 1
        for number in range(1, copies + 1):
            LeadSlot.objects.create(lead_id=lead_id, number=number)
        listing = Listing.objects.create(lead_id=lead_id, copies=copies, copies_left=copies, **wanted)
        events.publish(LeadListed(lead_id=lead_id))
        return listing
    was_offered, old_price = listing.delisted_at is None, listing.price_credits
    for field, value in wanted.items():
        setattr(listing, field, value)
    listing.save(update_fields=list(wanted))
    if not was_offered:
        events.publish(LeadListed(lead_id=lead_id))
    elif listing.price_credits != old_price:
        events.publish(LeadPriced(lead_id=lead_id, price_credits=listing.price_credits))
    return listing


@transactions.write
def delist_lead(*, lead_id: UUID, reason: str) -> None:
    """Take an offer off, and release its running holds with the reason. Safe to run again."""
    listing = Listing.objects.locked([lead_id]).first()
    if listing is not None:
        delist(listing, reason=reason)


@transactions.write
def close_merged(*, winner_id: UUID, loser_id: UUID) -> None:
    """One home, one offer: the loser's is closed, and the winner's too where the home was delivered already.

    Safe to run again.
    """
    listings = {listing.pk: listing for listing in Listing.objects.locked([winner_id, loser_id])}
    loser, winner = listings.get(loser_id), listings.get(winner_id)
    if loser:
        close(loser, reason="the same home as another lead")
    if winner and _was_delivered(winner_id):
        close(winner, reason="the same home was sold before")


def _was_delivered(lead_id: UUID) -> bool:
    """Whether the home was sold through a lead that was merged into this one."""
    delivered = [Claim.State.SOLD, Claim.State.RETURNED]
    return Claim.objects.filter(lead__merged_into=lead_id, state__in=delivered).exists()


def withdraw_returned(*, lead_id: UUID, ground: Reason) -> None:
    """Take a lead out of circulation whose buyer, or a person, found out what is wrong with it. Safe to run again.

    What our own records show moves the lead by itself, and one that was merged or erased needs no more.
    """
    if ground not in FOUND_OUT:
        return
    lead = Lead.objects.get(pk=lead_id)
    with suppress(LeadClosed):
        lead_services.withdraw_lead(lead_id=lead.merged_into_id or lead.pk, reason=ground.label.lower())


def tell_open_pages(fact: OfferEvent) -> None:
    """Pass a fact on to every open page: what happened to which lead, nothing about who did it."""
    message: dict[str, object] = {"type": fact.name, "lead": str(fact.lead_id)}
    if isinstance(fact, LeadHeld):
        message["until"] = fact.until
    if isinstance(fact, LeadPriced):
        message["price_credits"] = fact.price_credits
    live.broadcast(live.MARKET_GROUP, message)


def demand(zip3: str, kind: str) -> dict[str, int]:
    """What happened in one market over the last fourteen days: holds, sales, and offers open now."""
    since = clock.now() - timedelta(days=DEMAND_DAYS)
    claims = Claim.objects.filter(lead__zip_code__startswith=zip3, lead__kind=kind, during__startswith__gte=since)
    offers = Listing.objects.offered().filter(zip_code__startswith=zip3, kind=kind)
    return {
        "holds": claims.count(),
        "sales": claims.filter(state=Claim.State.SOLD).count(),
        "listed": offers.count(),
    }


def measure_demand(zip3: str, kind: str) -> None:
    """Count one market again and tell pricing. Counting again, not counting up, makes a repetition harmless."""
    pricing_services.note_demand(zip3=zip3, kind=kind, **demand(zip3, kind))


def measure_all_demand() -> None:
    """Count every market again that was ever measured: what buyers did weeks ago no longer counts."""
    for zip3, kind in pricing.measured_markets():
        measure_demand(zip3, kind)
