"""The control plane: what buyers, banks, staff, time and bad lines do, which no call of the API does.

By HTTP each act is ``POST /control/ACT`` with its arguments as JSON; tests call the same methods. Messages wait
until they are delivered: whoever delivers says how often, in which order, how late, and with which signature.
"""

import json
import random
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

import httpx

from billing.providers.fakes.paypal import signing
from billing.providers.fakes.paypal.account import Thing, at, cents, found, moment
from billing.providers.fakes.paypal.demands import Refusal
from billing.providers.fakes.paypal.payments import DECLINES, PENDS
from billing.providers.fakes.paypal.plans import Plans

Message = tuple[bytes, dict[str, str]]
"""A body, and its headers with names in lower case."""
DELIVERING_SECONDS: Final = 5.0


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


class Control:
    """One account's hidden side."""

    def __init__(self, account: Plans, *, webhook_id: str) -> None:
        self.account = account
        self.webhook_id = webhook_id
        self.tokens_end: Callable[[], None] = lambda: None
        self._next: deque[Does] = deque()

    ACTS: Final = (
        "pay", "decline", "settle", "outcome", "dispute", "close_dispute", "refund", "cancel", "advance", "renew",
        "lag", "does", "end_tokens", "deliver", "forget_messages",
    )  # fmt: skip

    def act(self, name: str, asked: dict[str, Any]) -> Any:
        """One act by its name.

        :raises ValueError: there is none of that name
        """
        if name not in self.ACTS:
            raise ValueError(f"no act: {name}")
        return getattr(self, name)(**asked)

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

    def does(self, what: str, calls: int = 1) -> None:
        """Answer the next calls so."""
        self._next.extend([Does(what)] * calls)

    def next(self) -> Does:
        return self._next.popleft() if self._next else Does.WELL

    def end_tokens(self) -> None:
        """End each token that was given before its time."""
        self.tokens_end()

    # Messages

    def messages(self, *, age_seconds: int = 0, key: bytes = signing.KEY) -> list[Message]:
        """Those that wait, oldest first, signed so long ago; they wait no longer."""
        waiting, self.account.waiting = self.account.waiting, []
        sent = at(self.account.now() - timedelta(seconds=age_seconds))
        return [self._message(event, sent, key) for event in waiting]

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
        :param forged: signed with a key that is nobody's
        :param age_seconds: how long ago they were signed; below zero they come from the future
        :return: what each was answered
        """
        messages = self.messages(age_seconds=age_seconds, key=b"of somebody else" if forged else signing.KEY)
        return [
            _posted(url, message) for message in ordered(messages, times=times, order=order, drop=drop, seed=seed)
        ]

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


def ordered(
    messages: list[Message], *, times: int, order: str, drop: Sequence[int], seed: int = 0
) -> list[Message]:
    """Messages as a bad line delivers them.

    :raises ValueError: no such order
    """
    sent = [message for place, message in enumerate(messages) if place not in drop] * times
    if order == "reversed":
        sent.reverse()
    elif order == "shuffled":
        random.Random(seed).shuffle(sent)  # noqa: S311 - an order, no secret
    elif order != "as_it_was":
        raise ValueError(f"no order: {order}")
    return sent


def _posted(url: str, message: Message) -> int:
    try:
        return httpx.post(url, content=message[0], headers=message[1], timeout=DELIVERING_SECONDS).status_code
    except httpx.HTTPError as error:
        raise Refusal(400, "NOBODY", f"nobody answers at {url}") from error
