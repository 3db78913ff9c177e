"""The provider that takes make-believe money: what ``make run`` pays with, and no product may offer.

It behaves like a provider with a card form on pages of its own (``/sandbox-checkout/…``), remembers in tables of
its own, tells our inbox over HTTP, and never touches a table of ours; we ask it through the port alone.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime

from billing.providers import port
from billing.providers.sandbox import memory, payments, subscriptions, telling


class Sandbox:
    """The port over the sandbox's own memory.

    :raises ImproperlyConfigured: outside DEBUG, at the first call already
    """

    name: str = memory.NAME

    def __init__(self) -> None:
        memory.refuse_outside_debug()

    def start_checkout(self, order: port.Order) -> port.Started:
        return payments.start_checkout(order)

    def fetch_checkout(self, checkout_id: str) -> port.PaymentState:
        return payments.fetch_checkout(checkout_id)

    def fetch_payment(self, capture_id: str) -> port.PaymentState:
        return payments.fetch_payment(capture_id)

    def expire_checkout(self, checkout_id: str) -> None:
        payments.expire_checkout(checkout_id)

    def start_setup(self, setup: port.Setup) -> port.Started:
        return payments.start_setup(setup)

    def fetch_setup(self, checkout_id: str) -> port.SavedMethod | None:
        return payments.fetch_setup(checkout_id)

    def charge(self, charge: port.Charge) -> port.PaymentState:
        return payments.charge(charge)

    def ensure_price(self, price: port.Price) -> str:
        return subscriptions.ensure_price(price)

    def start_subscription(self, order: port.SubscriptionOrder) -> port.Started:
        return subscriptions.start_subscription(order)

    def fetch_started_subscription(self, checkout_id: str) -> port.SubscriptionState | None:
        return subscriptions.fetch_started_subscription(checkout_id)

    def fetch_subscription(self, subscription_id: str) -> port.SubscriptionState:
        return subscriptions.fetch_subscription(subscription_id)

    def bills(self, subscription_id: str) -> list[port.BillState]:
        return subscriptions.bills(subscription_id)

    def fetch_bill(self, bill_id: str) -> port.BillState:
        return subscriptions.fetch_bill(bill_id)

    def change_subscription(self, change: port.SubscriptionChange) -> port.SubscriptionState:
        return subscriptions.change_subscription(change)

    def cancel_subscription(self, subscription_id: str, *, key: str, at_once: bool) -> port.SubscriptionState:
        return subscriptions.cancel_subscription(subscription_id, key=key, at_once=at_once)

    def resume_subscription(self, subscription_id: str, *, key: str) -> port.SubscriptionState:
        return subscriptions.resume_subscription(subscription_id, key=key)

    def pause_subscription(self, subscription_id: str, *, key: str) -> port.SubscriptionState:
        return subscriptions.pause_subscription(subscription_id, key=key)

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        return payments.open_portal(customer_id, return_url=return_url)

    def refund(self, order: port.RefundOrder) -> port.RefundState:
        return payments.refund(order)

    def fetch_refund(self, refund_id: str) -> port.RefundState:
        return payments.fetch_refund(refund_id)

    def refunds(self, capture_id: str) -> list[port.RefundState]:
        return payments.refunds(capture_id)

    def fetch_dispute(self, dispute_id: str) -> port.DisputeState:
        return payments.fetch_dispute(dispute_id)

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> port.Event:
        return telling.verify(raw, headers, now=now)

    def events(self, *, since: datetime) -> Iterator[port.Event]:
        return telling.events(since)

    def movements(self, *, since: datetime) -> Iterator[port.Movement]:
        return telling.movements(since)


def connect() -> port.Provider:
    """The sandbox, as ``billing.providers.choosing`` asks for it."""
    return Sandbox()
