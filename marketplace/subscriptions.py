"""Which events the marketplace listens to, and what it does on each."""

from aiqleads.core.events import subscribe
from leads.events import LeadErased, LeadScored, LeadsMerged, LeadWithdrawn
from leads.models import Lead
from marketplace import offering, services
from marketplace.events import (
    LeadHeld,
    LeadListed,
    LeadPriced,
    LeadReleased,
    LeadReturned,
    LeadSold,
    ListingWithdrawn,
    MemberNotified,
    OfferEvent,
    WaitlistMoved,
)
from marketplace.return_rules import Reason
from pricing.events import LeadQuoted


def connect() -> None:
    """Subscribe once, when the apps are ready. Every handler may be called twice for one event."""
    subscribe(LeadQuoted, list_quoted)
    subscribe(LeadWithdrawn, delist_withdrawn)
    subscribe(LeadsMerged, close_merged)
    subscribe(LeadScored, credit_shown_active)
    subscribe(LeadErased, credit_erased)
    subscribe(LeadReturned, withdraw_returned)
    for fact in (LeadHeld, LeadReleased, LeadSold, LeadPriced, LeadListed, ListingWithdrawn, WaitlistMoved):
        subscribe(fact, offering.tell_open_pages)
    subscribe(LeadPriced, tell_watchers)
    subscribe(MemberNotified, mail_notification)
    for interest in (LeadHeld, LeadSold, LeadListed):
        subscribe(interest, measure_demand)


def list_quoted(event: LeadQuoted) -> None:
    offering.list_lead(lead_id=event.lead_id)


def delist_withdrawn(event: LeadWithdrawn) -> None:
    offering.delist_lead(lead_id=event.lead_id, reason=event.reason)


def close_merged(event: LeadsMerged) -> None:
    offering.close_merged(winner_id=event.winner_id, loser_id=event.loser_id)
    services.credit_sold_twice(lead_id=event.winner_id)


def credit_shown_active(event: LeadScored) -> None:
    """A home that a listing service shows is never scored to pass, so the many that pass cost nothing."""
    if event.verdict != "pass":
        services.credit_shown_active(lead_id=event.lead_id)


def credit_erased(event: LeadErased) -> None:
    services.credit_erased(lead_id=event.lead_id)


def withdraw_returned(event: LeadReturned) -> None:
    offering.withdraw_returned(lead_id=event.lead_id, ground=Reason(event.ground))


def tell_watchers(event: LeadPriced) -> None:
    services.tell_watchers_of_price(lead_id=event.lead_id)


def mail_notification(event: MemberNotified) -> None:
    services.mail_notification(notification_id=event.notification_id)


def measure_demand(event: OfferEvent) -> None:
    lead = Lead.objects.only("zip_code", "kind").get(pk=event.lead_id)
    offering.measure_demand(lead.zip_code[:3], lead.kind)
