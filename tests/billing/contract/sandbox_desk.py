"""The sandbox's desk: its own pages and its own clock, which is ours."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from aiqleads.core import clock
from billing.models import SandboxEvent
from billing.providers.port import Provider, ProviderRefused, Started
from billing.providers.sandbox import Sandbox, desk, memory, pages, telling
from tests.billing.contract.desk import Message, NotHere
from tests.conftest import Clock


class SandboxDesk:
    """It remembers in our database, so each test sees a sandbox that knows nothing yet."""

    def __init__(self) -> None:
        self.provider: Provider = Sandbox()
        self._clock = Clock()

    def now(self) -> datetime:
        return clock.now()

    def pay(self, started: Started) -> None:
        try:
            pages.hand_in(started.checkout_id, "good")
        except ProviderRefused as refused:
            if refused.code != "page_closed":
                raise

    def decline(self, started: Started) -> None:
        with suppress(ProviderRefused):
            pages.hand_in(started.checkout_id, "declined")

    def pay_slowly(self, started: Started) -> None:
        pages.hand_in(started.checkout_id, "bank")

    def settle(self, capture_id: str, *, comes: bool) -> None:
        desk.settle(capture_id, comes=comes)

    def charges_do(self, method_id: str, *, decline: bool) -> None:
        kept = _method_of(method_id)
        with memory.acting():
            memory.change(memory.locked(memory.Kind.METHOD, kept), card="declined" if decline else "good")

    def dispute(self, capture_id: str) -> str:
        return desk.dispute(capture_id)

    def close_dispute(self, dispute_id: str, *, won: bool) -> None:
        desk.close_dispute(dispute_id, is_won=won)

    def refund(self, capture_id: str, minor: int) -> str:
        return desk.refund_here(capture_id, minor)

    def renew(self, subscription_id: str, *, pays: bool) -> None:
        kept = memory.find(memory.Kind.SUBSCRIPTION, subscription_id)
        if not pays:
            self.charges_do(subscription_id, decline=True)
        ends_at = datetime.fromisoformat(kept.data["period_end"])
        self._clock.advance(seconds=(ends_at - self.now()).total_seconds() + 1)
        self.provider.fetch_subscription(subscription_id)

    def lose_answers(self) -> None:
        raise NotHere("nothing lies between us and the sandbox, so no answer is lost")

    def messages(self) -> list[Message]:
        waiting = SandboxEvent.objects.filter(delivered_at=None).order_by("occurred_at", "pk")
        told = [telling.message(event) for event in waiting]
        waiting.update(delivered_at=clock.now())
        return told

    def is_forgery_told(self) -> bool:
        return True


def _method_of(known: str) -> str:
    """A method's own id, or that by which a subscription is paid."""
    if not known.startswith("sbsub"):
        return known
    customer = memory.find(memory.Kind.CUSTOMER, memory.find(memory.Kind.SUBSCRIPTION, known).owner)
    return str(customer.data["method_id"])


@contextmanager
def sandbox_itself() -> Iterator[SandboxDesk]:
    yield SandboxDesk()
