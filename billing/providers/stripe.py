"""Stripe, as the port asks for it: hosted pages for all that a buyer types, the API for the rest.

A retry with the same key must be the same request to the letter, or Stripe refuses it: nothing of a request is
reckoned from the clock, and pages live as long as Stripe has them live (24 hours; 30 minutes at least are asked of
any other length).
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

import stripe
from django.conf import settings
from stripe import Subscription
from stripe.params import PaymentIntentCreateParams, SubscriptionUpdateParams
from stripe.params.checkout import (
    SessionCreateParams,
    SessionCreateParamsLineItem,
    SessionCreateParamsPaymentIntentData,
    SessionCreateParamsSubscriptionData,
)

from billing.providers import stripe_messages, stripe_reading
from billing.providers.port import (
    BillState,
    Buyer,
    Charge,
    DisputeState,
    Event,
    Movement,
    NotFound,
    Order,
    PaymentState,
    Price,
    Provider,
    ProviderMisunderstood,
    ProviderRefused,
    RefundOrder,
    RefundState,
    SavedMethod,
    Setup,
    Started,
    SubscriptionChange,
    SubscriptionOrder,
    SubscriptionState,
)
from billing.providers.stripe_calls import asking, client
from billing.providers.stripe_reading import PRICE_BEFORE, PRICE_UNTIL, REFERENCE

PAGE: Final = 100
"""Objects of a list that are told at once; a hundred are the most."""
PAYMENT_PARTS: Final = ["latest_charge", "payment_method"]
CHECKOUT_PARTS: Final = ["payment_intent", "payment_intent.latest_charge", "payment_intent.payment_method"]
_NO_REFUND: Final = frozenset({"charge_already_refunded", "charge_disputed", "refund_disputed_payment"})


def connect() -> Provider:
    """The account of the settings."""
    return Stripe(
        settings.STRIPE_SECRET_KEY,
        webhook_secrets=settings.STRIPE_WEBHOOK_SECRETS,
        api_base=settings.STRIPE_API_BASE,
    )


class Stripe:
    """One account at Stripe.

    :param webhook_secrets: each that may sign messages now; two while one takes the other's place
    :param api_base: of the stand-in on this machine, or nothing
    :raises ValueError: ``api_base`` is not on this machine
    """

    name = "stripe"

    def __init__(self, secret_key: str, *, webhook_secrets: Sequence[str], api_base: str = "") -> None:
        self._v1 = client(secret_key, api_base=api_base).v1
        self._secrets = tuple(webhook_secrets)

    # Payments

    def start_checkout(self, order: Order) -> Started:
        metadata = {REFERENCE: order.reference}
        intent: SessionCreateParamsPaymentIntentData = {"metadata": metadata, "description": order.description}
        if order.saves_method:
            intent["setup_future_usage"] = "off_session"
        params: SessionCreateParams = {
            "mode": "payment",
            "client_reference_id": order.reference,
            "metadata": metadata,
            "line_items": _lines(order),
            "success_url": order.returning.done_url,
            "cancel_url": order.returning.cancelled_url,
            "payment_intent_data": intent,
            **_who(order.buyer, makes_customer=True),
        }
        with asking():
            return stripe_reading.started(self._v1.checkout.sessions.create(params, {"idempotency_key": order.key}))

    def fetch_checkout(self, checkout_id: str) -> PaymentState:
        with asking():
            session = self._v1.checkout.sessions.retrieve(checkout_id, {"expand": CHECKOUT_PARTS})
        return stripe_reading.checkout(session)

    def fetch_payment(self, capture_id: str) -> PaymentState:
        with asking():
            intent = self._v1.payment_intents.retrieve(capture_id, {"expand": PAYMENT_PARTS})
        return stripe_reading.payment(intent)

    def expire_checkout(self, checkout_id: str) -> None:
        """A page that is not open is refused by Stripe, and was closed already."""
        with asking():
            session = self._v1.checkout.sessions.retrieve(checkout_id)
            if session.status != "open":
                return
            try:
                self._v1.checkout.sessions.expire(checkout_id)
            except stripe.InvalidRequestError:
                if self._v1.checkout.sessions.retrieve(checkout_id).status == "open":
                    raise

    def start_setup(self, setup: Setup) -> Started:
        metadata = {REFERENCE: setup.reference}
        params: SessionCreateParams = {
            "mode": "setup",
            "currency": "usd",
            "client_reference_id": setup.reference,
            "metadata": metadata,
            "setup_intent_data": {"metadata": metadata},
            "success_url": setup.returning.done_url,
            "cancel_url": setup.returning.cancelled_url,
            **_who(setup.buyer, makes_customer=True),
        }
        with asking():
            return stripe_reading.started(self._v1.checkout.sessions.create(params, {"idempotency_key": setup.key}))

    def fetch_setup(self, checkout_id: str) -> SavedMethod | None:
        parts = ["setup_intent", "setup_intent.payment_method"]
        with asking():
            session = self._v1.checkout.sessions.retrieve(checkout_id, {"expand": parts})
        return stripe_reading.setup(session)

    def charge(self, charge: Charge) -> PaymentState:
        """:raises ProviderRefused: declined, or the bank wants the buyer there (``authentication_required``)"""
        params: PaymentIntentCreateParams = {
            "amount": charge.total.minor,
            "currency": charge.total.currency.lower(),
            "customer": charge.customer_id,
            "payment_method": charge.method_id,
            "off_session": True,
            "confirm": True,
            "description": charge.description,
            "metadata": {REFERENCE: charge.reference, "tax_cents": str(charge.tax.minor)},
            "expand": PAYMENT_PARTS,
        }
        with asking():
            intent = self._v1.payment_intents.create(params, {"idempotency_key": charge.key})
        return stripe_reading.payment(intent)

    # Subscriptions

    def ensure_price(self, price: Price) -> str:
        with asking():
            known = self._v1.prices.list({"lookup_keys": [price.key], "limit": 1}).data
            found = known[0] if known else self._make_price(price)
        if (found.unit_amount, found.currency.upper()) != (price.monthly.minor, price.monthly.currency):
            raise ProviderMisunderstood(
                f"Stripe has another price under {price.key}: a version's price never changes"
            )
        return found.id

    def _make_price(self, price: Price) -> stripe.Price:
        return self._v1.prices.create(
            {
                "currency": price.monthly.currency.lower(),
                "unit_amount": price.monthly.minor,
                "lookup_key": price.key,
                "recurring": {"interval": "month"},
                "tax_behavior": "exclusive",
                "product_data": {"name": price.name, "metadata": {"code": price.code}},
            },
            {"idempotency_key": f"price:{price.key}"},
        )

    def start_subscription(self, order: SubscriptionOrder) -> Started:
        metadata = {REFERENCE: order.reference}
        subscription: SessionCreateParamsSubscriptionData = {"metadata": metadata}
        if order.trial_days:
            subscription["trial_period_days"] = order.trial_days
        if order.tax_millipercent:
            subscription["default_tax_rates"] = [self._tax_rate(order.tax_millipercent)]
        params: SessionCreateParams = {
            "mode": "subscription",
            "client_reference_id": order.reference,
            "metadata": metadata,
            "line_items": [{"price": order.price_id, "quantity": 1}],
            "success_url": order.returning.done_url,
            "cancel_url": order.returning.cancelled_url,
            "subscription_data": subscription,
            **_who(order.buyer, makes_customer=False),
        }
        if order.is_tax_automatic:
            params["automatic_tax"] = {"enabled": True}
            if order.buyer.customer_id:  # whose address Stripe may not know
                params["customer_update"] = {"address": "auto"}
        with asking():
            return stripe_reading.started(self._v1.checkout.sessions.create(params, {"idempotency_key": order.key}))

    def _tax_rate(self, millipercent: int) -> str:
        """The id of a rate on top of the price, made where there is none."""
        with asking():
            for rate in self._v1.tax_rates.list({"active": True, "limit": PAGE}).auto_paging_iter():
                if stripe_reading.noted(rate.metadata, "millipercent") == str(millipercent):
                    return rate.id
            return self._v1.tax_rates.create(
                {
                    "display_name": "Sales tax",
                    "percentage": millipercent / 1_000,
                    "inclusive": False,
                    "metadata": {"millipercent": str(millipercent)},
                },
                {"idempotency_key": f"tax:{millipercent}"},
            ).id

    def fetch_started_subscription(self, checkout_id: str) -> SubscriptionState | None:
        with asking():
            session = self._v1.checkout.sessions.retrieve(checkout_id, {"expand": ["subscription"]})
        if isinstance(session.subscription, Subscription):
            return stripe_reading.subscription(session.subscription)
        return None

    def fetch_subscription(self, subscription_id: str) -> SubscriptionState:
        return stripe_reading.subscription(self._subscription(subscription_id))

    def _subscription(self, subscription_id: str) -> Subscription:
        with asking():
            return self._v1.subscriptions.retrieve(subscription_id)

    def bills(self, subscription_id: str) -> list[BillState]:
        with asking():
            told = self._v1.invoices.list(
                {"subscription": subscription_id, "limit": PAGE, "expand": ["data.payments"]}
            )
            found = list(told.auto_paging_iter())
        return [stripe_reading.bill(invoice) for invoice in reversed(found)]

    def fetch_bill(self, bill_id: str) -> BillState:
        with asking():
            invoice = self._v1.invoices.retrieve(bill_id, {"expand": ["payments"]})
        return stripe_reading.bill(invoice)

    def change_subscription(self, change: SubscriptionChange) -> SubscriptionState:
        told = self._subscription(change.subscription_id)
        item = told["items"].data[0]
        state = stripe_reading.subscription(told)
        if not change.at_once:
            is_so = change.price_id == item.price.id
            return state if is_so else self._change_later(told, change.price_id, key=change.key)
        if state.price_id != item.price.id:
            # What is left of the period is reckoned at the price that it was paid at.
            self._change_later(told, state.price_id, key=f"{change.key}:back")
        return self._updated(
            told.id,
            {
                "items": [{"id": item.id, "price": change.price_id}],
                "proration_behavior": "always_invoice",
                "payment_behavior": "pending_if_incomplete",
            },
            key=change.key,
        )

    def _change_later(self, told: Subscription, price_id: str, *, key: str) -> SubscriptionState:
        """Another price from the next period on; until then the metadata say what this one was paid at."""
        item = told["items"].data[0]
        paid_at = stripe_reading.subscription(told).price_id
        is_other = price_id != paid_at
        return self._updated(
            told.id,
            {
                "items": [{"id": item.id, "price": price_id}],
                "proration_behavior": "none",
                "metadata": {
                    PRICE_BEFORE: paid_at if is_other else "",
                    PRICE_UNTIL: str(item.current_period_end) if is_other else "",
                },
            },
            key=key,
        )

    def cancel_subscription(self, subscription_id: str, *, key: str, at_once: bool) -> SubscriptionState:
        if not at_once:
            return self._updated(subscription_id, {"cancel_at_period_end": True}, key=key)
        try:
            with asking():
                told = self._v1.subscriptions.cancel(subscription_id, {}, {"idempotency_key": key})
        except NotFound:
            told = self._subscription(subscription_id)  # one that has ended is not found to be ended again
        return stripe_reading.subscription(told)

    def resume_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        """A cancellation lies in either of two fields: Stripe's own pages write ``cancel_at``."""
        told = self._subscription(subscription_id)
        params: SubscriptionUpdateParams = {}
        if told.cancel_at_period_end:
            params["cancel_at_period_end"] = False
        elif told.cancel_at:
            params["cancel_at"] = ""
        if told.pause_collection:
            params["pause_collection"] = ""
        return self._updated(subscription_id, params, key=key) if params else stripe_reading.subscription(told)

    def pause_subscription(self, subscription_id: str, *, key: str) -> SubscriptionState:
        return self._updated(subscription_id, {"pause_collection": {"behavior": "void"}}, key=key)

    def _updated(self, subscription_id: str, params: SubscriptionUpdateParams, *, key: str) -> SubscriptionState:
        with asking():
            told = self._v1.subscriptions.update(subscription_id, params, {"idempotency_key": key})
        return stripe_reading.subscription(told)

    def portal_url(self, customer_id: str, *, return_url: str) -> str:
        with asking():
            return self._v1.billing_portal.sessions.create({"customer": customer_id, "return_url": return_url}).url

    # Money that goes back

    def refund(self, order: RefundOrder) -> RefundState:
        """:raises ProviderRefused: there is not as much left of the payment, or it is disputed"""
        with asking():
            try:
                told = self._v1.refunds.create(
                    {
                        "payment_intent": order.capture_id,
                        "amount": order.amount.minor,
                        "metadata": {REFERENCE: order.reference},
                    },
                    {"idempotency_key": order.key},
                )
            except stripe.InvalidRequestError as error:
                if error.code in _NO_REFUND or (error.param == "amount" and error.http_status == 400):
                    says = "There is not as much left of this payment to give back."
                    raise ProviderRefused(error.code or "refund_refused", says) from error
                raise
        return stripe_reading.refund(told)

    def fetch_refund(self, refund_id: str) -> RefundState:
        with asking():
            return stripe_reading.refund(self._v1.refunds.retrieve(refund_id))

    def refunds(self, capture_id: str) -> list[RefundState]:
        with asking():
            told = self._v1.refunds.list({"payment_intent": capture_id, "limit": PAGE})
            found = list(told.auto_paging_iter())
        return [stripe_reading.refund(refund) for refund in reversed(found)]

    def fetch_dispute(self, dispute_id: str) -> DisputeState:
        with asking():
            return stripe_reading.dispute(self._v1.disputes.retrieve(dispute_id))

    # What happened

    def verify(self, raw: bytes, headers: Mapping[str, str], *, now: datetime) -> Event:
        header = headers.get(stripe_messages.HEADER, "")
        return stripe_messages.verify(raw, header, secrets=self._secrets, now=now)

    def events(self, *, since: datetime) -> Iterator[Event]:
        """Stripe remembers 30 days, and tells the newest first."""
        with asking():
            told = self._v1.events.list({"created": {"gte": int(since.timestamp())}, "limit": PAGE})
            found = [event.to_dict() for event in told.auto_paging_iter()]
        yield from map(stripe_messages.event, reversed(found))

    def movements(self, *, since: datetime) -> Iterator[Movement]:
        with asking():
            told = self._v1.balance_transactions.list(
                {"created": {"gte": int(since.timestamp())}, "limit": PAGE, "expand": ["data.source"]}
            )
            found = list(told.auto_paging_iter())
        yield from map(stripe_reading.movement, reversed(found))


def _lines(order: Order) -> list[SessionCreateParamsLineItem]:
    """What is bought, and its tax as a line of its own."""
    parts = [(order.description, order.total.minor - order.tax.minor), ("Tax", order.tax.minor)]
    return [
        {
            "quantity": 1,
            "price_data": {
                "currency": order.total.currency.lower(),
                "unit_amount": minor,
                "product_data": {"name": name},
            },
        }
        for name, minor in parts
        if minor
    ]


def _who(buyer: Buyer, *, makes_customer: bool) -> SessionCreateParams:
    """The buyer as Stripe knows them, or is to know them from now on; a subscription always makes a customer."""
    if buyer.customer_id:
        return {"customer": buyer.customer_id}
    if makes_customer:
        return {"customer_email": buyer.email, "customer_creation": "always"}
    return {"customer_email": buyer.email}
