"""Which events the marketplace listens to, and what it does on each."""

from functools import partial

from accounts.events import LicenceMove, LicenceMoved, MemberStoppedBuying
from accounts.privacy.events import ContactRecalled
from aiqleads.core import idempotency, push
from aiqleads.core.events import subscribe
from aiqleads.core.redis import breaker
from billing import selectors as billing
from billing.events import CreditsPosted, RechargeDone, RechargeEnded
from billing.tasks import recharge_where_low as recharging
from leads import outcomes
from leads.assessment import RIGHT_ENDED
from leads.events import LeadErased, LeadScored, LeadsMerged, LeadWithdrawn, OwnerCorrected, OwnerObjected
from leads.models import Lead
from marketplace import offering, services, tasks
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
from marketplace.models import Purchase, Return
from marketplace.return_rules import Reason
from pricing.events import LeadQuoted


def connect() -> None:
    """Subscribe once, when the apps are ready. Every handler may be called twice for one event."""
    subscribe(LeadQuoted, list_quoted)
    subscribe(LeadWithdrawn, delist_withdrawn)
    subscribe(LeadsMerged, close_merged)
    subscribe(LeadScored, credit_shown_active)
    subscribe(OwnerCorrected, tell_of_correction)
    subscribe(OwnerObjected, tell_of_objection)
    subscribe(LeadErased, delist_erased)
    subscribe(LeadErased, tell_buyers_of_erasure)
    subscribe(LeadErased, credit_erased)
    subscribe(LeadReturned, withdraw_returned)
    subscribe(LeadErased, recall_erased)
    subscribe(ContactRecalled, recall_contact)
    subscribe(LeadWithdrawn, recall_unlistable)
    for fact in (LeadHeld, LeadReleased, LeadSold, LeadPriced, LeadListed, ListingWithdrawn, WaitlistMoved):
        subscribe(fact, offering.tell_open_pages)
    subscribe(LeadPriced, tell_watchers)
    subscribe(LeadListed, buy_for_orders)
    subscribe(LeadPriced, buy_for_orders)
    subscribe(MemberNotified, mail_notification)
    subscribe(MemberNotified, push_notification)
    for fact in (LeadReleased, WaitlistMoved):
        subscribe(fact, tell_of_turns)
    subscribe(LeadSold, tell_of_turn)
    subscribe(MemberStoppedBuying, take_back_assignments)
    subscribe(MemberStoppedBuying, stop_orders)
    subscribe(LicenceMoved, tell_of_licence)
    subscribe(MemberStoppedBuying, release_holds)
    subscribe(LeadSold, write_kit)
    subscribe(LeadSold, note_sale)
    subscribe(LeadSold, recharge_where_low)
    subscribe(CreditsPosted, try_intents)
    subscribe(RechargeDone, tell_of_recharge)
    subscribe(RechargeEnded, tell_of_recharges_end)
    subscribe(LeadReturned, note_return)
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


def tell_of_correction(event: OwnerCorrected) -> None:
    services.tell_of_correction(lead_id=event.lead_id, observation_id=event.observation_id, fields=event.fields)


def tell_of_objection(event: OwnerObjected) -> None:
    services.tell_of_objection(lead_id=event.lead_id)


def delist_erased(event: LeadErased) -> None:
    """Whoever holds it loses the hold with the reason; nothing is charged."""
    offering.delist_lead(lead_id=event.lead_id, reason="its owner had it deleted")


def tell_buyers_of_erasure(event: LeadErased) -> None:
    services.ask_to_delete(lead_id=event.lead_id)


def credit_erased(event: LeadErased) -> None:
    services.credit_erased(lead_id=event.lead_id)


def recall_erased(event: LeadErased) -> None:
    services.recall_lead(lead_id=event.lead_id, why="Its owner had the lead deleted.")
    idempotency.forget_mentioning(str(event.lead_id))


def recall_contact(event: ContactRecalled) -> None:
    services.recall_contact(lead_id=event.lead_id, organisation_id=event.organisation_id)


def recall_unlistable(event: LeadWithdrawn) -> None:
    """A lead that is merely gone was bought rightfully and is delivered; one whose right ended is called back."""
    if event.reason == RIGHT_ENDED:
        services.recall_lead(lead_id=event.lead_id, why="The right to hand it on has ended.")


def withdraw_returned(event: LeadReturned) -> None:
    offering.withdraw_returned(lead_id=event.lead_id, ground=Reason(event.ground))


def tell_watchers(event: LeadPriced) -> None:
    services.tell_watchers_of_price(lead_id=event.lead_id)


def buy_for_orders(event: LeadListed | LeadPriced) -> None:
    services.buy_for_orders(lead_id=event.lead_id)


def mail_notification(event: MemberNotified) -> None:
    services.mail_notification(notification_id=event.notification_id)


def push_notification(event: MemberNotified) -> None:
    """Ask a worker at once; without a broker the minute's sweep does it."""
    if push.is_available():
        breaker.attempt(tasks.push_due.delay, otherwise=lambda: None, purpose="push")


def tell_of_turns(event: OfferEvent) -> None:
    services.tell_of_turns(lead_ids=[event.lead_id])


def tell_of_turn(event: LeadSold) -> None:
    services.tell_of_turn(claim_id=event.claim_id)


def take_back_assignments(event: MemberStoppedBuying) -> None:
    services.take_back_assignments(membership_id=event.membership_id)


def stop_orders(event: MemberStoppedBuying) -> None:
    services.stop_orders_of(membership_id=event.membership_id)


def tell_of_licence(event: LicenceMoved) -> None:
    services.tell_of_licence(licence_id=event.licence_id, to=LicenceMove(event.to))


def release_holds(event: MemberStoppedBuying) -> None:
    services.release_holds_of(membership_id=event.membership_id)


def write_kit(event: LeadSold) -> None:
    services.write_engagement(purchase_id=Purchase.objects.values_list("pk", flat=True).get(claim=event.claim_id))


def note_sale(event: LeadSold) -> None:
    """Scoring learns from sales, and lies below: it is told what it has to know of one."""
    bought = Purchase.objects.get(claim=event.claim_id)
    outcomes.note_sale(sale_id=bought.pk, lead_id=bought.lead_id, sold_at=bought.bought_at)


def note_return(event: LeadReturned) -> None:
    came_back = Return.objects.select_related("purchase").get(
        purchase__claim=event.claim_id, state=Return.State.ACCEPTED
    )
    bought = came_back.purchase
    outcomes.note_return(
        sale_id=bought.pk,
        lead_id=bought.lead_id,
        sold_at=bought.bought_at,
        returned_at=came_back.decided_at or came_back.requested_at,
        ground=came_back.ground,
    )


def measure_demand(event: OfferEvent) -> None:
    lead = Lead.objects.only("zip_code", "kind").get(pk=event.lead_id)
    offering.measure_demand(lead.zip_code[:3], lead.kind)


def try_intents(event: CreditsPosted) -> None:
    """What waited for this payment is bought, or its buyer is told why not."""
    services.try_intents(payment_id=event.payment_id)


def recharge_where_low(event: LeadSold) -> None:
    """Whoever agreed to it is charged by a worker: nobody waits for a bank here."""
    bought = Purchase.objects.only("organisation_id").get(claim=event.claim_id)
    if billing.find_low_recharge(bought.organisation_id):
        organisation_id = str(bought.organisation_id)
        breaker.attempt(partial(recharging.delay, organisation_id), otherwise=lambda: None, purpose="recharge")


def tell_of_recharge(event: RechargeDone) -> None:
    services.tell_of_recharge(payment_id=event.payment_id)


def tell_of_recharges_end(event: RechargeEnded) -> None:
    services.tell_of_recharges_end(organisation_id=event.organisation_id, why=event.why, at=event.at)
