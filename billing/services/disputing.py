"""Payments that a buyer's bank takes back. While a dispute is open its credits are gone, what was spent of them is
owed and the plan stands still; one that is won gives all of it back.

Nothing here answers a dispute: whoever has the evidence does, at the provider's own desk.
"""

from typing import Final
from uuid import UUID

from django.db.models import Sum

from aiqleads.core import alerts, events, transactions
from aiqleads.core.clock import Now
from billing import selectors, undoing
from billing.events import PaymentDisputed
from billing.models import Account, Dispute, Journal, Payment, Subscription
from billing.providers.port import DisputeState, DisputeStatus
from billing.services import ledger
from billing.services.following import freeze_plan
from billing.services.invoicing import credit_note_of_dispute
from billing.services.ledger import House, Move

Kind: Final = Account.Kind
Status: Final = Dispute.Status


@transactions.write
def record_dispute(*, payment_id: UUID, state: DisputeState) -> Dispute:
    """Act on a dispute as the provider has it. Safe to run twice."""
    payment = _locked(payment_id)
    dispute = payment.disputes.filter(dispute_id=state.dispute_id).first()
    if dispute is None:
        dispute = _begin(payment, state)
    if dispute.status == Status.OPEN and state.status != DisputeStatus.OPEN:
        _close(dispute, payment, Status(state.status.value))
    if dispute.status != state.status.value:
        alerts.open_alert(
            key=f"dispute.changed:{dispute.pk}",
            says=f"{payment.provider} calls a dispute {state.status.value} that was {dispute.status}. "
            "Nothing was booked.",
            subject=dispute,
        )
    _note(dispute, state)
    _freeze_or_thaw(payment)
    if dispute.status == Status.LOST:  # at last: who takes a number lets everybody else wait until the commit
        credit_note_of_dispute(dispute)
    dispute.refresh_from_db()
    return dispute


def _locked(payment_id: UUID) -> Payment:
    """The payment, once nobody else follows a plan of its organisation: those are locked before payments."""
    organisations = Payment.objects.filter(pk=payment_id).values("organisation")
    plans = Subscription.objects.filter(organisation__in=organisations)
    list(plans.select_for_update().order_by("pk").values_list("pk"))
    return Payment.objects.select_for_update(of=("self",)).select_related("pack").get(pk=payment_id)


def _begin(payment: Payment, state: DisputeState) -> Dispute:
    """The row of a dispute, with what it takes. One that was won before anybody heard of it takes nothing."""
    dispute = Dispute(
        payment=payment,
        dispute_id=state.dispute_id,
        amount_cents=state.amount.usd_cents,
        reason=state.reason[:60],
        opened_at=state.opened_at,
        evidence_due_at=state.evidence_due_at,
    )
    if state.status == DisputeStatus.WON:
        dispute.status, dispute.closed_at = Status.WON, Now()
        dispute.save(force_insert=True)
        return dispute
    dispute.amount_credits = _credits_at_stake(payment, state.amount.usd_cents)
    dispute.clawed_back = _claw_back(dispute, payment)
    dispute.save(force_insert=True)
    _tell(dispute, payment)
    return dispute


def _credits_at_stake(payment: Payment, amount_cents: int) -> int:
    """The share of the credits that is the share of the money, what a plan gave for a bill among them.

    What went back or is disputed already is not taken twice; the last part takes the last credit.
    """
    whole, gone = selectors.stake_of(payment)
    others = payment.disputes.exclude(status=Status.WON).aggregate(
        cents=Sum("amount_cents", default=0), credits=Sum("amount_credits", default=0)
    )
    left = whole - gone
    left_credits = max(0, left.amount_credits - int(others["credits"]))
    if amount_cents >= left.total_cents - int(others["cents"]):
        return left_credits
    return min(undoing.of_cents(amount_cents, whole=whole, gone=gone).amount_credits, left_credits)


def _claw_back(dispute: Dispute, payment: Payment) -> Journal:
    """Credits out of their lots, money from clearing to what is withheld; what the lots were worth waits too."""
    house = House()

    def cents(worth_cents: int) -> list[Move]:
        return [
            *house.cents({Kind.WITHHELD: dispute.amount_cents}),
            *house.cents({Kind.CLEARING: -dispute.amount_cents}, provider=payment.provider),
            *house.cents({Kind.UNEARNED: worth_cents, Kind.REFUND_PENDING: -worth_cents}),
        ]

    return ledger.claw_back(
        organisation_id=payment.organisation_id,
        amount_credits=dispute.amount_credits,
        first_lot_id=next((lot.pk for lot in selectors.lots_at_stake(payment)), None),
        key=f"{payment.provider}:dispute:{dispute.dispute_id}",
        memo="The bank took a payment back",
        cents=cents,
    )


def _close(dispute: Dispute, payment: Payment, status: Dispute.Status) -> None:
    book = _reinstate if status == Status.WON else _lose
    dispute.closed = book(dispute, payment)
    dispute.status, dispute.closed_at = status, Now()
    dispute.save(update_fields=["status", "closed", "closed_at"])
    alerts.close_alert(key=f"dispute.open:{dispute.pk}")
    events.publish(PaymentDisputed(dispute_id=dispute.pk, status=status.value))


def _reinstate(dispute: Dispute, payment: Payment) -> Journal:
    worth_cents, house = _worth_cents(dispute), House()
    return ledger.reinstate(
        organisation_id=payment.organisation_id,
        amount_credits=dispute.amount_credits,
        paid_cents=worth_cents,
        key=f"{payment.provider}:dispute-won:{dispute.dispute_id}",
        memo="The bank gave the payment back",
        valid_days=payment.pack.valid_days if payment.pack else ledger.RESTORED_DAYS,
        cents=[
            *house.cents({Kind.WITHHELD: -dispute.amount_cents}),
            *house.cents({Kind.CLEARING: dispute.amount_cents}, provider=payment.provider),
            *house.cents({Kind.REFUND_PENDING: worth_cents, Kind.UNEARNED: -worth_cents}),
        ],
    )


def _lose(dispute: Dispute, payment: Payment) -> Journal:
    """The money stays away: its tax is not owed, its unspent part was never earned, and the rest is no revenue."""
    worth_cents, house = _worth_cents(dispute), House()
    tax_cents = selectors.lost_on_paper(dispute).tax_cents
    moves = house.cents(
        {
            Kind.WITHHELD: -dispute.amount_cents,
            Kind.REFUND_PENDING: worth_cents,
            Kind.TAX: tax_cents,
            Kind.REVENUE: dispute.amount_cents - tax_cents - worth_cents,
        }
    )
    key = f"{payment.provider}:dispute-lost:{dispute.dispute_id}"
    [journal] = ledger.post([ledger.Fact(key=key, memo="The bank kept the payment", moves=moves)])
    return journal


def _worth_cents(dispute: Dispute) -> int:
    """What the lots gave was worth: it waits in ``refund_pending``."""
    waits = dispute.clawed_back.entries.filter(account__kind=Kind.REFUND_PENDING) if dispute.clawed_back else None
    return -int(waits.aggregate(total=Sum("amount", default=0))["total"]) if waits else 0


def _note(dispute: Dispute, state: DisputeState) -> None:
    if (dispute.fee_cents, dispute.evidence_due_at) != (state.fee.usd_cents, state.evidence_due_at):
        dispute.fee_cents, dispute.evidence_due_at = state.fee.usd_cents, state.evidence_due_at
        dispute.save(update_fields=["fee_cents", "evidence_due_at"])


def _tell(dispute: Dispute, payment: Payment) -> None:
    due = f"until {dispute.evidence_due_at:%Y-%m-%d}" if dispute.evidence_due_at else "there"
    alerts.open_alert(
        key=f"dispute.open:{dispute.pk}",
        says=f"{dispute} at {payment.provider}. Send the evidence {due}.",
        subject=dispute,
    )
    events.publish(PaymentDisputed(dispute_id=dispute.pk, status=Status.OPEN.value))


def _freeze_or_thaw(payment: Payment) -> None:
    """A plan stands still while a payment of its organisation is disputed, for good where its own was lost."""
    disputes = Dispute.objects.filter(payment__organisation=payment.organisation_id)
    is_disputed = disputes.filter(status=Status.OPEN).exists()
    lost = set(disputes.filter(status=Status.LOST).values_list("payment__subscription", flat=True))
    plans = Subscription.objects.filter(organisation=payment.organisation_id, status__in=Subscription.LIVE)
    for subscription_id in plans.order_by("pk").values_list("pk", flat=True):
        freeze_plan(subscription_id=subscription_id, is_frozen=is_disputed or subscription_id in lost)
