"""Refusals of the marketplace, named as states of the world, and how the database's guards map to them."""

from http import HTTPStatus
from typing import Final

from aiqleads.core.refusals import Refusal
from aiqleads.core.transactions import LockTimeout


class LeadUnavailable(Refusal):
    """Somebody else holds or bought the lead. ``until`` is when a hold ends (ISO time), or None when sold."""

    status = HTTPStatus.CONFLICT
    code = "lead_unavailable"

    def __init__(self, detail: str, *, until: str | None = None) -> None:
        super().__init__(detail, until=until)


class PriceChanged(Refusal):
    """The listed price moved between the page and the hold."""

    status = HTTPStatus.CONFLICT
    code = "price_changed"


class LeadWithdrawn(Refusal):
    """The lead is no longer offered."""

    code = "lead_withdrawn"


class HoldQuotaReached(Refusal):
    """As many holds run as the plan allows."""

    code = "hold_quota_reached"


class LeadIsFree(Refusal):
    """Nobody has to wait for the lead: a copy can be held now."""

    code = "lead_is_free"


class HoldsOneCopy(Refusal):
    """The buyer holds some copies of the lead, so all of them cannot become one bundle."""

    code = "holds_one_copy"


class HoldPaused(Refusal):
    """The organisation held this lead within the last ten minutes. ``until`` is when it may again (ISO time)."""

    code = "hold_paused"


class HoldExpired(Refusal):
    """The hold ended before the action; win the lead again."""

    code = "hold_expired"


class ExtensionRefused(Refusal):
    """The plan does not allow the hold to last longer."""

    code = "extension_refused"


class CartEmpty(Refusal):
    """There is no live hold to buy."""

    code = "cart_empty"


class CartChanged(Refusal):
    """The cart is not what the buyer was shown; look at it again before paying."""

    status = HTTPStatus.CONFLICT
    code = "cart_changed"


class IdempotencyKeyReused(Refusal):
    """The key was used for another request."""

    code = "idempotency_key_reused"


class WatchlistFull(Refusal):
    """The member watches as many leads as anybody may."""

    code = "watchlist_full"


class SearchRefused(Refusal):
    """The search cannot be kept: a filter cannot be used, or there is none."""

    code = "search_refused"


class TooManySearches(Refusal):
    """The member keeps as many searches as anybody may."""

    code = "too_many_searches"


class CrmRefused(Refusal):
    """The contacts cannot be compared: unreadable, too many, or they look like guessing."""

    code = "crm_refused"


class CrmUploadedToday(Refusal):
    """The organisation compared its contacts today. ``until`` is when it may again (ISO time)."""

    status = HTTPStatus.TOO_MANY_REQUESTS
    code = "crm_uploaded_today"


class NotVerified(Refusal):
    """The member has not confirmed their e-mail address."""

    status = HTTPStatus.FORBIDDEN
    code = "not_verified"


class NotABuyer(Refusal):
    """The member may look but not hold or buy."""

    status = HTTPStatus.FORBIDDEN
    code = "not_a_buyer"


class NotBought(Refusal):
    """The contact is for those who bought the lead."""

    status = HTTPStatus.FORBIDDEN
    code = "not_bought"


class TermsNotAccepted(Refusal):
    """The current terms have to be accepted before holding."""

    status = HTTPStatus.FORBIDDEN
    code = "terms_not_accepted"


class Busy(Refusal):
    """Too many wanted the same rows at one moment; nothing was changed and a second try may go through."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "busy"


class ReturnWindowOver(Refusal):
    """The time within which the purchase could be returned is over."""

    code = "return_window_over"


class ReturnedBefore(Refusal):
    """The purchase was returned, or its return asked for, before; it is asked for once and can be appealed once."""

    code = "returned_before"


class GivenBack(Refusal):
    """The purchase came back: it has no outcome of this buyer's any more."""

    code = "given_back"


class ReturnNotAppealable(Refusal):
    """Only a refused return is appealed, and only once."""

    code = "return_not_appealable"


class ReturnDecided(Refusal):
    """The return was decided already, by somebody else or by the product."""

    status = HTTPStatus.CONFLICT
    code = "return_decided"


class EvidenceRefused(Refusal):
    """A file that is too large, or nothing that is taken as evidence."""

    code = "evidence_refused"


def as_refusal(error: Refusal | LockTimeout) -> Refusal:
    """What to tell somebody whose request met ``error``."""
    if isinstance(error, Refusal):
        return error
    return Busy("Many agents want this at the same moment. Nothing was changed; try again.")


GUARD_REFUSALS: Final[dict[str, tuple[type[Refusal], str]]] = {
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
    "waiting_as_a_buyer": (NotABuyer, "Your role lets you look at leads, not hold or buy them."),
    "claim_lead_withdrawn": (LeadWithdrawn, "This lead is no longer offered. Nothing was charged."),
    "claim_not_open_yet": (LeadUnavailable, "This lead is not open yet."),
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
    "claim_by_its_member": (NotABuyer, "Your role lets you look at leads, not hold or buy them."),
}
RETURN_REFUSALS: Final[dict[str, tuple[type[Refusal], str]]] = {
    "return_within_window": (ReturnWindowOver, "The time to return this purchase is over."),
    "return_of_a_sale": (ReturnedBefore, "This purchase has come back already."),
    "marketplace_return_purchase_id_key": (ReturnedBefore, "You have asked to return this purchase already."),
    "return_by_its_buyer": (NotABuyer, "Your role lets you look at purchases, not return them."),
    "return_appealed_once": (ReturnNotAppealable, "This return was appealed before; that decision stands."),
    "return_step": (ReturnNotAppealable, "Only a refused return can be appealed."),
}
