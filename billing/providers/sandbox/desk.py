"""What happens at a provider without us: banks settle and take back, its staff refunds, months pass."""

from collections.abc import Callable, Mapping
from typing import Final

from billing.models.sandbox import SandboxObject
from billing.providers.port import (
    DisputeStatus,
    MovementKind,
    ObjectKind,
    PaymentStatus,
    ProviderRefused,
    RefundStatus,
    SubscriptionStatus,
)
from billing.providers.sandbox import memory, payments, subscriptions
from billing.providers.sandbox.cards import SAYS
from billing.providers.sandbox.memory import Kind


def settle(capture_id: str, *, comes: bool = True) -> None:
    """The money of a pending payment comes, or the bank returns the debit.

    :raises ProviderRefused: nothing of it is on its way
    """
    with memory.acting():
        payment = _in_state(Kind.PAYMENT, capture_id, PaymentStatus.PENDING)
        bill_id = payment.data.get("bill_id")
        if comes:
            payments.come_in(payment)
        else:
            memory.change(payment, status=PaymentStatus.FAILED, code="debit_returned", says=SAYS["debit_returned"])
            memory.happened("payment.failed", ObjectKind.PAYMENT, payment.pk)
        if bill_id:
            bill = memory.locked(Kind.BILL, bill_id)
            (subscriptions.is_paid if comes else subscriptions.is_not_paid)(bill)


def settle_refund(refund_id: str, *, arrives: bool = True) -> None:
    """A pending refund arrives, or the bank sends it back to us.

    :raises ProviderRefused: it is not pending
    """
    with memory.acting():
        made = _in_state(Kind.REFUND, refund_id, RefundStatus.PENDING)
        if arrives:
            memory.change(made, status=RefundStatus.SUCCEEDED)
        else:
            payment = memory.locked(Kind.PAYMENT, made.owner)
            memory.change(made, status=RefundStatus.FAILED, code="account_closed")
            memory.change(payment, refunded=payment.data["refunded"] - made.data["amount"])
            memory.moved(MovementKind.REFUND, made.pk, made.data["amount"])
        memory.happened("refund.changed", ObjectKind.REFUND, made.pk)


def refund_here(capture_id: str, amount_minor: int) -> str:
    """The provider's staff refunds a payment, without us; return the refund's id.

    :raises ProviderRefused: more than is left of it
    """
    with memory.acting():
        return payments.send_back(capture_id, amount_minor, reference="").pk


def dispute(capture_id: str, *, reason: str = "fraudulent") -> str:
    """The buyer's bank takes back what is left of a payment; return the dispute's id.

    :raises ProviderRefused: nothing is left, or it is disputed already
    """
    with memory.acting():
        payment = _in_state(Kind.PAYMENT, capture_id, PaymentStatus.PAID)
        amount = payment.data["total"] - payment.data["refunded"]
        if amount <= 0 or memory.those_of(Kind.DISPUTE, capture_id):
            raise ProviderRefused("not_disputable", "There is nothing to dispute.")
        told = memory.add(
            Kind.DISPUTE,
            {
                "status": DisputeStatus.OPEN,
                "amount": amount,
                "currency": payment.data["currency"],
                "reason": reason,
            },
            owner=capture_id,
        )
        memory.moved(MovementKind.DISPUTE, told.pk, -amount, fee_minor=payments.DISPUTE_FEE_MINOR)
        memory.happened("dispute.opened", ObjectKind.DISPUTE, told.pk)
        return told.pk


def close_dispute(dispute_id: str, *, is_won: bool) -> None:
    """The bank decides: for us, and the money comes again; or for its customer.

    :raises ProviderRefused: it is decided already
    """
    with memory.acting():
        told = _in_state(Kind.DISPUTE, dispute_id, DisputeStatus.OPEN)
        memory.change(told, status=DisputeStatus.WON if is_won else DisputeStatus.LOST)
        if is_won:
            memory.moved(MovementKind.DISPUTE, told.pk, told.data["amount"])
        memory.happened("dispute.closed", ObjectKind.DISPUTE, told.pk)


def renew(subscription_id: str, *, with_card: str = "") -> None:
    """A subscription's period ends now and the next one begins; its bill is collected at once.

    :param with_card: the customer's card is another one from now on, as named in ``CARDS``
    :raises ProviderRefused: it does not run
    """
    with memory.acting():
        kept = memory.locked(Kind.SUBSCRIPTION, subscription_id)
        if kept.data["status"] not in {SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE}:
            raise ProviderRefused("not_running", "It does not run, so it is not renewed.")
        if with_card:
            payments.keep_method(kept.data["customer_id"], with_card, is_default=True)
        now = memory.now()
        memory.change(kept, period_end=memory.written(now), anchor_day=now.day)
        subscriptions.renew(kept, at=now)


def fail_renewal(subscription_id: str) -> None:
    """The same, with a card that has been locked meanwhile."""
    renew(subscription_id, with_card="declined")


def _in_state(kind: Kind, object_id: str, status: str) -> SandboxObject:
    kept = memory.locked(kind, object_id)
    if kept.data["status"] != status:
        raise ProviderRefused("wrong_state", f"It is {kept.data['status']}.")
    return kept


ACTS: Final[Mapping[str, Callable[[str], object]]] = {
    "settle": settle,
    "return_debit": lambda object_id: settle(object_id, comes=False),
    "settle_refund": settle_refund,
    "fail_refund": lambda object_id: settle_refund(object_id, arrives=False),
    "refund": lambda object_id: refund_here(object_id, left_of(object_id)),
    "dispute": dispute,
    "win": lambda object_id: close_dispute(object_id, is_won=True),
    "lose": lambda object_id: close_dispute(object_id, is_won=False),
    "renew": renew,
    "fail_renewal": fail_renewal,
}
"""What the desk's buttons do, by their names."""


def left_of(capture_id: str) -> int:
    """Minor units of a payment that were not sent back so far."""
    paid = memory.find(Kind.PAYMENT, capture_id).data
    left: int = paid["total"] - paid["refunded"]
    return left


def lately(kind: Kind, *, most: int = 15) -> list[SandboxObject]:
    """The newest objects of a kind, for the desk's page."""
    memory.refuse_outside_debug()
    return list(SandboxObject.objects.filter(kind=kind).order_by("-created_at")[:most])
