"""What Stripe's objects say, in the port's words: integer cents as they are told, and no helper of anybody's.

Where things lie on the pinned version: a subscription's period at its items, an invoice's subscription under
``parent.subscription_details``, its payments under ``payments``, its taxes under ``total_taxes``.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final, TypeVar

from stripe import (
    BalanceTransaction,
    Charge,
    Dispute,
    Invoice,
    InvoiceLineItem,
    PaymentIntent,
    PaymentMethod,
    Refund,
    SetupIntent,
    Subscription,
)
from stripe._stripe_object import UntypedStripeObject
from stripe.checkout import Session

from billing.providers.port import (
    BillState,
    BillStatus,
    DisputeState,
    DisputeStatus,
    Money,
    Movement,
    MovementKind,
    PaymentState,
    PaymentStatus,
    ProviderMisunderstood,
    RefundState,
    RefundStatus,
    SavedMethod,
    Started,
    SubscriptionState,
    SubscriptionStatus,
)
from billing.providers.stripe_calls import expanded, id_of

T = TypeVar("T")
P = TypeVar("P")
R = TypeVar("R")

REFERENCE: Final = "reference"
"""Under which our row's id lies in Stripe's metadata."""

PRICE_UNTIL: Final = "price_until"
PRICE_BEFORE: Final = "price_before"
"""What a subscription runs on until its period ends, where the next one has another price already."""

_INTENTS: Final[Mapping[str, PaymentStatus]] = {
    "succeeded": PaymentStatus.PAID,
    "processing": PaymentStatus.PENDING,
    "requires_capture": PaymentStatus.PENDING,
    "requires_action": PaymentStatus.OPEN,
    "requires_confirmation": PaymentStatus.OPEN,
    "requires_payment_method": PaymentStatus.FAILED,
    "canceled": PaymentStatus.FAILED,
}
_SUBSCRIPTIONS: Final[Mapping[str, SubscriptionStatus]] = {
    "incomplete": SubscriptionStatus.INCOMPLETE,
    "incomplete_expired": SubscriptionStatus.ENDED,
    "trialing": SubscriptionStatus.TRIALING,
    "active": SubscriptionStatus.ACTIVE,
    "past_due": SubscriptionStatus.PAST_DUE,
    "unpaid": SubscriptionStatus.PAST_DUE,
    "paused": SubscriptionStatus.PAUSED,
    "canceled": SubscriptionStatus.ENDED,
}
_BILLS: Final[Mapping[str, BillStatus]] = {
    "draft": BillStatus.OPEN,
    "open": BillStatus.OPEN,
    "paid": BillStatus.PAID,
    "uncollectible": BillStatus.VOID,
    "void": BillStatus.VOID,
}
_REFUNDS: Final[Mapping[str, RefundStatus]] = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.FAILED,
}
# An inquiry (``warning_…``) takes no money: as long as it is none of the others, the money is ours.
_DISPUTES: Final[Mapping[str, DisputeStatus]] = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "lost": DisputeStatus.LOST,
    "won": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "warning_needs_response": DisputeStatus.WON,
    "warning_under_review": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
}
_MOVEMENTS: Final[Mapping[str, MovementKind]] = {
    "charge": MovementKind.PAYMENT,
    "refund": MovementKind.REFUND,
    "refund_failure": MovementKind.REFUND,
    "partial_capture_reversal": MovementKind.REFUND,
    "dispute": MovementKind.DISPUTE,
    "dispute_reversal": MovementKind.DISPUTE,
    "fee": MovementKind.FEE,
    "network_cost": MovementKind.FEE,
    "payout": MovementKind.PAYOUT,
    "payout_reversal": MovementKind.PAYOUT,
}


def protocol(read: Callable[[P], R]) -> Callable[[P], R]:
    """Have a reader refuse an object that is not of the kind that it reads.

    :raises ProviderMisunderstood: something that the protocol promises is not there
    """

    @wraps(read)
    def checked(told: P) -> R:
        try:
            return read(told)
        except (AttributeError, KeyError, TypeError, ValueError, OverflowError) as error:
            raise ProviderMisunderstood(f"Stripe told no {read.__name__}") from error

    return checked


def moment(seconds: int | None) -> datetime | None:
    """A moment of Stripe's, who counts seconds."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def at(seconds: int) -> datetime:
    """A moment of Stripe's that is always told."""
    return datetime.fromtimestamp(seconds, UTC)


def money(minor: int, currency: str) -> Money:
    """
    :raises ProviderMisunderstood: it is no whole number of minor units
    """
    if not isinstance(minor, int) or isinstance(minor, bool):
        raise ProviderMisunderstood(f"Stripe told an amount of {type(minor).__name__}")
    return Money(minor=minor, currency=currency.upper())


def noted(metadata: UntypedStripeObject[str] | None, name: str) -> str:
    """What was noted at an object under a name; empty where nothing was."""
    return str(metadata[name]) if metadata is not None and name in metadata else ""


@protocol
def started(session: Session) -> Started:
    """A page that waits."""
    if not session.url:
        raise ProviderMisunderstood("Stripe told no address of its page")
    return Started(checkout_id=session.id, url=session.url, expires_at=moment(session.expires_at))


@protocol
def checkout(session: Session) -> PaymentState:
    """What became of a page of ``mode`` payment, told with its intent, charge and method.

    A page that is open lets its buyer try another card, so a decline does not end it.
    """
    if session.status == "complete":
        return payment(expanded(session.payment_intent, PaymentIntent))
    nothing = Money(minor=0, currency=(session.currency or "usd").upper())
    intent = session.payment_intent if isinstance(session.payment_intent, PaymentIntent) else None
    code, says = _declined(intent)
    return PaymentState(
        status=PaymentStatus.EXPIRED if session.status == "expired" else PaymentStatus.OPEN,
        reference=session.client_reference_id or "",
        capture_id="",
        paid=nothing,
        refunded=nothing,
        customer_id=id_of(session.customer),
        code=code,
        says=says,
    )


@protocol
def payment(intent: PaymentIntent) -> PaymentState:
    """A payment, told with its charge and method."""
    status = _of(_INTENTS, intent.status)
    charge = intent.latest_charge if isinstance(intent.latest_charge, Charge) else None
    is_paid = status == PaymentStatus.PAID
    code, says = ("", "") if is_paid else _declined(intent)
    return PaymentState(
        status=status,
        reference=noted(intent.metadata, REFERENCE),
        capture_id=intent.id if status in (PaymentStatus.PAID, PaymentStatus.PENDING) else "",
        paid=money(intent.amount_received if is_paid else 0, intent.currency),
        refunded=money(charge.amount_refunded if charge else 0, intent.currency),
        customer_id=id_of(intent.customer),
        method=_method(intent) if is_paid and intent.setup_future_usage == "off_session" else None,
        code=code,
        says=says,
        paid_at=at(charge.created if charge else intent.created) if is_paid else None,
    )


def _declined(intent: PaymentIntent | None) -> tuple[str, str]:
    """The last decline's code, and a sentence for the buyer."""
    error = intent.last_payment_error if intent else None
    if error is None:
        return "", ""
    return error.decline_code or error.code or "card_declined", error.message or ""


def _method(intent: PaymentIntent) -> SavedMethod | None:
    if not isinstance(intent.payment_method, PaymentMethod) or not intent.customer:
        return None
    return saved(intent.payment_method, id_of(intent.customer))


@protocol
def setup(session: Session) -> SavedMethod | None:
    """The way of paying that a page of ``mode`` setup left, told with its intent and method."""
    intent = session.setup_intent
    if session.status != "complete" or not isinstance(intent, SetupIntent) or intent.status != "succeeded":
        return None
    method = expanded(intent.payment_method, PaymentMethod)
    return saved(method, id_of(session.customer) or id_of(intent.customer))


def saved(method: PaymentMethod, customer_id: str) -> SavedMethod:
    """A way of paying, and how people call it."""
    if method.card:
        brand = (method.card.display_brand or method.card.brand).replace("_", " ").title()
        return SavedMethod(
            customer_id=customer_id, method_id=method.id, label=f"{brand} ending in {method.card.last4}"
        )
    return SavedMethod(
        customer_id=customer_id, method_id=method.id, label=method.type.replace("_", " ").capitalize()
    )


@protocol
def subscription(told: Subscription) -> SubscriptionState:
    """A subscription of one item, which is how ours are made."""
    items = told["items"].data
    if len(items) != 1:
        raise ProviderMisunderstood(f"a subscription of {len(items)} items is none of ours")
    item = items[0]
    status = _of(_SUBSCRIPTIONS, told.status)
    if told.pause_collection and status in (SubscriptionStatus.ACTIVE, SubscriptionStatus.TRIALING):
        status = SubscriptionStatus.PAUSED
    is_before = noted(told.metadata, PRICE_UNTIL) == str(item.current_period_end)
    return SubscriptionState(
        subscription_id=told.id,
        reference=noted(told.metadata, REFERENCE),
        status=status,
        price_id=noted(told.metadata, PRICE_BEFORE) if is_before else item.price.id,
        customer_id=id_of(told.customer),
        period_start=moment(item.current_period_start),
        period_end=moment(item.current_period_end),
        trial_end=moment(told.trial_end),
        cancels_at_period_end=told.status != "canceled" and (told.cancel_at_period_end or bool(told.cancel_at)),
    )


@protocol
def bill(invoice: Invoice) -> BillState:
    """A subscription's invoice, told with its payments.

    Its own ``period_…`` is the one before where it bills ahead: what it is for stands at its lines.
    """
    line = _line(invoice)
    subscribed = invoice.parent.subscription_details if invoice.parent else None
    if subscribed is None:
        raise ProviderMisunderstood("an invoice without a subscription is none of ours")
    pricing = line.pricing.price_details if line.pricing else None
    return BillState(
        bill_id=invoice.id,
        subscription_id=id_of(subscribed.subscription),
        status=_of(_BILLS, invoice.status or "draft"),
        is_upgrade=invoice.billing_reason == "subscription_update",
        price_id=id_of(pricing.price) if pricing else "",
        total=money(invoice.total, invoice.currency),
        tax=money(sum(tax.amount for tax in invoice.total_taxes or ()), invoice.currency),
        capture_id=_captured(invoice),
        period_start=at(line.period.start),
        period_end=at(line.period.end),
        attempts=invoice.attempt_count,
        next_attempt_at=moment(invoice.next_payment_attempt),
        pay_url=(invoice.hosted_invoice_url or "") if invoice.status == "open" else "",
    )


def _line(invoice: Invoice) -> InvoiceLineItem:
    """What the invoice is for: an upgrade credits the old price in another line."""
    if not invoice.lines.data:
        raise ProviderMisunderstood("an invoice without lines is none of ours")
    return max(invoice.lines.data, key=lambda line: line.amount)


def _captured(invoice: Invoice) -> str:
    """The intent by which an invoice was paid; empty where nothing was to be paid."""
    paid = [one for one in (invoice.payments.data if invoice.payments else ()) if one.status == "paid"]
    return next((id_of(one.payment.payment_intent) for one in paid if one.payment.payment_intent), "")


@protocol
def refund(told: Refund) -> RefundState:
    """A refund."""
    return RefundState(
        refund_id=told.id,
        reference=noted(told.metadata, REFERENCE),
        capture_id=id_of(told.payment_intent),
        status=_of(_REFUNDS, told.status or "pending"),
        amount=money(told.amount, told.currency),
        code=told.failure_reason or "",
    )


@protocol
def dispute(told: Dispute) -> DisputeState:
    """A dispute, with what its balance lines cost so far."""
    due = told.evidence_details.due_by
    return DisputeState(
        dispute_id=told.id,
        capture_id=id_of(told.payment_intent),
        status=_of(_DISPUTES, told.status),
        amount=money(told.amount, told.currency),
        fee=money(sum(line.fee for line in told.balance_transactions), told.currency),
        reason=told.reason,
        opened_at=at(told.created),
        evidence_due_at=moment(due),
    )


@protocol
def movement(line: BalanceTransaction) -> Movement:
    """One line of our balance, told with its source."""
    kind = _MOVEMENTS.get(line.reporting_category, MovementKind.OTHER)
    return Movement(
        movement_id=line.id,
        kind=kind,
        source_id=_source(line.source, kind),
        gross=money(line.amount, line.currency),
        fee=money(line.fee, line.currency),
        occurred_at=at(line.created),
    )


def _source(source: Any, kind: MovementKind) -> str:
    """A payment is known by its intent, all else by its own id."""
    if kind == MovementKind.PAYMENT and isinstance(source, Charge):
        return id_of(source.payment_intent) or source.id
    return id_of(source)


def _of(words: Mapping[str, T], word: str) -> T:
    """
    :raises ProviderMisunderstood: it is a word that the pinned version does not have
    """
    if word not in words:
        raise ProviderMisunderstood(f"Stripe told a state that is not in its protocol: {word[:40]}")
    return words[word]
