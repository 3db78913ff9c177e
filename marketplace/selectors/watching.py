"""Reads of what a member watches and what they looked at."""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from accounts.models import Membership
from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from marketplace.models import Listing, ViewedLead, WatchedLead
from marketplace.selectors.offers import PAGE_SIZE

MOST_COMPARED: Final = 4


def watched_page(member: Membership, *, cursor: str | None = None, size: int = PAGE_SIZE) -> Page[WatchedLead]:
    """One page of the member's watchlist, what was added last first; each with its offer and the offer's holds.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="watched_at", is_descending=True)
    rows = WatchedLead.objects.filter(membership=member)
    found = keyset.page(rows, ordering=newest, cursor=cursor, size=size)
    offers = _offers(watched.listing_id for watched in found.results)
    for watched in found.results:
        watched.listing = offers[watched.listing_id]
    return found


def watched_leads(member: Membership, lead_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these leads the member watches."""
    watched = WatchedLead.objects.filter(membership=member, listing__in=list(lead_ids))
    return set(watched.values_list("listing_id", flat=True))


def recently_viewed(member: Membership, *, limit: int) -> list[Listing]:
    """The offers that the member looked at last, newest look first, but those that are over or on the watchlist."""
    watched = WatchedLead.objects.filter(membership=member).values("listing")
    offers = Listing.objects.offered().exclude(pk__in=watched)
    viewed = ViewedLead.objects.filter(membership=member, listing__in=offers)
    ids = list(viewed.order_by("-viewed_at").values_list("listing_id", flat=True)[:limit])
    found = _offers(ids)
    return [found[lead_id] for lead_id in ids]


def compared(lead_ids: list[UUID]) -> list[Listing]:
    """The offers to look at side by side, in the order asked; what never was offered is left out."""
    offers = _offers(lead_ids[:MOST_COMPARED])
    return [offers[lead_id] for lead_id in lead_ids[:MOST_COMPARED] if lead_id in offers]


def _offers(lead_ids: Iterable[UUID]) -> dict[UUID, Listing]:
    return {offer.pk: offer for offer in Listing.objects.with_holds().filter(pk__in=list(lead_ids))}
