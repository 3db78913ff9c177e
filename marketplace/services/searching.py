"""Searches that members keep: saving them, and telling of what is new.

What is new is found by the marketplace's own search, so that an alert never disagrees with the list.
"""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Q
from django.urls import reverse

from accounts import selectors as accounts
from accounts.models import Membership
from aiqleads.core import clock, transactions
from marketplace import errors, search_text
from marketplace.models import FoundLead, Listing, Notification, SavedSearch
from marketplace.prices import own_price_credits
from marketplace.services.notifying import notify

Rhythm = SavedSearch.Rhythm

MOST_SAVED: Final = 50
MOST_TOLD: Final = 200
NAMED_IN_A_LETTER: Final = 10
LOOKS_BACK: Final = timedelta(minutes=10)
"""How far behind the last look a search looks again: an offer may be committed later than it was dated."""
EVERY: Final = {Rhythm.INSTANT: timedelta(0), Rhythm.DAILY: timedelta(days=1), Rhythm.WEEKLY: timedelta(days=7)}


@transactions.write
def save_search(*, member: Membership, name: str, query: str, rhythm: Rhythm) -> SavedSearch:
    """Keep a search; the same one again gets the new name and rhythm.

    :param query: as in the address of the list; what is not a filter is dropped
    :raises SearchRefused: a filter cannot be used, or nothing is filtered
    :raises TooManySearches: ``MOST_SAVED`` are kept
    """
    Membership.objects.select_for_update(no_key=True).get(pk=member.pk)  # counts and saves one at a time
    kept = search_text.canonical(query)
    known = SavedSearch.objects.filter(membership=member, query=kept).first()
    if known is None and SavedSearch.objects.filter(membership=member).count() >= MOST_SAVED:
        raise errors.TooManySearches(f"You keep {MOST_SAVED} searches already. Delete one first.")
    search = known or SavedSearch(membership=member, query=kept)
    search.name, search.rhythm = name[:80] or search_text.in_words(kept)[:80], rhythm
    search.save()
    return search


@transactions.write
def change_search(
    *, member: Membership, search_id: UUID, name: str | None = None, rhythm: Rhythm | None = None
) -> SavedSearch:
    """Give a saved search another name or rhythm.

    :raises SavedSearch.DoesNotExist: the member keeps none such
    """
    search = SavedSearch.objects.select_for_update().get(pk=search_id, membership=member)
    search.name, search.rhythm = (name or search.name)[:80], rhythm or search.rhythm
    search.save(update_fields=["name", "rhythm"])
    return search


@transactions.write
def delete_search(*, member: Membership, search_id: UUID) -> None:
    """Forget a saved search; again is harmless."""
    SavedSearch.objects.filter(pk=search_id, membership=member).delete()


def tell_of_due_searches() -> int:
    """Let every search look that tells at once, or whose day or week is over; return how many found something."""
    is_due = Q()
    for rhythm, pause in EVERY.items():
        is_due |= Q(rhythm=rhythm, looked_at__lte=clock.now() - pause)
    due = SavedSearch.objects.filter(is_due).order_by("looked_at").values_list("pk", flat=True)
    return sum(tell_of_new_leads(search_id=search_id) for search_id in list(due))


@transactions.write
def tell_of_new_leads(*, search_id: UUID) -> bool:
    """Tell a search's member of the offers that are new to it, in one notification; safe to run at any time.

    :return: whether there was something to tell
    """
    kept = SavedSearch.objects.select_for_update(of=("self",)).select_related("membership")
    search = kept.filter(pk=search_id).first()
    filters = search_text.read_filters(search.query) if search else None
    if search is None or filters is None or search.rhythm == Rhythm.NEVER:
        return False
    since = max(search.created_at, search.looked_at - LOOKS_BACK)  # what was there before stands in the list
    known = FoundLead.objects.filter(search=search).values("listing")
    fresh = Listing.objects.offered().matching(filters).filter(opens_at__gt=since).exclude(pk__in=known)
    new = list(fresh.order_by("-opens_at", "pk")[:MOST_TOLD])
    search.looked_at = clock.now()
    search.save(update_fields=["looked_at"])
    if new:
        FoundLead.objects.bulk_create(FoundLead(search=search, listing=listing) for listing in new)
        _notify(search, new)
    return bool(new)


def _notify(search: SavedSearch, new: list[Listing]) -> None:
    number = f"{len(new)}+" if len(new) == MOST_TOLD else str(len(new))
    discount = accounts.entitlements(search.membership.organisation_id)["discount_percent"]
    lines = [
        f"{listing.street or listing.city}, {listing.city} {listing.state_code}: {listing.summary}, "
        f"{own_price_credits(list_price_credits=listing.price_credits, discount_percent=discount)} credits"
        for listing in new[:NAMED_IN_A_LETTER]
    ]
    notify(
        membership_id=search.membership_id,
        kind=Notification.Kind.SEARCH_MATCH,
        key=f"search:{search.pk}:{new[0].pk}",
        says=f"{number} new lead{'' if len(new) == 1 else 's'} for “{search.name}”",
        body="\n".join(lines),
        path=reverse("marketplace:show_search", args=[search.pk]),
    )
