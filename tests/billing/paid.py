"""Payments that are there already, as buying would have left them."""

from itertools import count

from django.db import transaction

from accounts.models import Membership
from aiqleads.core.clock import now
from billing import services
from billing.models import Lot, Pack, Payment

_NUMBERS = count(1)


def paid_pack(member: Membership, amount_credits: int = 50, *, tax_cents: int = 0, capture_id: str = "") -> Payment:
    """A pack at a dollar a credit, paid at the sandbox."""
    capture_id = capture_id or f"pi_{next(_NUMBERS)}"
    pack, _ = Pack.objects.get_or_create(
        code=f"pack-{amount_credits}",
        version=1,
        defaults={"name": "A pack", "amount_credits": amount_credits, "price_cents": 100 * amount_credits},
    )
    with transaction.atomic():
        journal = services.post_payment(
            organisation_id=member.organisation_id,
            key=f"sandbox:pi:{capture_id}",
            memo="A pack",
            amount_credits=amount_credits,
            net_cents=100 * amount_credits,
            tax_cents=tax_cents,
            provider="sandbox",
        )
        return Payment.objects.create(
            organisation=member.organisation,
            member=member,
            provider="sandbox",
            purpose=Payment.Purpose.PACK,
            pack=pack,
            amount_credits=amount_credits,
            net_cents=100 * amount_credits,
            tax_cents=tax_cents,
            status=Payment.Status.PAID,
            capture_id=capture_id,
            paid_at=now(),
            journal=journal,
        )


def lot_of(payment: Payment) -> Lot:
    """What the payment opened."""
    return Lot.objects.get(entries__journal=payment.journal_id)
