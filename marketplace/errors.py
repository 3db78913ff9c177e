"""Refusals of the marketplace, named as states of the world, and how the database's guards map to them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from django.db import IntegrityError
from django.urls import reverse

from accounts.errors import LicenceMissing, NotYourRole
from accounts.licences import state_name
from aiqleads.core.postgres import violated_constraint
from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout


class LeadUnavailable(Refusal):
    """Somebody else holds or bought the lead. ``until`` is when a hold ends (ISO time), or null when sold."""

    status = HTTPStatus.CONFLICT
    code = "lead_unavailable"
    remedy = (
        "Try again after `until`, join the lead's waitlist, or choose another lead; without `until` it is sold."
    )

    def __init__(self, detail: str, *, until: str | None = None) -> None:
        super().__init__(detail, until=until)


class NotOpenYet(LeadUnavailable):
    """Others may take the lead first. ``until`` is when it opens to the caller (ISO time)."""

    code = "not_open_yet"
    remedy = "Hold the lead when `until` is over."


class CannotBeOffered(Refusal):
    """No right allows the lead to be listed, or its owner agreed to no further copy."""

    code = "cannot_be_offered"
    remedy = "Choose another lead."


class PriceChanged(Refusal):
    """The price moved between the page and the hold: the listed one, or one's own with the plan."""

    status = HTTPStatus.CONFLICT
    code = "price_changed"
    remedy = "Fetch the lead, show its price of now, and hold it again if it is still wanted."


class LeadWithdrawn(Refusal):
    """The lead is no longer offered."""

    code = "lead_withdrawn"
    remedy = "Choose another lead and take this one off your list."


class HoldQuotaReached(Refusal):
    """As many holds run as the plan allows."""

    code = "hold_quota_reached"
    remedy = "Buy or give back one of the holds first."


class LeadIsFree(Refusal):
    """Nobody has to wait for the lead: a copy can be held now."""

    code = "lead_is_free"
    remedy = "Hold the lead."


class TooManyWaitlists(Refusal):
    """The organisation waits for as many leads as its plan allows."""

    code = "too_many_waitlists"
    remedy = "Leave one of the queues first."


class HoldsOneCopy(Refusal):
    """The buyer holds some copies of the lead, so all of them cannot become one bundle."""

    code = "holds_one_copy"
    remedy = "Give the single copies back first, or buy them."


class HoldPaused(Refusal):
    """The organisation held this lead within the last ten minutes. ``until`` is when it may again (ISO time)."""

    code = "hold_paused"
    remedy = "Hold the lead when `until` is over, if it is still free."


class HoldExpired(Refusal):
    """The hold ended before the action; win the lead again."""

    code = "hold_expired"
    remedy = "Fetch the cart; hold the lead again if it is still free."


class ExtensionRefused(Refusal):
    """The plan does not allow the hold to last longer."""

    code = "extension_refused"
    remedy = "Buy the lead before its time ends."


class CartEmpty(Refusal):
    """There is no live hold to buy."""

    code = "cart_empty"
    remedy = "Hold a lead first."


class CartChanged(Refusal):
    """The cart is not what the buyer was shown; look at it again before paying."""

    status = HTTPStatus.CONFLICT
    code = "cart_changed"
    remedy = "Fetch the cart, show it to the buyer, and check out under a new key."


class PackTooSmall(Refusal):
    """The cart costs more than the organisation would have with it; ``needed_credits`` says how many it lacks."""

    code = "pack_too_small"
    remedy = "Send a pack of `needed_credits` or more, or leave a lead out."


class WatchlistFull(Refusal):
    """The member watches as many leads as anybody may."""

    code = "watchlist_full"
    remedy = "Take a lead off the watchlist first."


class SearchRefused(Refusal):
    """The search cannot be kept: a filter cannot be used, or there is none."""

    code = "search_refused"
    remedy = "Give at least one filter, each as GET /api/v1/leads/ takes it."


class TooManySearches(Refusal):
    """The member keeps as many searches as anybody may."""

    code = "too_many_searches"
    remedy = "Delete a saved search first."


class TooManyTerritories(Refusal):
    """The organisation owns as many territories as its plan allows."""

    code = "too_many_territories"
    remedy = "Give one territory up first."


class TerritoryTooLarge(Refusal):
    """The organisation's territories together would be larger than its plan allows."""

    code = "territory_too_large"
    remedy = "Name fewer ZIP codes or draw less ground."


class TerritoryInUse(Refusal):
    """A standing order buys in the territory."""

    code = "territory_in_use"
    remedy = "Delete or move the standing order first."


class TooManyOrders(Refusal):
    """The organisation has as many standing orders as anybody may."""

    code = "too_many_orders"
    remedy = "Delete a standing order first."


class OrderRefused(Refusal):
    """The standing order cannot be kept as it was asked for."""

    code = "order_refused"
    remedy = "Change what `detail` names."


class OrderChanged(Refusal):
    """The terms that were agreed to are not the order's any more; read them again."""

    status = HTTPStatus.CONFLICT
    code = "order_changed"
    remedy = "Fetch the order, have its `text` read, and agree to its `terms`."


class OrderCannotBuy(Refusal):
    """What a standing order may not buy, by its terms or by those of all orders."""

    code = "order_cannot_buy"
    remedy = "Change the order's terms, or buy the lead by hand."


class OrdersLeaveHalf(OrderCannotBuy):
    """All standing orders together have bought half of a region's leads of a day."""

    remedy = "Buy the lead by hand; orders go on tomorrow."


class CrmRefused(Refusal):
    """The contacts cannot be compared: unreadable, too many, or they look like guessing."""

    code = "crm_refused"
    remedy = "Mend what `detail` names and send the contacts again."


class CrmUploadedToday(Refusal):
    """The organisation compared its contacts today. ``until`` is when it may again (ISO time)."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "crm_uploaded_today"
    remedy = "Send the contacts after `until`."


class NotVerified(Refusal):
    """The member has not confirmed their e-mail address."""

    status = HTTPStatus.FORBIDDEN
    code = "not_verified"
    remedy = "Follow the link in the letter that came after sign-up, or have it sent again on /account/."


class NotBought(Refusal):
    """The contact is for those who bought the lead."""

    status = HTTPStatus.FORBIDDEN
    code = "not_bought"
    remedy = "Hold and buy the lead first."


class TermsNotAccepted(Refusal):
    """The current terms have to be accepted before holding."""

    status = HTTPStatus.FORBIDDEN
    code = "terms_not_accepted"
    remedy = "Show the terms at /terms/, then PATCH /api/v1/me/ with their `accepted_terms_version`."


class Busy(Refusal):
    """Too many wanted the same rows at one moment; nothing was changed and a second try may go through."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "busy"
    remedy = "Send the same request again after `Retry-After`."


class ReturnWindowOver(Refusal):
    """The time within which the purchase could be returned is over."""

    code = "return_window_over"
    remedy = "Nothing is left to do; the purchase stands."


class ReturnedBefore(Refusal):
    """The purchase was returned, or its return asked for, before; it is asked for once and can be appealed once."""

    code = "returned_before"
    remedy = "Fetch the return and its decision."


class GivenBack(Refusal):
    """The purchase came back: it has no outcome of this buyer's any more."""

    code = "given_back"
    remedy = "Nothing is left to do with this purchase."


class NotAColleague(Refusal):
    """Nobody of the organisation who buys is called so."""

    code = "not_a_colleague"
    remedy = "Choose a member of GET /api/v1/organisation/members/ who may buy."


class SeesItAlready(Refusal):
    """The colleague's role shows them everything that the organisation bought."""

    code = "sees_it_already"
    remedy = "Nothing is left to do: they find it among the purchases."


class MemberCapReached(Refusal):
    """It costs more than an owner lets this member spend in a month; ``left_credits`` says what is left."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "member_cap_reached"
    remedy = "Buy less, wait for the first of the month (UTC), or ask an owner to raise your cap."


class NotInCharge(Refusal):
    """Only an owner, or the member who works on a purchase, hands it over."""

    status = HTTPStatus.FORBIDDEN
    code = "not_in_charge"
    remedy = "Ask an owner, or who works on the lead."


class ReturnNotAppealable(Refusal):
    """Only a refused return is appealed, and only once."""

    code = "return_not_appealable"
    remedy = "Nothing is left to do; the decision stands."


class ReturnDecided(Refusal):
    """The return was decided already, by somebody else or by the product."""

    status = HTTPStatus.CONFLICT
    code = "return_decided"
    remedy = "Fetch the return and its decision."


class StepClosed(Refusal):
    """The step was done, skipped or ended already."""

    code = "step_closed"
    remedy = "Fetch the reminders again."


class PassportEnds(Refusal):
    """The step would be due when the passport does not allow it any more."""

    code = "passport_ends"
    remedy = "Choose an earlier time."


class EvidenceRefused(Refusal):
    """A file that is too large, or nothing that is taken as evidence."""

    code = "evidence_refused"
    remedy = "Send a picture, a PDF or a text within the limits."


class DeliveryNotReplayed(Refusal):
    """The delivery cannot be sent again now: it is on its way, was called back, or its receiver is off."""

    status = HTTPStatus.CONFLICT
    code = "delivery_not_replayed"
    remedy = "Wait until it is settled, or switch its receiver on."


class ReceiverRefused(Refusal):
    """The webhook or CRM account cannot be kept: an address that is none of the public network, or too many."""

    code = "receiver_refused"
    remedy = "Give a public https address that answers, or remove a receiver first."


class TestIsWaiting(Refusal):
    """A test of this webhook is on its way; the next may follow when it is settled."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "test_is_waiting"
    remedy = "Wait until the last test has settled."


def licence_missing(state_code: str) -> LicenceMissing:
    """That nothing is bought in a state without a verified licence of it, and where to add one."""
    return LicenceMissing(
        f"You can buy homes in {state_name(state_code) or 'this state'} once your licence there is verified. "
        "Add it in your account; your hold runs on and nothing was charged.",
        state_code=state_code,
        add_at=reverse("accounts:licences"),
    )


def as_refusal(error: Refusal | LockTimeout) -> Refusal:
    """What to tell somebody whose request met ``error``."""
    if isinstance(error, Refusal):
        return error
    return Busy("Many agents want this at the same moment. Nothing was changed; try again.")


GUARD_REFUSALS: Final[dict[str, tuple[type[Refusal], str]]] = {
    "share_within_organisation": (NotAColleague, "Nobody of your organisation is called so."),
    "share_of_a_standing_sale": (GivenBack, "You gave this lead back."),
    "slot_claimed_once": (LeadUnavailable, "Somebody else was faster: this lead is taken."),
    "one_bundle_per_organisation": (LeadUnavailable, "Your organisation already has this lead."),
    "claim_within_consent": (
        LeadUnavailable,
        "As many agents as its owner agreed to have this lead. Nothing was charged.",
    ),
    "claim_slot_closed": (LeadUnavailable, "This copy of the lead is closed."),
    "waiting_for_a_free_lead": (LeadIsFree, "Nobody holds this lead now. Hold it yourself."),
    "waiting_for_a_sold_lead": (LeadUnavailable, "This lead has been sold."),
    "waiting_for_ones_own": (LeadUnavailable, "Your organisation already has this lead."),
    "waiting_within_plan": (
        TooManyWaitlists,
        "Your organisation waits for as many leads as your plan allows. Leave one of the queues first.",
    ),
    "waiting_as_a_buyer": (NotYourRole, "Your role lets you look at leads, not hold or buy them."),
    "listing_needs_a_right": (CannotBeOffered, "No right allows this lead to be listed."),
    "slots_within_consent": (CannotBeOffered, "As many copies are there as its owner agreed to."),
    "slot_replaces_a_returned_one": (CannotBeOffered, "This copy cannot be sold again."),
    "claim_lead_withdrawn": (LeadWithdrawn, "This lead is no longer offered. Nothing was charged."),
    "claim_not_open_yet": (LeadUnavailable, "This lead is not open yet."),
    "claim_opens_in_order": (NotOpenYet, "This lead is not open to you yet; others come first."),
    "order_is_on": (OrderCannotBuy, "The standing order is not on."),
    "order_within_price": (OrderCannotBuy, "The lead costs more than the standing order pays."),
    "order_within_caps": (OrderCannotBuy, "The standing order has bought as much as it may."),
    "order_within_territory": (OrderCannotBuy, "The lead lies outside the standing order's territory."),
    "order_buys_what_is_new": (OrderCannotBuy, "The organisation has or had this lead, or knows its owner."),
    "orders_leave_half": (OrdersLeaveHalf, "Standing orders have bought half of the region's leads of that day."),
    "intent_at_the_price_shown": (PriceChanged, "It costs more by now than you were shown."),
    "claim_for_its_intent": (LeadUnavailable, "The payment came too late for this purchase."),
    "claim_at_the_listed_price": (PriceChanged, "The price has just changed. Look at the new price first."),
    "claim_quota": (
        HoldQuotaReached,
        "You are holding as many leads as your plan allows. Buy one or give one back first.",
    ),
    "claim_pause": (HoldPaused, "You held this lead a moment ago. You can hold it again after ten minutes."),
    "claim_expired": (HoldExpired, "The hold has ended. Hold the lead again if it is still free."),
    "claim_step": (HoldExpired, "This hold is no longer running."),
    "claim_extension": (ExtensionRefused, "Your plan does not let this hold run longer."),
    "bundle_starts_together": (HoldsOneCopy, "You are holding a copy of this lead already."),
    "purchase_within_member_cap": (
        MemberCapReached,
        "This costs more than what is left of what you may spend this month. Nothing was charged.",
    ),
    "claim_by_its_member": (NotYourRole, "Your role lets you look at leads, not hold or buy them."),
    "territory_count_within_plan": (
        TooManyTerritories,
        "Your organisation owns as many territories as its plan allows. Give one up first.",
    ),
    "territory_size_within_plan": (
        TerritoryTooLarge,
        "All your territories together would be larger than your plan allows. Name or draw less ground.",
    ),
    "return_within_window": (ReturnWindowOver, "The time to return this purchase is over."),
    "return_of_a_sale": (ReturnedBefore, "This purchase has come back already."),
    "marketplace_return_purchase_id_key": (ReturnedBefore, "You have asked to return this purchase already."),
    "return_by_its_buyer": (NotYourRole, "Your role lets you look at purchases, not return them."),
    "return_appealed_once": (ReturnNotAppealable, "This return was appealed before; that decision stands."),
    "return_step": (ReturnNotAppealable, "Only a refused return can be appealed."),
    "handover_by_who_may": (NotInCharge, "Only an owner, or who works on a lead, hands it over."),
    "handover_within_the_organisation": (NotAColleague, "Choose somebody of your organisation who may buy."),
    "handover_of_a_standing_sale": (GivenBack, "This lead was given back, so nobody works on it any more."),
    "step_closed_once": (StepClosed, "This step is closed already."),
    "step_within_passport": (
        PassportEnds,
        "The passport of this lead ends before that, or the lead needs no plan.",
    ),
}


@contextmanager
def refusals(**explained: Callable[[], Refusal]) -> Iterator[None]:
    """Turn a guard's refusal into the marketplace's own. What it stands in is undone by it: no transaction goes on.

    :param explained: for guards of which more is to be said than a sentence, what says it. It asks the database, so
        it stands around the transaction or savepoint, not in it
    """
    try:
        yield
    except IntegrityError as error:
        guard = violated_constraint(error)
        if guard in explained:
            raise explained[guard]() from error
        if guard not in GUARD_REFUSALS:
            raise
        refusal, says = GUARD_REFUSALS[guard]
        raise refusal(says) from error


class ProofRefused(Refusal):
    """The document is no proof that we signed: it was changed, made up, or cut short."""

    code = "proof_refused"
    remedy = "Ask whoever showed it for its link, or fetch `leads/{lead_id}/proof/` yourself."
