"""Reads of what waits for a payment."""

from accounts.models import Membership
from billing.models import Payment
from marketplace.models import PurchaseIntent


def waiting_intent(buyer: Membership) -> PurchaseIntent | None:
    """What the member wants bought once their payment lands, with the ``payment`` that it waits for.

    None where nothing waits, or its page was never opened.
    """
    intent = PurchaseIntent.objects.filter(membership=buyer, state=PurchaseIntent.State.WAITING).first()
    if intent is None:
        return None
    payment = Payment.objects.filter(pk=intent.payment_id).first()
    if payment is None or payment.status not in {Payment.Status.CREATED, Payment.Status.PENDING}:
        return None
    intent.payment = payment
    return intent
