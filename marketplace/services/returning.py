"""Purchases that come back: asked for, decided by our records or by people, credited, and sold again where fair.

Accepted means credited: journal, claim, copy and return change in one transaction or not at all. Locks are taken in
the order of docs/subsystems/locking.md; the organisation's row first, so that its returns are counted one by one.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final, cast
from uuid import UUID

from django.db import transaction
from django.db.models import Max, Q

from accounts import permissions
from accounts.models import Membership, Organisation
from aiqleads.core import audit, clock, events, transactions
from aiqleads.core.uploads import Examined
from billing import services as billing
from leads.models import Contact, Lead
from leads.objections import note_objection
from marketplace import errors, evidence, return_rules, selectors
from marketplace.events import LeadListed, LeadReturned
from marketplace.models import Claim, LeadSlot, Listing, Notification, Purchase, Return, ReturnEvidence
from marketplace.return_rules import OWN_GROUNDS, SOLD_AGAIN, Reason
from marketplace.services.closing import close
from marketplace.services.delivering import cancel_deliveries, queue_return_decided
from marketplace.services.notifying import notify

OBJECTIONS: Final = {
    Reason.WRONG_NUMBER: Contact.Objection.WRONG_NUMBER,
    Reason.NOT_THE_OWNER: Contact.Objection.NOT_THE_OWNER,
    Reason.DO_NOT_CONTACT: Contact.Objection.DO_NOT_CONTACT,
}
"""What an accepted return says of the contact itself, wherever it stands."""


def request_return(
    *,
    purchase_id: UUID,
    buyer: Membership,
    reason: Reason,
    explanation: str = "",
    exhibits: Sequence[Examined] = (),
) -> Return:
    """Ask for a purchase to be credited: accepted at once where our own records prove it, else a person decides.

    Copies that were bought out together come back together, and are decided about as one.

    :raises Purchase.DoesNotExist: their organisation has none such
    :raises NotYourRole | ReturnWindowOver | ReturnedBefore: as they say; no file is kept
    """
    kept = [evidence.keep(exhibit) for exhibit in exhibits]
    try:
        return _request(purchase_id=purchase_id, buyer=buyer, reason=reason, explanation=explanation, kept=kept)
    except BaseException:
        evidence.drop(kept)
        raise


@transactions.write
def _request(
    *, purchase_id: UUID, buyer: Membership, reason: Reason, explanation: str, kept: Sequence[ReturnEvidence]
) -> Return:
    permissions.require(buyer, permissions.Action.RETURN)
    Organisation.objects.select_for_update(no_key=True).get(pk=buyer.organisation_id)
    purchase = Purchase.objects.filter(organisation=buyer.organisation_id).get(pk=purchase_id)
    bought = _locked_bundle(purchase)
    terms = selectors.return_terms(at=purchase.bought_at)
    rate = selectors.return_rate(organisation_id=buyer.organisation_id, terms=terms, asked=len(bought))
    because = rate.explanation if rate.is_beyond_cap else ""
    with errors.refusals():
        asked = [
            Return.objects.create(
                purchase=one, membership=buyer, reason=reason, explanation=explanation, person_because=because
            )
            for one in bought
        ]
    for exhibit in kept:
        exhibit.of_return = asked[0]
    ReturnEvidence.objects.bulk_create(kept)
    proof = "" if because else return_rules.proof(reason, selectors.return_facts(bought[0]))
    if proof:
        _settle(asked, Return.State.ACCEPTED, says=proof)
    return asked[0]


@transactions.write
def appeal_return(*, purchase_id: UUID, buyer: Membership, explanation: str) -> Return:
    """Have a refused return looked at once more, by a person.

    :raises Return.DoesNotExist: their organisation has no return of such a purchase
    :raises NotYourRole | ReturnNotAppealable: as they say
    """
    permissions.require(buyer, permissions.Action.RETURN)
    theirs = Return.objects.filter(purchase__organisation=buyer.organisation_id)
    together = _locked_returns(theirs.get(purchase=purchase_id))
    for asked in together:
        asked.state, asked.appeal, asked.appealed_at = Return.State.APPEALED, explanation, clock.now()
        with errors.refusals():
            asked.save(update_fields=["state", "appeal", "appealed_at"])
        asked.refresh_from_db(fields=["appealed_at"])
    return together[0]


@transactions.write
def decide_return(*, return_id: UUID, is_accepted: bool, says: str, actor_id: int) -> Return:
    """Accept or refuse an open return on an operator's word.

    :param says: why, in words for the buyer
    :raises ReturnDecided: somebody else was faster
    """
    together = _locked_returns(Return.objects.get(pk=return_id))
    asked, before = together[0], together[0].state
    if not asked.is_open:
        raise errors.ReturnDecided("This return has been decided already.")
    state = Return.State.ACCEPTED if is_accepted else Return.State.REFUSED
    _settle(together, state, says=says, actor_id=actor_id)
    audit.record(
        actor_id=actor_id, action=f"return.{state}", subject=asked, state=[before, asked.state], reason=says
    )
    return asked


@transactions.write
def credit_purchase(*, purchase_id: UUID, ground: Reason, arose_at: datetime, says: str) -> Return | None:
    """Credit a purchase that nobody had to claim, on one of ``OWN_GROUNDS``. Safe to run again.

    :param arose_at: when the ground came up; all but the same home count within the window for returns alone
    :return: None where it was credited before or the window was over by then
    """
    if ground not in OWN_GROUNDS:
        raise ValueError(f"{ground} is for buyers to claim")
    purchase = _locked_bundle(Purchase.objects.get(pk=purchase_id))[0]
    is_late = ground != Reason.SAME_HOME and arose_at > selectors.return_window_ends(purchase)
    if purchase.claim.state != Claim.State.SOLD or is_late:
        return None
    asked = Return.objects.select_for_update(of=("self",)).filter(purchase=purchase).first()
    if asked is None:
        asked = Return.objects.create(purchase=purchase, reason=ground, explanation="", arose_at=arose_at)
    asked.purchase = purchase
    _accept(asked, ground=ground, says=says)
    _tell([asked])
    return asked


def _locked_bundle(purchase: Purchase) -> list[Purchase]:
    """Lock the lead, its offer and the claims of a purchase's bundle, in this order.

    :return: the purchase, and behind it the others of its bundle that still stand
    """
    Lead.objects.select_for_update(no_key=True).get(pk=purchase.lead_id)
    list(Listing.objects.locked([purchase.lead_id]))
    bundle = Claim.objects.filter(bundle=purchase.claim.bundle)
    claims = {claim.pk: claim for claim in bundle.select_related("lead").locked()}
    bought = list(Purchase.objects.filter(claim__in=claims).select_related("lead").order_by("pk"))
    for one in bought:
        one.claim = claims[one.claim_id]
    return sorted(
        (one for one in bought if one == purchase or one.claim.state == Claim.State.SOLD),
        key=lambda one: one != purchase,
    )


def _locked_returns(asked: Return) -> list[Return]:
    """Lock a return, and behind it those of its bundle that wait or were refused as it was."""
    bought = {purchase.pk: purchase for purchase in _locked_bundle(asked.purchase)}
    of_the_bundle = Return.objects.filter(purchase__in=bought).select_for_update(of=("self",)).order_by("pk")
    found = {one.pk: one for one in of_the_bundle}
    for one in found.values():
        one.purchase = bought[one.purchase_id]
    first = found[asked.pk]
    return [first, *(one for one in found.values() if one != first and one.state == first.state)]


def _settle(together: Sequence[Return], state: Return.State, *, says: str, actor_id: int | None = None) -> None:
    for asked in together:
        if state == Return.State.ACCEPTED:
            _accept(asked, ground=Reason(asked.reason), says=says, actor_id=actor_id)
        else:
            _decide(asked, state, says=says, actor_id=actor_id)
    _tell(together)


def _accept(asked: Return, *, ground: Reason, says: str, actor_id: int | None = None) -> None:
    claim = asked.purchase.claim
    asked.journal = billing.reverse_journal(
        journal_id=cast("UUID", claim.journal_id), key=f"return:{claim.pk}", memo=f"Returned: {claim.lead}"
    )
    claim.state = Claim.State.RETURNED
    claim.save(update_fields=["state"])
    LeadSlot.objects.filter(pk=claim.slot_id).update(closed_at=clock.Now())
    cancel_deliveries(purchases=Q(pk=asked.purchase_id), why="The lead came back.")
    asked.ground = ground
    _decide(asked, Return.State.ACCEPTED, says=says, actor_id=actor_id)
    if ground in SOLD_AGAIN:
        _sell_again(claim)
    elif ground != Reason.SAME_HOME:
        _close_offer(claim, ground)
    if ground in OBJECTIONS:
        note_objection(lead_id=claim.lead.merged_into_id or claim.lead_id, objection=OBJECTIONS[ground])
    events.publish(LeadReturned(lead_id=claim.lead_id, claim_id=claim.pk, ground=ground.value))


def _decide(asked: Return, state: Return.State, *, says: str, actor_id: int | None) -> None:
    asked.state, asked.decision, asked.decided_by_id = state, says[:300], actor_id
    asked.decided_at = clock.now()
    with errors.refusals():
        asked.save(update_fields=["state", "decision", "decided_by", "decided_at", "ground", "journal"])
    asked.refresh_from_db(fields=["decided_at"])


def _tell(together: Sequence[Return]) -> None:
    """Tell who bought, once for each decision: a refusal may be followed by another."""
    queue_return_decided(together)
    asked = together[0]
    lead, kind = asked.purchase.lead, Notification.Kind.RETURN_DECIDED
    says = f"Your return is refused: {lead}. {asked.decision}"
    if asked.state == Return.State.ACCEPTED:
        says = f"{sum(one.credited_credits for one in together)} credits are back: {lead}. {asked.decision}"
    if asked.ground in OWN_GROUNDS:
        kind = Notification.Kind.CREDITED
    notify(
        membership_id=asked.purchase.membership_id,
        kind=kind,
        key=f"return:{asked.pk}:{asked.state}{':appeal' if asked.appealed_at else ''}",
        says=says,
        path=asked.purchase.get_absolute_url(),
    )


def _sell_again(claim: Claim) -> None:
    """Put a copy in the place of the returned one, where the lead is not another's home and its owner agreed."""
    slots = LeadSlot.objects.filter(lead=claim.lead_id)
    number = slots.aggregate(last=Max("number"))["last"] + 1
    with suppress(errors.CannotBeOffered), errors.refusals(), transaction.atomic():
        LeadSlot.objects.create(lead_id=claim.lead_id, number=number, replaces_id=claim.slot_id)
        if Listing.objects.offered().filter(pk=claim.lead_id).exists():
            events.publish(LeadListed(lead_id=claim.lead_id))


def _close_offer(claim: Claim, ground: Reason) -> None:
    """Whatever was wrong is wrong for every copy: nobody buys another."""
    close(Listing.objects.get(pk=claim.lead_id), reason=ground.label.lower())
