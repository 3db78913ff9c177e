"""Stripe's desks: the stand-in's control plane, and Stripe's own test mode as far as no browser is needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import uuid4

import stripe

from billing.providers.port import Provider, Started
from billing.providers.stripe import Stripe
from tests.billing.contract.desk import Message, NotHere
from tests.billing.stripe_stand_in import StripeServed, stripe_served


class StandIn:
    """The fake that ships, over loopback."""

    def __init__(self, served: StripeServed) -> None:
        self.fake = served.fake
        self.control = served.fake.control
        self.provider: Provider = served.provider

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.fake.account.now(), UTC)

    def pay(self, started: Started) -> None:
        self.control.pay(started.checkout_id)

    def decline(self, started: Started) -> None:
        self.control.decline(started.checkout_id)

    def pay_slowly(self, started: Started) -> None:
        self.control.pay(started.checkout_id, "processing")

    def settle(self, capture_id: str, *, comes: bool) -> None:
        self.control.settle(capture_id, comes=comes)

    def charges_do(self, method_id: str, *, decline: bool) -> None:
        told = self.fake.account.get(method_id)
        method_id = told.get("default_payment_method", method_id)
        self.control.charges_do(method_id, "card_declined" if decline else "")

    def dispute(self, capture_id: str) -> str:
        return self.control.dispute(capture_id)

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.control.close_dispute(dispute_id, won=won)

    def refund(self, capture_id: str, minor: int) -> str:
        return self.control.refund(capture_id, minor)

    def renew(self, subscription_id: str, *, pays: bool) -> None:
        self.control.renew(subscription_id, pays=pays)

    def lose_answers(self) -> None:
        self.control.does("loses_answer")  # half an answer is one that the SDK does not ask for again

    def messages(self) -> list[Message]:
        return self.control.messages()

    def is_forgery_told(self) -> bool:
        return True


@contextmanager
def stripe_stand_in() -> Iterator[StandIn]:
    with stripe_served() as served:
        yield StandIn(served)


class TestMode:
    """Stripe's own test mode. What needs a browser or a clock that moves is skipped."""

    __test__ = False

    def __init__(self, key: str) -> None:
        self._v1 = stripe.StripeClient(key).v1
        self.provider: Provider = Stripe(key, webhook_secrets=["whsec_none"])

    def now(self) -> datetime:
        return datetime.now(UTC)

    def charges_do(self, method_id: str, *, decline: bool) -> None:
        raise NotHere("a kept card of the test mode does what it does")

    def dispute(self, capture_id: str) -> str:
        raise NotHere("the test mode disputes when it charges, not later")

    def refund(self, capture_id: str, minor: int) -> str:
        asked = {"payment_intent": capture_id, "amount": minor}
        return self._v1.refunds.create(asked, {"idempotency_key": str(uuid4())}).id

    def is_forgery_told(self) -> bool:
        return True

    def messages(self) -> list[Message]:
        raise NotHere("nothing of the test mode reaches this machine")

    def _not_without_a_browser(self, *_: object, **__: object) -> None:
        raise NotHere("the test mode's pages want a browser and a card form")

    pay = decline = pay_slowly = settle = close_dispute = renew = lose_answers = _not_without_a_browser


@contextmanager
def stripe_test_mode() -> Iterator[TestMode]:
    key = os.environ.get("STRIPE_CONTRACT_KEY", "")
    if not key.startswith(("sk_test_", "rk_test_")):
        raise NotHere("no STRIPE_CONTRACT_KEY of a test mode in the environment")
    yield TestMode(key)
