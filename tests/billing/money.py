"""Payments and refunds as the tests of this folder make them: rows and journals, without a provider."""

from itertools import count
from typing import Final
from uuid import uuid4

from django.db import transaction

from aiqleads.core.clock import Now
from billing import services
from billing.models import Lot, Pack, Payment, Refund

NUMBERS: Final = count(1)


def a_pack(*, amount_credits: int = 50, price_cents: int = 4_900) -> Pack:
    pack, _ = Pack.objects.get_or_create(
        code=f"test-{amount_credits}-{price_cents}",
        version=1,
        defaults={
            "name": f"{amount_credits} credits",
            "amount_credits": amount_credits,
            "price_cents": price_cents,
        },
    )
    return pack


def started(member, *, tax_cents: int = 0, **of_pack: int) -> Payment:
    """A payment that the buyer has not made."""
    pack = a_pack(**of_pack)
    return Payment.objects.create(
        organisation=member.organisation,
        member=member,
        provider="sandbox",
        purpose="pack",
        pack=pack,
        amount_credits=pack.amount_credits,
        net_cents=pack.price_cents,
        tax_cents=tax_cents,
    )


def take(payment: Payment) -> Payment:
    """Post a payment, as its state at the provider says. Joins the transaction."""
    capture = f"capture-{next(NUMBERS)}"
    journal = services.post_payment(
        organisation_id=payment.organisation_id,
        key=f"sandbox:pi:{capture}",
        memo=f"{payment.amount_credits} credits",
        amount_credits=payment.amount_credits,
        net_cents=payment.net_cents,
        tax_cents=payment.tax_cents,
        provider="sandbox",
    )
    Payment.objects.filter(pk=payment.pk).update(
        status="paid", capture_id=capture, paid_at=Now(), journal_id=journal.pk
    )
    payment.refresh_from_db()
    return payment


def paid(member, *, tax_cents: int = 0, **of_pack: int) -> Payment:
    """A payment that came in."""
    with transaction.atomic():
        return take(started(member, tax_cents=tax_cents, **of_pack))


def paid_pack(member, amount_credits: int = 50, *, tax_cents: int = 0) -> Payment:
    """A payment that came in for credits at a dollar each."""
    return paid(member, amount_credits=amount_credits, price_cents=100 * amount_credits, tax_cents=tax_cents)


def lot_of(payment: Payment) -> Lot:
    """What a payment opened."""
    return Lot.objects.get(entries__journal=payment.journal_id, entries__amount__gt=0)


def refunded(
    payment: Payment, *, amount_credits: int, net_cents: int, tax_cents: int = 0, reason: str = "Bought twice"
) -> Refund:
    """Money that went back, set aside and settled."""
    number = next(NUMBERS)
    with transaction.atomic():
        lot = lot_of(payment)
        aside = services.set_aside(
            lot_id=lot.pk, amount_credits=amount_credits, net_cents=net_cents, key=f"aside:{number}", memo="Refund"
        )
        refund = Refund.objects.create(
            payment=payment,
            amount_credits=amount_credits,
            net_cents=net_cents,
            tax_cents=tax_cents,
            reason=reason,
            set_aside=aside,
        )
        settled = services.settle_refund(
            organisation_id=payment.organisation_id,
            amount_credits=amount_credits,
            net_cents=net_cents,
            tax_cents=tax_cents,
            provider="sandbox",
            key=f"refund:{number}",
            memo="Refund",
        )
        Refund.objects.filter(pk=refund.pk).update(
            status="succeeded", refund_id=f"re-{number}", closed_at=Now(), settled=settled
        )
    refund.refresh_from_db()
    return refund


def invoiced(member) -> None:
    """A rate, an invoice and an adjustment that waits, for screens to show."""
    with transaction.atomic():
        services.invoice(take(started(member)))
    services.import_tax_rates(
        lines=["country,region,percent,label,valid_from,valid_until", "US,TX,8.25,Tax,2026-01-01,"]
    )
    services.ask_for_adjustment(
        organisation_id=member.organisation_id,
        kind="goodwill",
        amount_credits=5,
        reason="An outage",
        actor_id=member.user_id,
        key=uuid4(),
    )
