"""What a paid bill of a subscription does to the books: the payment, the period's credits, the plan's revenue.

Everything here joins the transaction of the look that saw the bill paid (``following``), with the rows locked.
"""

from datetime import datetime, timedelta
from typing import Final

from aiqleads.core import clock, events
from billing import journal_keys, proration
from billing.events import CreditsPosted
from billing.models import Bill, Journal, Lot, Payment, Plan, Subscription, SubscriptionPeriod
from billing.proration import Period
from billing.services.ledger import Fact, House, Kind, Move, locked_wallet, post, post_grant, settle_debt

KEPT_ON: Final = timedelta(days=30)
"""How long a period's credits can be spent after its end."""
DOLLAR: Final = 100


def post_bill(bill: Bill, *, capture_id: str) -> Payment | None:
    """Post the money of a paid bill, once; None where it is of nothing: a trial's."""
    subscription = bill.subscription
    if not bill.net_cents:
        return None
    payment, is_new = Payment.objects.get_or_create(
        provider=subscription.provider,
        bill_id=bill.bill_id,
        defaults={
            "organisation_id": subscription.organisation_id,
            "member_id": subscription.member_id,
            "purpose": Payment.Purpose.BILL,
            "subscription": subscription,
            "amount_credits": 0,
            "net_cents": bill.net_cents,
            "tax_cents": bill.tax_cents,
        },
    )
    if not is_new:
        return payment
    house = House()
    memo = f"{bill.plan.name}, {bill.starts_at:%Y-%m-%d} to {bill.ends_at:%Y-%m-%d}"
    key = journal_keys.of_payment(provider=subscription.provider, capture_id=capture_id)
    moves = [
        *house.cents({Kind.CLEARING: bill.net_cents + bill.tax_cents}, provider=subscription.provider),
        *house.cents({Kind.UNEARNED_PLANS: -bill.net_cents, Kind.TAX: -bill.tax_cents}),
    ]
    [payment.journal] = post([Fact(key=key, memo=memo, moves=moves)])
    payment.status, payment.capture_id, payment.paid_at = Payment.Status.PAID, capture_id, clock.now()
    payment.save(update_fields=["status", "capture_id", "paid_at", "journal"])
    return payment


def give_period(subscription: Subscription, period: SubscriptionPeriod) -> None:
    """Give a period's credits, once: the plan's by the month, or those that a trial comes with."""
    bills = Bill.objects.filter(subscription=subscription, status=Bill.Status.PAID, is_upgrade=False)
    is_paid = bills.filter(starts_at=period.starts_at, net_cents__gt=0).exists()
    is_trial = subscription.is_trial_granted and not is_paid
    amount = period.plan.trial_credits if is_trial else period.plan.monthly_credits
    if not amount:
        return
    ends = period.ends_at if is_trial else period.ends_at + KEPT_ON
    what = "trial" if is_trial else f"{period.starts_at:%Y-%m-%d} to {period.ends_at:%Y-%m-%d}"
    period.granted = _grant(
        subscription,
        key=f"{subscription.pk}:{period.starts_at.isoformat()}",
        memo=f"{period.plan.name}, {what}",
        amount_credits=amount,
        ends=ends,
    )
    period.save(update_fields=["granted"])


def give_upgrade(subscription: Subscription, bill: Bill, *, before: Plan, period: SubscriptionPeriod) -> None:
    """Give what a larger plan has more for the rest of a period, once its difference is paid; once a plan."""
    amount = proration.upgrade_credits(
        old_credits=before.monthly_credits,
        new_credits=bill.plan.monthly_credits,
        period=Period(starts_at=period.starts_at, ends_at=period.ends_at),
        at=bill.starts_at,
    )
    if amount:
        _grant(
            subscription,
            key=f"{subscription.pk}:{period.starts_at.isoformat()}:{bill.plan.code}-{bill.plan.version}",
            memo=f"{bill.plan.name} instead of {before.name}",
            amount_credits=amount,
            ends=period.ends_at + KEPT_ON,
        )


def turn_into_credits(payment: Payment) -> Journal:
    """Give paid credits for a bill whose plan cannot be had: money that came in is never kept for nothing."""
    amount = max(1, -(-payment.net_cents // DOLLAR))
    wallet = locked_wallet(payment.organisation_id)
    house = House()
    paid_id = wallet.accounts[Kind.PAID]
    lot = Lot.objects.create(account_id=paid_id, amount=amount, paid_cents=payment.net_cents)
    moves = [
        Move(account_id=paid_id, amount=amount, lot_id=lot.pk),
        house.credits(Kind.ISSUED, -amount),
        *house.cents({Kind.UNEARNED_PLANS: payment.net_cents, Kind.UNEARNED: -payment.net_cents}),
    ]
    [journal] = post([Fact(key=f"instead:{payment.pk}", memo="Credits instead of a plan", moves=moves)])
    settle_debt(payment.organisation_id, because=journal)
    tell_of_credits(payment)
    return journal


def tell_of_credits(payment: Payment) -> None:
    """Whoever waits for credits hears of them."""
    events.publish(CreditsPosted(organisation_id=payment.organisation_id, payment_id=payment.pk))


def _grant(subscription: Subscription, *, key: str, memo: str, amount_credits: int, ends: datetime) -> Journal:
    """Credits that came late can be spent as long as a return's: no lot opens that has ended."""
    return post_grant(
        organisation_id=subscription.organisation_id,
        amount_credits=amount_credits,
        key=key,
        memo=memo,
        expires_at=max(ends, clock.now() + timedelta(days=1)),
    )
