"""What went back of a payment, and what still can."""

from dataclasses import replace

from django.db.models import Q, QuerySet, Sum

from aiqleads.core import clock
from billing.models import Account, Bill, Dispute, Entry, Journal, Lot, Payment, Refund, SubscriptionPeriod
from billing.undoing import Portion


def whole_of(payment: Payment) -> Portion:
    """All that a payment was; a bill whose plan could not be had is the credits that it became."""
    became = Lot.objects.filter(entries__journal__key=f"instead:{payment.pk}", entries__amount__gt=0)
    amount_credits = payment.amount_credits or sum(became.values_list("amount", flat=True))
    return Portion(amount_credits=amount_credits, net_cents=payment.net_cents, tax_cents=payment.tax_cents)


def stake_of(payment: Payment) -> tuple[Portion, Portion]:
    """All that goes where the money of a payment goes, and what of it is gone.

    A plan's bill stands for the credits that its plan gave, which go as the money does, whether spent or not.
    """
    whole, gone = whole_of(payment), gone_of(payment)
    if whole.amount_credits:
        return whole, gone
    given = int(_given_for(payment).aggregate(total=Sum("amount", default=0))["total"])
    went = given * gone.net_cents // whole.net_cents
    return replace(whole, amount_credits=given), replace(gone, amount_credits=went)


def lots_at_stake(payment: Payment) -> list[Lot]:
    """The lots that a payment opened, by itself or by the plan that it paid for."""
    given = Lot.objects.filter(entries__in=_given_for(payment)).order_by("pk")
    return [*given, *lots_of(payment)] if payment.subscription_id else lots_of(payment)


def _given_for(payment: Payment) -> QuerySet[Entry]:
    """What a plan's bill had its plan give: the credits of its period, or what an upgrade has more."""
    bill = (
        Bill.objects.select_related("plan")
        .filter(subscription=payment.subscription_id, bill_id=payment.bill_id)
        .first()
    )
    if payment.subscription_id is None or bill is None:
        return Entry.objects.none()
    periods = SubscriptionPeriod.objects.filter(
        subscription=payment.subscription_id, starts_at__lte=bill.starts_at
    ).order_by("-starts_at")
    if (period := periods.first()) is None:
        return Entry.objects.none()
    upgrade = f":{bill.plan.code}-{bill.plan.version}" if bill.is_upgrade else ""
    key = f"grant:{payment.subscription_id}:{period.starts_at.isoformat()}{upgrade}"
    return Entry.objects.filter(journal__key=key, account__kind=Account.Kind.GRANTED)


def gone_of(payment: Payment) -> Portion:
    """What went back of a payment, or is on its way."""
    sums = payment.refunds.exclude(status=Refund.Status.FAILED).aggregate(
        amount_credits=Sum("amount_credits", default=0),
        net_cents=Sum("net_cents", default=0),
        tax_cents=Sum("tax_cents", default=0),
    )
    return Portion(**sums)


def lots_of(payment: Payment) -> list[Lot]:
    """The lots that a payment opened: when it came, instead of a plan, and where a dispute of it was won."""
    journals = Journal.objects.filter(
        Q(pk=payment.journal_id) | Q(key=f"instead:{payment.pk}") | Q(pk__in=payment.disputes.values("closed"))
    )
    return list(Lot.objects.filter(entries__journal__in=journals, entries__amount__gt=0).distinct().order_by("pk"))


def refundable_lot(payment: Payment) -> Lot | None:
    """The lot of a payment that holds most unspent credits; None where none holds any."""
    lots = [lot for lot in lots_of(payment) if lot.expires_at is None or lot.expires_at > clock.now()]
    fullest = max(lots, key=lambda lot: lot.remaining, default=None)
    return fullest if fullest and fullest.remaining else None


def refundable_credits(payment: Payment) -> int:
    """How many credits of a payment can go back now: unspent ones that no refund and no bank has taken."""
    if payment.status != Payment.Status.PAID:
        return 0
    if payment.disputes.exclude(status=Dispute.Status.WON).exists():
        return 0
    lot = refundable_lot(payment)
    left = whole_of(payment).amount_credits - gone_of(payment).amount_credits
    return min(left, lot.remaining) if lot else 0
