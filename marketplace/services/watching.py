"""A member's watchlist, and what they looked at."""

from typing import Final
from uuid import UUID

from django.urls import reverse

from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock, transactions
from marketplace import errors
from marketplace.models import Listing, Notification, ViewedLead, WatchedLead
from marketplace.prices import own_price_credits
from marketplace.services.delivering import queue_price_drop
from marketplace.services.notifying import notify

MOST_WATCHED: Final = 200


@transactions.write
def watch_lead(*, lead_id: UUID, member: Membership) -> WatchedLead:
    """Put an offer on the member's watchlist; one that is there stays as it is.

    :raises LeadWithdrawn: it is not offered any more
    :raises WatchlistFull: ``MOST_WATCHED`` are on it
    """
    listing = Listing.objects.filter(pk=lead_id).first()
    if listing is None or listing.delisted_at or listing.copies_left == 0:
        raise errors.LeadWithdrawn("This lead is no longer offered, so there is nothing to watch.")
    known = WatchedLead.objects.filter(membership=member, listing=listing).first()
    if known:
        return known
    if WatchedLead.objects.filter(membership=member).count() >= MOST_WATCHED:
        raise errors.WatchlistFull(f"You watch {MOST_WATCHED} leads already. Take one off first.")
    return WatchedLead.objects.create(membership=member, listing=listing, told_credits=listing.price_credits)


@transactions.write
def unwatch_lead(*, lead_id: UUID, member: Membership) -> None:
    """Take an offer off the member's watchlist; again is harmless."""
    WatchedLead.objects.filter(membership=member, listing=lead_id).delete()


@transactions.write
def tell_watchers_of_price(*, lead_id: UUID) -> None:
    """Tell everybody who watches an offer that it costs them less than they know; safe to run again.

    A price that rose is not told, but counts: a later drop is told from there. Programs hear of list prices.
    """
    listing = Listing.objects.get(pk=lead_id)
    if listing.delisted_at:
        return
    moved = WatchedLead.objects.filter(listing=listing).exclude(told_credits=listing.price_credits)
    dropped: dict[UUID, int] = {}
    for watched in moved.select_for_update(of=("self",)).select_related("membership").order_by("pk"):
        if listing.price_credits < watched.told_credits:
            dropped[watched.membership.organisation_id] = watched.told_credits
            _tell_watcher(watched, listing)
    queue_price_drop(listing=listing, told_credits=dropped)
    moved.update(told_credits=listing.price_credits)


def _tell_watcher(watched: WatchedLead, listing: Listing) -> None:
    """What it costs their organisation, with its plan's discount; not where rounding leaves that as it was."""
    discount = accounts.entitlements(watched.membership.organisation_id)["discount_percent"]
    before, now = (
        own_price_credits(list_price_credits=price, discount_percent=discount)
        for price in (watched.told_credits, listing.price_credits)
    )
    if now < before:
        notify(
            membership_id=watched.membership_id,
            kind=Notification.Kind.PRICE_DROP,
            key=f"price:{listing.pk}:{listing.quote_id}",
            says=f"{listing.street or listing.city} costs {now} credits, {before - now} less than before",
            path=reverse("marketplace:lead_detail", args=[listing.pk]),
        )


@transactions.write
def note_view(*, lead_id: UUID, member: Membership) -> None:
    """Remember that the member opened the page of an offer just now."""
    ViewedLead.objects.update_or_create(membership=member, listing_id=lead_id, defaults={"viewed_at": clock.now()})
