"""PayPal's stand-in over loopback, and our adapter that asks it."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from billing.providers.fakes.hidden import Message
from billing.providers.fakes.paypal import Control, PayPalFake
from billing.providers.paypal import Credentials, PayPal
from billing.providers.port import Started
from scraping.demo.server import HOST, listen, running

CREDENTIALS = Credentials(client_id="stand-in", client_secret="stand-in", webhook_id="1STANDIN")


class StandIn:
    """The fake that ships, as the contract's desk."""

    def __init__(self, fake: PayPalFake, url: str) -> None:
        self.fake = fake
        self.url = url
        self.control: Control = fake.control
        self.control.lag(0)
        self.provider = PayPal(CREDENTIALS, now=fake.account.now, base_url=url)

    def now(self) -> datetime:
        return self.fake.account.now()

    def pay(self, started: Started) -> None:
        self.control.pay(started.checkout_id)

    def decline(self, started: Started) -> None:
        self.control.decline(started.checkout_id)

    def pay_slowly(self, started: Started) -> None:
        self.control.pend(started.checkout_id)

    def settle(self, capture_id: str, *, comes: bool) -> None:
        self.control.settle(capture_id, comes=comes)

    def charges_do(self, method_id: str, *, decline: bool) -> None:
        self.control.outcome(method_id, "INSTRUMENT_DECLINED" if decline else "")

    def dispute(self, capture_id: str) -> str:
        return self.control.dispute(capture_id)

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        self.control.close_dispute(dispute_id, won=won)

    def refund(self, capture_id: str, minor: int) -> str:
        return self.control.refund(capture_id, minor)

    def renew(self, subscription_id: str, *, pays: bool) -> None:
        self.control.renew(subscription_id, pays=pays)

    def advance(self, **time: float) -> None:
        self.control.advance(int(timedelta(**time).total_seconds()))

    def lose_answers(self) -> None:
        self.control.does("loses_answer")

    def messages(self) -> list[Message]:
        return self.control.messages()

    def is_forgery_told(self) -> bool:
        return True


@contextmanager
def paypal_stand_in() -> Iterator[StandIn]:
    with listen(0) as listening:
        url = f"http://{HOST}:{listening.getsockname()[1]}"
        fake = PayPalFake(base_url=url)
        with running(fake.app(), [listening]):
            desk = StandIn(fake, url)
            yield desk
            desk.provider.wire.close()
