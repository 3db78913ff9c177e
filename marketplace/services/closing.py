"""Ending an offer: for now, or for good. Everything here joins the caller's transaction."""

from aiqleads.core import clock, events
from marketplace.events import ListingWithdrawn
from marketplace.models import Listing
from marketplace.services.holding import free_slots, release


def delist(listing: Listing, *, reason: str) -> None:
    """Take a locked offer off, and release its running holds with the reason. One that is off stays as it is."""
    if listing.delisted_at is not None:
        return
    release(listing.pk, reason=reason[:60])
    listing.delisted_at, listing.delisted_reason = clock.now(), reason
    listing.save(update_fields=["delisted_at", "delisted_reason"])
    events.publish(ListingWithdrawn(lead_id=listing.pk))


def close(listing: Listing, *, reason: str) -> None:
    """Delist for good: the copies that nobody bought can never be held again."""
    delist(listing, reason=reason)
    free_slots(listing.pk).update(closed_at=clock.Now())
