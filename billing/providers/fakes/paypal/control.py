"""The control plane: what buyers, banks, staff, time and bad lines do, which no call of the API does.

By HTTP each act is ``POST /control/ACT`` with its arguments as JSON; tests call the same methods.
"""

import json
import zlib
from collections.abc import Callable
from datetime import timedelta
from enum import StrEnum

from billing.providers.fakes.hidden import Hidden, Message
from billing.providers.fakes.paypal import signing
from billing.providers.fakes.paypal.account import Thing, at, cents, found, moment
from billing.providers.fakes.paypal.payments import DECLINES, PENDS
from billing.providers.fakes.paypal.plans import Plans


class Does(StrEnum):
    """How a call of the API is answered."""

    WELL = "well"
    LOSES_ANSWER = "loses_answer"
    """It acts, and the connection ends before it is told."""
    BREAKS_AFTER = "breaks_after"
    """It acts, and answers 500."""
    BREAKS = "breaks"
    """503 before it acts."""
    LIMITS = "limits"
    """429."""
    CONFLICTS = "conflicts"
    """422: the same key is at work."""
    MUMBLES = "mumbles"
    """200 with a page of something between us and PayPal."""


class Control(Hidden[Does]):
    """One account's hidden side."""

    ACTS = (
        "pay", "decline", "settle", "outcome", "dispute", "close_dispute", "refund", "cancel", "advance", "renew",
        "lag", "does", "end_tokens", "deliver", "forget_messages",
    )  # fmt: skip
    WELL = Does.WELL

    def __init__(self, account: Plans, *, webhook_id: str) -> None:
        super().__init__()
        self.account = account
        self.webhook_id = webhook_id
        self.tokens_end: Callable[[], None] = lambda: None

    # Buyers

    def pay(self, thing_id: str, outcome: str = "") -> None:
        """Say yes on the page of an order, a subscription, a change of one, or a wallet that is to be kept."""
        if thing_id in self.account.setups:
            self.account.approve_setup(thing_id)
        elif thing_id in self.account.subscriptions:
            self.account.agree(thing_id, outcome)
        else:
            self.account.approve(thing_id, outcome)

    def decline(self, thing_id: str) -> None:
        """Say yes with a wallet whose bank will say no."""
        self.pay(thing_id, DECLINES)

    def pend(self, order_id: str) -> None:
        """Say yes with a way of paying that takes days."""
        self.pay(order_id, PENDS)

    def outcome(self, thing_id: str, outcome: str) -> None:
        """From now on a kept wallet, or a subscription's, does so when it is charged."""
        self.account.outcomes[thing_id] = outcome

    def cancel(self, subscription_id: str) -> None:
        """The buyer ends it on PayPal's own pages."""
        self.account.change_status(subscription_id, "cancel", {"reason": "Cancelled by the payer."})

    # Banks and staff

    def settle(self, capture_id: str, *, comes: bool = True) -> None:
        self.account.settle(capture_id, comes=comes)

    def dispute(self, capture_id: str) -> str:
        return str(self.account.dispute(capture_id)["dispute_id"])

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.account.close_dispute(dispute_id, won=won)

    def refund(self, capture_id: str, amount: int | None = None) -> str:
        """A refund at PayPal's own desk, which knows no reference of ours."""
        whole = cents(found(self.account.captures, capture_id)["amount"])
        return str(self.account.give_back(capture_id, whole if amount is None else amount)["id"])

    # Time

    def advance(self, seconds: int) -> str:
        """Let time pass in the account, and all that falls due happen; its time then."""
        if seconds < 0:
            raise ValueError("time does not go back")
        self.account.shift += timedelta(seconds=seconds)
        self.account.work()
        return at(self.account.now())

    def renew(self, subscription_id: str, *, pays: bool = True) -> None:
        """Let time pass until a subscription is billed again."""
        self.account.outcomes[subscription_id] = "" if pays else DECLINES
        due = found(self.account.subscriptions, subscription_id)["billing_info"]["next_billing_time"]
        self.advance(max(int((moment(due) - self.account.now()).total_seconds()), 0) + 1)

    def lag(self, seconds: int) -> None:
        """How late the balance's lines are listed."""
        self.account.lag = timedelta(seconds=seconds)

    # Bad lines

    def end_tokens(self) -> None:
        """End each token that was given before its time."""
        self.tokens_end()

    # Messages

    def messages(self, *, age_seconds: int = 0, key: bytes = signing.KEY) -> list[Message]:
        """Those that wait, oldest first, signed so long ago; they wait no longer."""
        waiting, self.account.waiting = self.account.waiting, []
        sent = at(self.account.now() - timedelta(seconds=age_seconds))
        return [self._message(event, sent, key) for event in waiting]

    def signed(self, *, age_seconds: int, forged: bool) -> list[Message]:
        return self.messages(age_seconds=age_seconds, key=b"of somebody else" if forged else signing.KEY)

    def _message(self, event: Thing, sent: str, key: bytes) -> Message:
        raw = json.dumps(event, separators=(",", ":")).encode()
        transmission = self.account.new_id("T")
        return raw, {
            "content-type": "application/json",
            "paypal-transmission-id": transmission,
            "paypal-transmission-time": sent,
            "paypal-transmission-sig": signing.signature(transmission, sent, self.webhook_id, zlib.crc32(raw), key),
            "paypal-cert-url": f"{self.account.base_url}/v1/notifications/certs/CERT-1",
            "paypal-auth-algo": signing.ALGORITHM,
        }
