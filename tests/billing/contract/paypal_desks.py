"""PayPal's desks: the stand-in, and PayPal's own sandbox as far as no browser is needed."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from billing.providers.paypal import TEST, Credentials, PayPal
from billing.providers.port import Provider
from tests.billing.contract.desk import Message, NotHere
from tests.billing.paypal.served import paypal_stand_in

__all__ = ["paypal_stand_in", "paypal_test_mode"]


class TestMode:
    """PayPal's own sandbox. What needs a buyer who is logged in there, or a clock that moves, is skipped."""

    __test__ = False

    def __init__(self, credentials: Credentials) -> None:
        self.provider: Provider = PayPal(credentials, now=self.now, base_url=TEST)

    def now(self) -> datetime:
        return datetime.now(UTC)

    def is_forgery_told(self) -> bool:
        return True

    def messages(self) -> list[Message]:
        raise NotHere("nothing of PayPal's sandbox reaches this machine")

    def _not_without_a_browser(self, *_: object, **__: object) -> None:
        raise NotHere("PayPal's sandbox wants a browser and a buyer who is logged in")

    pay = decline = pay_slowly = settle = charges_do = dispute = _not_without_a_browser
    close_dispute = refund = renew = lose_answers = _not_without_a_browser


@contextmanager
def paypal_test_mode() -> Iterator[TestMode]:
    names = ("PAYPAL_CONTRACT_CLIENT_ID", "PAYPAL_CONTRACT_CLIENT_SECRET", "PAYPAL_CONTRACT_WEBHOOK_ID")
    client_id, client_secret, webhook_id = (os.environ.get(name, "") for name in names)
    if not (client_id and client_secret):
        raise NotHere("no PAYPAL_CONTRACT_CLIENT_ID and its secret in the environment")
    yield TestMode(Credentials(client_id=client_id, client_secret=client_secret, webhook_id=webhook_id or "none"))
