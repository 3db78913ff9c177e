"""Refusals of billing."""

from http import HTTPStatus

from aiqleads.core.refusals import Refusal


class InsufficientCredits(Refusal):
    """The wallet holds less than is needed; ``needed_credits`` and ``balance_credits`` say how much."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "insufficient_credits"
    remedy = (
        "Top up by `needed_credits` less `balance_credits`, or leave a lead out, and check out under a new key. An "
        "owner buys a cart and the credits that it lacks in one with `cart/top-up/`, credits alone with "
        "`credits/checkout/`."
    )


class GrantedDifferently(Refusal):
    """Credits were granted under this key before, to somebody else or in another number."""

    status = HTTPStatus.CONFLICT
    code = "granted_differently"
    remedy = "Look what was granted under this key; use another key for another grant."


class BillingAddressNeeded(Refusal):
    """What is bought may be taxed, and the organisation has not said where it is."""

    status = HTTPStatus.UNPROCESSABLE_ENTITY
    code = "billing_address_needed"
    remedy = "Put the billing profile (`credits/billing-profile/`), then send it again."


class ProviderNotOffered(Refusal):
    """Nobody of that name takes money here; `offered` names those who do."""

    code = "provider_not_offered"
    remedy = "Send one of `offered`."


class NotRefundable(Refusal):
    """The payment has not come in, was taken back already, or fewer of its credits are unspent."""

    code = "not_refundable"
    remedy = "Ask for as many credits as are unspent, or settle it with the buyer another way."


class NothingToSettle(Refusal):
    """No other amount than was asked for waits to be settled here."""

    code = "nothing_to_settle"
    remedy = "Ask the provider again about the payment; what cannot be settled here goes back at its own desk."


class NothingToReplay(Refusal):
    """The message was not worked to its end yet."""

    status = HTTPStatus.CONFLICT
    code = "nothing_to_replay"
    remedy = "Wait for its next try."


class PackNotOffered(Refusal):
    """No pack of that code is sold at present."""

    code = "pack_not_offered"
    remedy = "Send a `code` of `credits/packs/`."


class PaymentRefused(Refusal):
    """The provider does not take this payment; `detail` says why and nothing was paid."""

    code = "payment_refused"
    remedy = "Show `detail` to the buyer and let them choose another way of paying, under a new key."


class OrderChanged(PaymentRefused):
    """Something of the order, as the organisation's name, is another than when its page was first asked for."""

    status = HTTPStatus.CONFLICT
    code = "order_changed"
    remedy = "Send it once more, under a new key: that opens another page. Nothing was paid."


class ProviderAway(Refusal):
    """The provider does not answer, so nobody knows yet. Nothing is ever paid twice by the same request."""

    status = HTTPStatus.SERVICE_UNAVAILABLE
    code = "provider_away"
    remedy = "Send the same request under the same key in a moment."


class AdjustmentTooMuch(Refusal):
    """More credits than one adjustment moves, or than one operator asks for in a day."""

    code = "adjustment_too_much"
    remedy = "Ask for less, or have another operator ask for the rest."


class OwnAdjustment(Refusal):
    """Whoever asked for an adjustment cannot confirm it."""

    status = HTTPStatus.FORBIDDEN
    code = "own_adjustment"
    remedy = "Have another operator confirm it."


class AdjustmentDecided(Refusal):
    """The adjustment was confirmed or refused before."""

    status = HTTPStatus.CONFLICT
    code = "adjustment_decided"
    remedy = "Look at what became of it; ask for another if it is still needed."


class UnusableRates(Refusal):
    """A table of tax rates that cannot be taken in; nothing of it was."""

    code = "unusable_rates"
    remedy = "Mend the row that `detail` names, and send the whole table again."


class NoMethodKept(Refusal):
    """The provider keeps no way of paying for the organisation, so nothing can be charged without the buyer."""

    code = "no_method_kept"
    remedy = "Have an owner leave one on the provider's page (`credits/methods/`), then send it again."


class OtherTerms(Refusal):
    """The text or the price is another than the one that was agreed to; `price_cents` is today's."""

    status = HTTPStatus.CONFLICT
    code = "other_terms"
    remedy = "Show the owner the text and price of now, and send what they say yes to."


class RechargeOutOfBounds(Refusal):
    """Nobody needs so many packs a day, or none."""

    code = "recharge_out_of_bounds"
    remedy = "Send a number within the bounds that `detail` names."


class DifferenceClosed(Refusal):
    """Somebody said what it was before, or it was gone at the last look."""

    status = HTTPStatus.CONFLICT
    code = "difference_closed"
    remedy = "Look how it was closed."


class NothingRevised(Refusal):
    """A new version would say what the old one says."""

    status = HTTPStatus.CONFLICT
    code = "nothing_revised"
    remedy = "Change something, or keep the version that is on offer."


class TermsUnkeepable(Refusal):
    """A plan would say what nobody could be given."""

    code = "terms_unkeepable"
    remedy = "Say what can be kept; `field` names the column."


class PlanNotOffered(Refusal):
    """There is no plan of that code on offer; `offered` names those there are."""

    code = "plan_not_offered"
    remedy = "Send one of `offered`."


class AlreadySubscribed(Refusal):
    """The organisation has a plan already, or this very plan."""

    status = HTTPStatus.CONFLICT
    code = "already_subscribed"
    remedy = "Change the plan that there is: PATCH `subscription/`."


class NotSubscribed(Refusal):
    """The organisation has no plan that could be changed: it is on Starter."""

    status = HTTPStatus.CONFLICT
    code = "not_subscribed"
    remedy = "Begin a plan: POST `subscription/`."


class PlanChangeUnusable(Refusal):
    """This cannot be done to a plan that stands as this one does; `detail` says why."""

    status = HTTPStatus.CONFLICT
    code = "plan_change_unusable"
    remedy = "Read `subscription/` again, and follow what `detail` says."


class PlanChangeRefused(Refusal):
    """The provider refused the change, or the payment that it needs. Plan and price are as they were."""

    status = HTTPStatus.PAYMENT_REQUIRED
    code = "plan_change_refused"
    remedy = "Have the owner look at their way of paying, and try again."
