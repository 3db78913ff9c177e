"""Payments, refunds and disputes in the sandbox."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from typing import Any, Final

from django.conf import settings

from billing.models.sandbox import SandboxObject
from billing.providers.port import (
    Buyer,
    Charge,
    DisputeState,
    DisputeStatus,
    Money,
    MovementKind,
    NotFound,
    ObjectKind,
    Order,
    PaymentState,
    PaymentStatus,
    ProviderRefused,
    RefundOrder,
    RefundState,
    RefundStatus,
    Returning,
    SavedMethod,
    Setup,
    Started,
)
from billing.providers.sandbox import memory
from billing.providers.sandbox.cards import CARDS, SAYS, Conduct
from billing.providers.sandbox.memory import Data, Kind

CHECKOUT_LASTS: Final = timedelta(minutes=30)
DISPUTE_FEE_MINOR: Final = 1_500
EVIDENCE_DAYS: Final = 7
OPEN: Final = PaymentStatus.OPEN


def fee_of(amount_minor: int) -> int:
    """What the sandbox keeps of a payment: 2.9 per cent and 30 cents."""
    return (amount_minor * 29 + 500) // 1_000 + 30


def page_of(object_id: str) -> str:
    """Where a hosted page of the sandbox lies."""
    return f"{settings.SITE_URL}/sandbox-checkout/{object_id}/"


def customer_of(buyer: Buyer) -> str:
    """The buyer's customer id: as known, or made once for the organisation."""
    if buyer.customer_id:
        return memory.find(Kind.CUSTOMER, buyer.customer_id).pk
    made, _ = SandboxObject.objects.get_or_create(
        id=f"sbcus_{buyer.organisation_id}",
        defaults={"kind": Kind.CUSTOMER, "data": {"method_id": ""}},
    )
    return made.pk


def open_page(key: str, purpose: str, buyer: Buyer, returning: Returning, facts: Mapping[str, Any]) -> Started:
    """A hosted page that waits for the buyer for half an hour."""

    def open_it() -> SandboxObject:
        page = {
            **facts,
            "purpose": purpose,
            "customer_id": customer_of(buyer),
            "done_url": returning.done_url,
            "cancelled_url": returning.cancelled_url,
            "expires_at": memory.written(memory.now() + CHECKOUT_LASTS),
            "status": OPEN,
        }
        return memory.add(Kind.CHECKOUT, page)

    asked = {"purpose": purpose, "buyer": asdict(buyer), **facts, **asdict(returning)}
    kept = memory.once(key, asked, open_it)
    return Started(checkout_id=kept.pk, url=page_of(kept.pk), expires_at=memory.moment(kept.data["expires_at"]))


def start_checkout(order: Order) -> Started:
    facts = {
        "reference": order.reference,
        "description": order.description,
        "total": order.total.minor,
        "tax": order.tax.minor,
        "currency": order.total.currency,
        "saves_method": order.saves_method,
    }
    return open_page(order.key, "payment", order.buyer, order.returning, facts)


def start_setup(setup: Setup) -> Started:
    facts = {"reference": setup.reference, "description": "A way of paying to keep"}
    return open_page(setup.key, "setup", setup.buyer, setup.returning, facts)


def status_of(page: SandboxObject) -> PaymentStatus:
    """What became of a page by now: one that nobody finished in time has expired."""
    if page.data["status"] == OPEN and memory.is_over(page.data["expires_at"]):
        return PaymentStatus.EXPIRED
    return PaymentStatus(page.data["status"])


def fetch_checkout(checkout_id: str) -> PaymentState:
    page = memory.find(Kind.CHECKOUT, checkout_id)
    if page.data["purpose"] != "payment":
        raise NotFound("resource_missing", "Nothing is paid on this page.")
    if page.data.get("capture_id"):
        return fetch_payment(page.data["capture_id"])
    currency = page.data["currency"]
    return PaymentState(
        status=status_of(page),
        reference=page.data["reference"],
        capture_id="",
        paid=Money(minor=0, currency=currency),
        refunded=Money(minor=0, currency=currency),
        customer_id=page.data["customer_id"],
        code=page.data.get("code", ""),
        says=page.data.get("says", ""),
    )


def fetch_payment(capture_id: str) -> PaymentState:
    paid = memory.find(Kind.PAYMENT, capture_id).data
    is_in = paid["status"] == PaymentStatus.PAID
    return PaymentState(
        status=PaymentStatus(paid["status"]),
        reference=paid["reference"],
        capture_id=capture_id,
        paid=Money(minor=paid["total"] if is_in else 0, currency=paid["currency"]),
        refunded=Money(minor=paid["refunded"], currency=paid["currency"]),
        customer_id=paid["customer_id"],
        method=saved_method(paid["method_id"]) if paid["keeps_method"] else None,
        code=paid["code"],
        says=paid["says"],
        paid_at=memory.moment(paid["paid_at"]),
    )


def expire_checkout(checkout_id: str) -> None:
    with memory.acting():
        page = memory.locked(Kind.CHECKOUT, checkout_id)
        if page.data["status"] == OPEN:
            memory.change(page, status=PaymentStatus.EXPIRED)
            memory.happened("checkout.expired", ObjectKind.CHECKOUT, page.pk)


def fetch_setup(checkout_id: str) -> SavedMethod | None:
    page = memory.find(Kind.CHECKOUT, checkout_id)
    if page.data["purpose"] != "setup":
        raise NotFound("resource_missing", "No way of paying is kept on this page.")
    return saved_method(page.data["method_id"]) if page.data.get("method_id") else None


def saved_method(method_id: str) -> SavedMethod:
    kept = memory.find(Kind.METHOD, method_id)
    return SavedMethod(customer_id=kept.owner, method_id=kept.pk, label=CARDS[kept.data["card"]].label)


def keep_method(customer_id: str, card: str, *, is_default: bool) -> SandboxObject:
    """Keep a card for its customer; the default one pays for subscriptions."""
    method = memory.add(Kind.METHOD, {"card": card}, owner=customer_id)
    if is_default:
        memory.change(memory.locked(Kind.CUSTOMER, customer_id), method_id=method.pk)
    return method


def charge(charge: Charge) -> PaymentState:
    def charge_it() -> SandboxObject:
        method = memory.find(Kind.METHOD, charge.method_id)
        if method.owner != charge.customer_id:
            raise NotFound("resource_missing", "This customer has no such way of paying.")
        return take(
            {
                "reference": charge.reference,
                "description": charge.description,
                "total": charge.total.minor,
                "currency": charge.total.currency,
                "customer_id": charge.customer_id,
                "keeps_method": True,
            },
            method,
            conduct=CARDS[method.data["card"]].later,
        )

    return fetch_payment(memory.once(charge.key, asdict(charge), charge_it).pk)


def take(facts: Data, method: SandboxObject, *, conduct: Conduct) -> SandboxObject:
    """Take money by a card that behaves as ``conduct`` says; joins the sandbox's step.

    :raises ProviderRefused: the card declined
    """
    card = CARDS[method.data["card"]]
    if conduct == Conduct.DECLINES:
        code = card.code or "card_declined"
        raise ProviderRefused(code, SAYS[code])
    payment = memory.add(
        Kind.PAYMENT,
        {
            **facts,
            "method_id": method.pk,
            "refunded": 0,
            "status": PaymentStatus.PENDING,
            "code": "",
            "says": "",
            "paid_at": None,
        },
        owner=facts["customer_id"],
    )
    if conduct == Conduct.PENDING:
        memory.happened("payment.pending", ObjectKind.PAYMENT, payment.pk)
    else:
        come_in(payment)
    return payment


def come_in(payment: SandboxObject) -> None:
    """The money of a payment is there; joins the sandbox's step."""
    memory.change(payment, status=PaymentStatus.PAID, paid_at=memory.written(memory.now()))
    total = payment.data["total"]
    memory.moved(MovementKind.PAYMENT, payment.pk, total, fee_minor=fee_of(total))
    memory.happened("payment.paid", ObjectKind.PAYMENT, payment.pk)


def refund(order: RefundOrder) -> RefundState:
    def give_back() -> SandboxObject:
        return send_back(order.capture_id, order.amount.minor, reference=order.reference)

    return fetch_refund(memory.once(order.key, asdict(order), give_back).pk)


def send_back(capture_id: str, amount_minor: int, *, reference: str) -> SandboxObject:
    """Send money back; to a bank account it takes days. Joins the sandbox's step.

    :raises ProviderRefused: more than is left, or the payment is disputed
    """
    payment = memory.locked(Kind.PAYMENT, capture_id)
    left = payment.data["total"] - payment.data["refunded"]
    if payment.data["status"] != PaymentStatus.PAID or not 0 < amount_minor <= left:
        raise ProviderRefused("amount_too_large", "Less than that is left of the payment.")
    if any(one.data["status"] != DisputeStatus.WON for one in memory.those_of(Kind.DISPUTE, capture_id)):
        raise ProviderRefused("charge_disputed", "The buyer's bank took this payment back already.")
    method = memory.find(Kind.METHOD, payment.data["method_id"])
    is_slow = CARDS[method.data["card"]].now == Conduct.PENDING
    status = RefundStatus.PENDING if is_slow else RefundStatus.SUCCEEDED
    made = memory.add(
        Kind.REFUND,
        {
            "reference": reference,
            "amount": amount_minor,
            "currency": payment.data["currency"],
            "status": status,
            "code": "",
        },
        owner=capture_id,
    )
    memory.change(payment, refunded=payment.data["refunded"] + amount_minor)
    memory.moved(MovementKind.REFUND, made.pk, -amount_minor)
    memory.happened(f"refund.{status}", ObjectKind.REFUND, made.pk)
    return made


def fetch_refund(refund_id: str) -> RefundState:
    return _refund_state(memory.find(Kind.REFUND, refund_id))


def _refund_state(made: SandboxObject) -> RefundState:
    return RefundState(
        refund_id=made.pk,
        reference=made.data["reference"],
        capture_id=made.owner,
        status=RefundStatus(made.data["status"]),
        amount=Money(minor=made.data["amount"], currency=made.data["currency"]),
        code=made.data["code"],
    )


def refunds(capture_id: str) -> list[RefundState]:
    memory.find(Kind.PAYMENT, capture_id)
    return [_refund_state(made) for made in memory.those_of(Kind.REFUND, capture_id)]


def fetch_dispute(dispute_id: str) -> DisputeState:
    told = memory.find(Kind.DISPUTE, dispute_id)
    return DisputeState(
        dispute_id=told.pk,
        capture_id=told.owner,
        status=DisputeStatus(told.data["status"]),
        amount=Money(minor=told.data["amount"], currency=told.data["currency"]),
        fee=Money(minor=DISPUTE_FEE_MINOR, currency=told.data["currency"]),
        reason=told.data["reason"],
        opened_at=told.created_at,
        evidence_due_at=told.created_at + timedelta(days=EVIDENCE_DAYS),
    )


def open_portal(customer_id: str, *, return_url: str) -> str:
    """A page on which a customer changes how they pay, for whoever has its address."""
    with memory.acting():
        memory.find(Kind.CUSTOMER, customer_id)
        return page_of(memory.add(Kind.PORTAL, {"return_url": return_url}, owner=customer_id).pk)
