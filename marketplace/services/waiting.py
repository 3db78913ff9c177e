"""The waitlist of a lead: joining it, leaving it, and telling whose turn it is, which is derived, never written."""

from collections.abc import Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet
from django.urls import reverse

from accounts.models import Membership
from aiqleads.core import clock, events, transactions
from marketplace import errors
from marketplace.events import WaitlistMoved
from marketplace.models import Listing, Notification, NotificationChoice, WaitlistEntry
from marketplace.selectors.waiting import moving_queues, queues
from marketplace.services.holding import require_buyer, turn_refusals
from marketplace.services.notifying import notify

WHILE_IT_LASTS: Final = frozenset({NotificationChoice.Channel.IN_APP, NotificationChoice.Channel.PUSH})


def join_waitlist(*, lead_id: UUID, buyer: Membership) -> WaitlistEntry:
    """Queue the buyer's organisation for a lead of which no copy is free. Who waits already keeps their place.

    :raises LeadIsFree: a copy can be held now
    :raises LeadUnavailable: every copy is sold, the organisation has the lead itself, or it is not open to them yet
    :raises TooManyWaitlists: the organisation waits for as many leads as its plan allows
    :raises LeadWithdrawn | HoldPaused | NotYourRole | TermsNotAccepted: as they say
    """
    with turn_refusals(lead_id, buyer):
        return _join(lead_id, buyer)


@transactions.write
def _join(lead_id: UUID, buyer: Membership) -> WaitlistEntry:
    require_buyer(buyer)
    if not Listing.objects.locked([lead_id]):
        raise errors.LeadWithdrawn("This lead is not offered.")
    known = _entries(lead_id, buyer).first()
    if known:
        return known
    entry = WaitlistEntry.objects.create(lead_id=lead_id, organisation_id=buyer.organisation_id, membership=buyer)
    events.publish(WaitlistMoved(lead_id=lead_id))
    return entry


@transactions.write
def leave_waitlist(*, lead_id: UUID, buyer: Membership) -> None:
    """Give the organisation's place up; a window that runs passes to the next. Harmless when it has none."""
    require_buyer(buyer)
    list(Listing.objects.locked([lead_id]))
    if _entries(lead_id, buyer).update(left_at=clock.Now()):
        events.publish(WaitlistMoved(lead_id=lead_id))


def tell_of_turns(*, lead_ids: Collection[UUID] | None = None) -> None:
    """Tell who waits that their turn has come, while it lasts and once for each. Safe to run again.

    By page and telephone alone: a letter would mostly be read when the two minutes are over.

    :param lead_ids: the leads whose queues may have moved on; None for all in which time may have moved them
    """
    for lead_id, queue in (moving_queues() if lead_ids is None else queues(lead_ids)).items():
        if queue.turn_of and queue.turn_ends_at:
            _tell_of_turn(lead_id, queue.turn_of, queue.turn_ends_at)


@transactions.write
def _tell_of_turn(lead_id: UUID, organisation_id: UUID, ends_at: datetime) -> None:
    waiting = WaitlistEntry.objects.waiting().select_related("lead")
    entry = waiting.filter(lead=lead_id, organisation=organisation_id).first()
    if entry:
        notify(
            membership_id=entry.membership_id,
            kind=Notification.Kind.TURN,
            key=f"turn:{entry.pk}:{ends_at:%Y%m%d%H%M%S}",
            says=f"Yours to hold until {ends_at:%H:%M:%S} UTC: {entry.lead}",
            path=reverse("marketplace:lead_detail", args=[lead_id]),
            channels=WHILE_IT_LASTS,
        )


def _entries(lead_id: UUID, buyer: Membership) -> QuerySet[WaitlistEntry]:
    return WaitlistEntry.objects.waiting().filter(lead=lead_id, organisation=buyer.organisation_id)
