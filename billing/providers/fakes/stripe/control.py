"""The control plane: what buyers, banks, staff, time and bad lines do, which no call of the API does.

By HTTP each act is ``POST /control/ACT`` with its arguments as JSON; tests call the same methods. Messages wait
until they are delivered: whoever delivers says how often, in which order, how late, and with which signature.
"""

import random
from collections import deque
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, Final

import httpx

from billing.providers.fakes.stripe.objects import Refusal
from billing.providers.fakes.stripe.plans import Plans

Message = tuple[bytes, dict[str, str]]
"""A body, and its headers with names in lower case."""
DELIVERING_SECONDS: Final = 5.0


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


class Control:
    """One account's hidden side."""

    ACTS: Final = (
        "pay", "decline", "settle", "pay_bill", "replace_card", "charges_do", "dispute", "close_dispute", "refund",
        "fail_refund", "pay_out", "cancel_at_stripe", "advance", "renew", "does", "deliver", "forget_messages",
        "levy", "buyers_live",
    )  # fmt: skip

    def __init__(self, account: Plans, *, secret: str) -> None:
        self.account = account
        self.secret = secret
        self._next: deque[Does] = deque()

    def act(self, name: str, asked: dict[str, Any]) -> Any:
        """One act by its name.

        :raises ValueError: there is none of that name
        """
        if name not in self.ACTS:
            raise ValueError(f"no act: {name}")
        return getattr(self, name)(**asked)

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

    # Bad lines

    def does(self, what: str, calls: int = 1) -> None:
        """Answer the next calls so."""
        self._next.extend([Does(what)] * calls)

    def next(self) -> Does:
        return self._next.popleft() if self._next else Does.WELL

    # Messages

    def messages(self, *, at: int | None = None, secret: str = "") -> list[Message]:
        """Those that wait, oldest first, signed now or ``at``; they wait no longer."""
        waiting, self.account.waiting = self.account.waiting, []
        return [self.account.message(event, secret=secret or self.secret, at=at) for event in waiting]

    def forget_messages(self) -> int:
        """Deliver none of those that wait: they are lost on their way."""
        return len(self.messages())

    def deliver(
        self,
        url: str,
        *,
        times: int = 1,
        order: str = "as_it_was",
        drop: Sequence[int] = (),
        forged: bool = False,
        age_seconds: int = 0,
        seed: int = 0,
    ) -> list[int]:
        """Post those that wait.

        :param times: each of them
        :param order: ``as_it_was``, ``reversed`` or ``shuffled`` by ``seed``
        :param drop: the places of those that get lost
        :param forged: signed with a secret that is nobody's
        :param age_seconds: how long ago they were signed; below zero they come from the future
        :return: what each was answered
        """
        secret = "whsec_of_somebody_else" if forged else self.secret
        found = self.messages(at=self.account.now() - age_seconds, secret=secret)
        sent = [message for place, message in enumerate(found) if place not in drop] * times
        if order == "reversed":
            sent.reverse()
        elif order == "shuffled":
            random.Random(seed).shuffle(sent)  # noqa: S311 - an order, no secret
        elif order != "as_it_was":
            raise ValueError(f"no order: {order}")
        return [_posted(url, message) for message in sent]


def _posted(url: str, message: Message) -> int:
    try:
        return httpx.post(url, content=message[0], headers=message[1], timeout=DELIVERING_SECONDS).status_code
    except httpx.HTTPError as error:
        raise Refusal(400, "invalid_request_error", f"nobody answers at {url}") from error
