"""The waitlist of a lead: joining it and leaving it. Whose turn it is is derived, never written."""

from uuid import UUID

from django.db.models import QuerySet

from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from marketplace import errors
from marketplace.events import WaitlistMoved
from marketplace.models import Listing, WaitlistEntry
from marketplace.services.holding import refusals, require_buyer


@transactions.write
def join_waitlist(*, lead_id: UUID, buyer: Membership) -> WaitlistEntry:
    """Queue the buyer's organisation for a lead of which no copy is free. Who waits already keeps their place.

    :raises LeadIsFree: a copy can be held now
    :raises LeadUnavailable: every copy is sold, or the organisation has the lead itself
    :raises LeadWithdrawn | HoldPaused | NotABuyer | TermsNotAccepted: as they say
    """
    require_buyer(buyer)
    if not Listing.objects.locked([lead_id]):
        raise errors.LeadWithdrawn("This lead is not offered.")
    known = _entries(lead_id, buyer).first()
    if known:
        return known
    with refusals(lead_id):
        entry = WaitlistEntry.objects.create(
            lead_id=lead_id, organisation_id=buyer.organisation_id, membership=buyer
        )
    events.publish(WaitlistMoved(lead_id=lead_id))
    return entry


@transactions.write
def leave_waitlist(*, lead_id: UUID, buyer: Membership) -> None:
    """Give the organisation's place up; a window that runs passes to the next. Harmless when it has none."""
    require_buyer(buyer)
    list(Listing.objects.locked([lead_id]))
    if _entries(lead_id, buyer).update(left_at=clock.Now()):
        events.publish(WaitlistMoved(lead_id=lead_id))


def _entries(lead_id: UUID, buyer: Membership) -> QuerySet[WaitlistEntry]:
    return WaitlistEntry.objects.waiting().filter(lead=lead_id, organisation=buyer.organisation_id)
