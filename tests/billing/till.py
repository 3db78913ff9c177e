"""A provider in this process's memory, for what a test wants to go wrong: it acts by keys, and dies when told to.

What real providers do is tried in ``contract``; this one is for our own steps between two questions.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from typing import Any, Final

from aiqleads.core import clock
from billing.providers.port import (
    Charge,
    Money,
    NotFound,
    Order,
    PaymentState,
    PaymentStatus,
    ProviderRefused,
    ProviderUnreachable,
    SavedMethod,
    Setup,
    Started,
)

NOTHING: Final = Money(minor=0)


@dataclass
class Page:
    """One checkout, set-up or charge, and what became of it."""

    reference: str
    total: Money
    status: PaymentStatus = PaymentStatus.OPEN
    capture_id: str = ""
    code: str = ""
    customer_id: str = ""
    method: SavedMethod | None = None


class Till:
    name = "sandbox"

    def __init__(self) -> None:
        self._lock = RLock()
        self.forget()

    def forget(self) -> None:
        self.pages: dict[str, Page] = {}
        self.kept: dict[str, Any] = {}
        self.asked: list[str] = []
        self.dies: set[str] = set()
        self.declines = ""
        self.ends_at: datetime | None = None
        self._numbers = count(1)

    def _ask(self, what: str, key: str, act: Callable[[], Any]) -> Any:
        """Do it once per key; lose the question (``start before``) or the answer (``start after``) when told."""
        with self._lock:
            self.asked.append(what)
            if f"{what} before" in self.dies:
                raise ProviderUnreachable("lost on its way", may_have_acted=False)
            if key not in self.kept:
                self.kept[key] = act()
            if f"{what} after" in self.dies:
                raise ProviderUnreachable("no answer", may_have_acted=True)
            return self.kept[key]

    def start_checkout(self, order: Order) -> Started:
        return self._ask("start", order.key, lambda: self._open(order.reference, order.total))

    def start_setup(self, setup: Setup) -> Started:
        return self._ask("set up", setup.key, lambda: self._open(setup.reference, NOTHING))

    def _open(self, reference: str, total: Money) -> Started:
        checkout_id = f"cs_{next(self._numbers)}_{reference[:8]}"
        self.pages[checkout_id] = Page(reference=reference, total=total)
        ends_at = self.ends_at or clock.now() + timedelta(minutes=30)
        return Started(checkout_id=checkout_id, url=f"http://127.0.0.1/{checkout_id}", expires_at=ends_at)

    def charge(self, charge: Charge) -> PaymentState:
        def act() -> PaymentState | ProviderRefused:
            if self.declines:
                return ProviderRefused(self.declines, "Your card was declined.")
            started = self._open(charge.reference, charge.total)
            self.pay(started.checkout_id)
            return self._state(self.pages[started.checkout_id])

        done = self._ask("charge", charge.key, act)
        if isinstance(done, ProviderRefused):
            raise done
        return done

    def fetch_checkout(self, checkout_id: str) -> PaymentState:
        self._ask("fetch", f"fetch {len(self.asked)}", lambda: None)
        if checkout_id not in self.pages:
            raise NotFound("resource_missing", "There is no such page.")
        return self._state(self.pages[checkout_id])

    def fetch_payment(self, capture_id: str) -> PaymentState:
        return self._state(next(page for page in self.pages.values() if page.capture_id == capture_id))

    def fetch_setup(self, checkout_id: str) -> SavedMethod | None:
        if checkout_id not in self.pages:
            raise NotFound("resource_missing", "There is no such page.")
        return self.pages[checkout_id].method

    def expire_checkout(self, checkout_id: str) -> None:
        self.asked.append("expire")
        page = self.pages[checkout_id]
        if page.status == PaymentStatus.OPEN:
            page.status = PaymentStatus.EXPIRED

    def _state(self, page: Page) -> PaymentState:
        is_paid = page.status == PaymentStatus.PAID
        return PaymentState(
            status=page.status, reference=page.reference, capture_id=page.capture_id, refunded=NOTHING,
            paid=page.total if is_paid else NOTHING, code=page.code, customer_id=page.customer_id,
        )  # fmt: skip

    # What buyers do.

    def pay(self, checkout_id: str, *, minor: int | None = None) -> None:
        with self._lock:
            page = self.pages[checkout_id]
            page.status, page.capture_id = PaymentStatus.PAID, page.capture_id or f"pi_{checkout_id}"
            page.customer_id = "cus_1"
            if minor is not None:
                page.total = replace(page.total, minor=minor)

    def settle(self, checkout_id: str, status: PaymentStatus, code: str = "") -> None:
        self.pages[checkout_id].status, self.pages[checkout_id].code = status, code

    def keep_method(self, checkout_id: str) -> None:
        self.pages[checkout_id].method = SavedMethod(
            customer_id="cus_1", method_id="pm_1", label="Visa ending in 4242"
        )


till = Till()


def connect() -> Till:
    return till
