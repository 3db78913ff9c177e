"""The control plane: what buyers, banks, staff, time and bad lines do, which no call of the API does.

By HTTP each act is ``POST /control/ACT`` with its arguments as JSON; tests call the same methods.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from billing.providers.fakes.hidden import Hidden, Message
from billing.providers.fakes.stripe.plans import Plans


class Does(StrEnum):
    """How a call of the API is answered."""

    WELL = "well"
    LOSES_ANSWER = "loses_answer"
    """It acts, and the connection ends before it is told."""
    BREAKS = "breaks"
    """503 before it acts; a repetition with the same key acts."""
    BREAKS_FOR_GOOD = "breaks_for_good"
    """500 that is kept under the key: each repetition gets it too."""
    LIMITS = "limits"
    """429."""
    CONFLICTS = "conflicts"
    """409: the same key is at work."""
    MUMBLES = "mumbles"
    """200 with an object of another kind."""


class Control(Hidden[Does]):
    """One account's hidden side."""

    ACTS = (
        "pay", "decline", "settle", "pay_bill", "replace_card", "charges_do", "dispute", "close_dispute", "refund",
        "fail_refund", "pay_out", "cancel_at_stripe", "advance", "renew", "does", "deliver", "forget_messages",
        "levy", "buyers_live",
    )  # fmt: skip

    WELL = Does.WELL

    def __init__(self, account: Plans, *, secret: str) -> None:
        super().__init__()
        self.account = account
        self.secret = secret

    # Buyers

    def pay(self, session_id: str, outcome: str = "") -> dict[str, Any]:
        """Fill in a page; ``outcome`` as ``payments.Payments.pay_page``."""
        session = self.account.pay_page(session_id, outcome)
        return {name: session[name] for name in ("status", "payment_status", "payment_intent", "subscription")}

    def decline(self, session_id: str, code: str = "card_declined") -> dict[str, Any]:
        return self.pay(session_id, code)

    def pay_bill(self, invoice_id: str, outcome: str = "") -> str:
        return str(self.account.pay_bill(invoice_id, outcome)["status"])

    def replace_card(self, customer_id: str, outcome: str = "") -> str:
        return str(self.account.replace_method(customer_id, outcome=outcome)["id"])

    def charges_do(self, method_id: str, outcome: str) -> None:
        """From now on a kept way of paying does so when it is charged."""
        self.account.outcomes[self.account.get(method_id, "payment_method")["id"]] = outcome

    def cancel_at_stripe(self, subscription_id: str) -> None:
        self.account.leave_at_period_end(subscription_id)

    # Banks and staff

    def settle(self, intent_id: str, *, comes: bool = True) -> None:
        self.account.settle(intent_id, comes=comes)

    def dispute(self, intent_id: str, *, is_inquiry: bool = False) -> str:
        return str(self.account.dispute(intent_id, is_inquiry=is_inquiry)["id"])

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.account.close_dispute(dispute_id, won=won)

    def refund(self, intent_id: str, amount: int | None = None) -> str:
        """A refund at Stripe's own desk, which knows no reference of ours."""
        asked = {"payment_intent": intent_id} | ({} if amount is None else {"amount": amount})
        return str(self.account.give_back(asked)["id"])

    def fail_refund(self, refund_id: str) -> None:
        self.account.fail_refund(refund_id)

    def pay_out(self) -> str:
        return str(self.account.pay_out()["id"])

    # Tax

    def levy(self, place: str, rates: Sequence[Sequence[str]]) -> None:
        """From now on those take so many percent there: ``levy("US-NY", [["New York", "4"]])``."""
        self.account.rates[place] = [(who, percent) for who, percent in rates]

    def buyers_live(self, country: str, state: str, postal_code: str) -> None:
        """What is typed from now on into pages that reckon tax."""
        self.account.page_address = {"country": country, "state": state, "postal_code": postal_code}

    # Time

    def advance(self, seconds: int) -> int:
        """Let time pass in the account, and all that falls due happen; its time then."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.account.shift_seconds += seconds
        self.account.work()
        return self.account.now()

    def renew(self, subscription_id: str, *, pays: bool = True) -> None:
        """Let time pass until a subscription's period is over."""
        told = self.account.get(subscription_id, "subscription")
        self.account.outcomes[told["default_payment_method"]] = "" if pays else "card_declined"
        ends_at = told["items"]["data"][0]["current_period_end"]
        self.advance(max(ends_at - self.account.now(), 0) + 1)

    # Messages

    def messages(self, *, at: int | None = None, secret: str = "") -> list[Message]:
        """Those that wait, oldest first, signed now or ``at``; they wait no longer."""
        waiting, self.account.waiting = self.account.waiting, []
        return [self.account.message(event, secret=secret or self.secret, at=at) for event in waiting]

    def signed(self, *, age_seconds: int, forged: bool) -> list[Message]:
        secret = "whsec_of_somebody_else" if forged else self.secret
        return self.messages(at=self.account.now() - age_seconds, secret=secret)
