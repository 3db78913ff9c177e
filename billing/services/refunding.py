"""Money that goes back. The row and the credits set aside are committed before a provider is asked; who is killed
in between goes on where the row stands. What a provider gave back at its own desk is recognised and taken back.
"""

from collections.abc import Sequence
from typing import Final
from uuid import UUID, uuid4

import structlog

from aiqleads.core import alerts, audit, clock, events, transactions
from aiqleads.core.clock import Now
from billing import selectors, undoing
from billing.errors import NotRefundable
from billing.events import PaymentRefunded
from billing.models import Account, Dispute, Journal, Lot, Payment, Refund
from billing.providers import choosing
from billing.providers.port import (
    Money,
    ProviderRefused,
    ProviderUnreachable,
    RefundOrder,
    RefundState,
    RefundStatus,
)
from billing.services import ledger
from billing.services.invoicing import credit_note, take_note_back
from billing.services.ledger import House, Move
from billing.undoing import Portion

log = structlog.get_logger(__name__)

Kind: Final = Account.Kind
Status: Final = Refund.Status


class RefundsOverlap(Exception):
    """A provider gave back more than our books have left of the payment: ours is on its way as well. Look again."""


def refund_payment(
    *, payment_id: UUID, amount_credits: int, actor_id: int, reason: str, refund_id: UUID | None = None
) -> Refund:
    """Give back what was paid for unspent credits of one payment.

    Where the provider does not answer the refund stays asked for, and the sweep goes on.

    :param reason: for our records; the provider is not told
    :param refund_id: the same again is the same refund
    :raises NotRefundable: nothing of it can go back, or not so much
    :raises InsufficientCredits: they were spent in this moment
    """
    transactions.refuse_transaction()
    refund = ask_for_refund(
        payment_id=payment_id,
        amount_credits=amount_credits,
        actor_id=actor_id,
        reason=reason,
        refund_id=refund_id or uuid4(),
    )
    try:
        return look_at_refund(refund_id=refund.pk)
    except ProviderUnreachable:
        log.warning("refund.provider_silent", refund=str(refund.pk))
        return refund


def look_at_refund(*, refund_id: UUID) -> Refund:
    """Ask the provider what became of a refund, or for it where it was never heard of; act on the answer.

    Safe to run twice and side by side: the provider is asked with the refund's own key, the books move once.

    :raises ProviderUnreachable: no answer that counts
    """
    transactions.refuse_transaction()
    refund = Refund.objects.select_related("payment").get(pk=refund_id)
    if refund.status == Status.FAILED:
        return refund
    try:
        state = _state_of(refund)
    except ProviderRefused as refused:
        return _refuse(refund_id=refund_id, code=refused.code)
    return record_refund(payment_id=refund.payment_id, state=state) or refund


def look_at_asked_refunds() -> int:
    """Go on with refunds that no provider has answered for; return how many. Safe to run twice."""
    asked = Refund.objects.filter(status=Status.ASKED).order_by("created_at").values_list("pk", flat=True)
    for refund_id in asked:
        try:
            look_at_refund(refund_id=refund_id)
        except Exception:  # whatever one stumbles over, the others are looked at
            log.exception("refund.look_failed", refund=str(refund_id))
    return len(asked)


def look_at_refunds(*, payment_id: UUID) -> list[Refund]:
    """Recognise every refund that the provider made of a payment, those of its own desk among them."""
    transactions.refuse_transaction()
    payment = Payment.objects.get(pk=payment_id)
    states = choosing.provider(payment.provider).refunds(payment.capture_id)
    found = [record_refund(payment_id=payment_id, state=state) for state in states]
    return [refund for refund in found if refund]


@transactions.write
def record_refund(*, payment_id: UUID, state: RefundState) -> Refund | None:
    """Act on a refund as the provider has it. Safe to run twice.

    :return: None for one that was made at its desk and failed: nothing ever moved
    :raises RefundsOverlap: it cannot be of what our books have left
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    refund = _find(payment, state)
    if refund is None and state.status == RefundStatus.FAILED:
        return None
    refund = refund or _recognise(payment, state)
    if state.amount.usd_cents != _portion(refund).total_cents:
        alerts.open_alert(
            key=f"refund.amount:{refund.pk}",
            says=f"{payment.provider} says another amount of a refund than we asked for. Nothing was booked.",
            subject=refund,
        )
        return refund
    if not refund.refund_id:
        refund.refund_id = state.refund_id
        refund.save(update_fields=["refund_id"])
    if state.status == RefundStatus.SUCCEEDED and refund.status in (Status.ASKED, Status.PENDING):
        return _settle(refund, payment)
    if state.status == RefundStatus.FAILED and refund.status != Status.FAILED:
        return _undo(refund, payment, code=state.code)
    if state.status == RefundStatus.PENDING and refund.status == Status.ASKED:
        refund.status = Status.PENDING
        refund.save(update_fields=["status"])
    return refund


@transactions.write
def ask_for_refund(*, payment_id: UUID, amount_credits: int, actor_id: int, reason: str, refund_id: UUID) -> Refund:
    """Write a refund down and set its credits aside; a look at it asks the provider. The same again is the same.

    :raises NotRefundable | InsufficientCredits: as ``refund_payment``
    """
    payment = Payment.objects.select_for_update().get(pk=payment_id)
    if known := payment.refunds.filter(pk=refund_id).first():
        return known
    lot = _refundable_lot(payment, amount_credits)
    back = undoing.of_credits(amount_credits, whole=selectors.whole_of(payment), gone=selectors.gone_of(payment))
    if not back.net_cents:
        raise NotRefundable("So few credits cost less than a cent.", field="amount_credits")
    aside = ledger.set_aside(
        lot_id=lot.pk,
        amount_credits=amount_credits,
        net_cents=back.net_cents,
        key=f"refund:{refund_id}",
        memo=f"Refund of {amount_credits} credits",
    )
    refund = Refund.objects.create(
        pk=refund_id,
        payment=payment,
        amount_credits=amount_credits,
        net_cents=back.net_cents,
        tax_cents=back.tax_cents,
        reason=reason,
        asked_by_id=actor_id,
        set_aside=aside,
        attempts=1,
    )
    audit.record(
        actor_id=actor_id,
        action="refund.asked",
        subject=refund,
        payment=str(payment_id),
        credits=amount_credits,
        cents=back.total_cents,
    )
    return refund


def _refundable_lot(payment: Payment, amount_credits: int) -> Lot:
    """The lot that gives ``amount_credits`` back; refuses where none may."""
    if payment.status != Payment.Status.PAID:
        raise NotRefundable("This payment has not come in.")
    if not selectors.whole_of(payment).amount_credits:
        raise NotRefundable("A plan's bill bought no credits that could go back. Cancel the plan instead.")
    if payment.disputes.exclude(status=Dispute.Status.WON).exists():
        raise NotRefundable("The buyer's bank has taken this payment back, or is about to.")
    unspent, lot = selectors.refundable_credits(payment), selectors.refundable_lot(payment)
    if lot is None or not 0 < amount_credits <= unspent:
        raise NotRefundable(f"{unspent} of these credits are unspent.", field="amount_credits")
    return lot


def _state_of(refund: Refund) -> RefundState:
    """What the provider says of a refund; what it was never asked for, it is asked for now."""
    provider = choosing.provider(refund.payment.provider)
    if refund.refund_id:
        return provider.fetch_refund(refund.refund_id)
    known = provider.refunds(refund.payment.capture_id)  # its memory of keys is shorter than ours of refunds
    if made := next((state for state in known if state.reference == str(refund.pk)), None):
        return made
    return provider.refund(
        RefundOrder(
            key=f"{refund.pk}:{refund.attempts}",
            reference=str(refund.pk),
            capture_id=refund.payment.capture_id,
            amount=Money(minor=_portion(refund).total_cents),
        )
    )


@transactions.write
def _refuse(*, refund_id: UUID, code: str) -> Refund:
    """The provider said no, and will again. Whoever hears it as well meanwhile finds it undone."""
    payment = Payment.objects.select_for_update().get(refunds=refund_id)
    refund = Refund.objects.get(pk=refund_id)
    is_known = refund.refund_id or refund.status == Status.FAILED
    return refund if is_known else _undo(refund, payment, code=code)


def _find(payment: Payment, state: RefundState) -> Refund | None:
    refunds = payment.refunds.all()
    known = refunds.filter(refund_id=state.refund_id).first()
    return known or next((refund for refund in refunds if str(refund.pk) == state.reference), None)


def _recognise(payment: Payment, state: RefundState) -> Refund:
    """The row of a refund that was made at the provider's own desk."""
    whole, gone = selectors.stake_of(payment)
    try:
        back = undoing.of_cents(state.amount.usd_cents, whole=whole, gone=gone)
    except ValueError as error:
        raise RefundsOverlap(str(error)) from error
    return Refund.objects.create(
        payment=payment,
        amount_credits=back.amount_credits,
        net_cents=back.net_cents,
        tax_cents=back.tax_cents,
        status=Status.PENDING,
        refund_id=state.refund_id,
        reason=f"Made at {payment.provider}",
    )


def _settle(refund: Refund, payment: Payment) -> Refund:
    if _is_of_a_plan(payment):
        refund.amount_credits = min(refund.amount_credits, _unspent_of_a_plan(payment))
    refund.settled = _book(refund, payment)
    refund.status, refund.closed_at = Status.SUCCEEDED, Now()
    refund.save(update_fields=["amount_credits", "settled", "status", "closed_at"])
    credit_note(refund)
    events.publish(PaymentRefunded(refund_id=refund.pk))
    refund.refresh_from_db()
    return refund


def _is_of_a_plan(payment: Payment) -> bool:
    """Whether its credits were given and not bought: a plan's bill, and not one that became credits."""
    return not selectors.whole_of(payment).amount_credits


def _unspent_of_a_plan(payment: Payment) -> int:
    """What can go back of a plan's credits. The house gave the money back itself: what is spent is not owed."""
    ledger.locked_wallet(payment.organisation_id)
    now = clock.now()
    lots = selectors.lots_at_stake(payment)
    return sum(lot.remaining for lot in lots if lot.expires_at is None or lot.expires_at > now)


def _book(refund: Refund, payment: Payment) -> Journal:
    back = _portion(refund)
    key, memo = f"{payment.provider}:refund:{refund.refund_id}", "Refund"
    if refund.set_aside_id:
        return ledger.settle_refund(
            organisation_id=payment.organisation_id,
            amount_credits=back.amount_credits,
            net_cents=back.net_cents,
            tax_cents=back.tax_cents,
            provider=payment.provider,
            key=key,
            memo=memo,
        )
    return ledger.claw_back(
        organisation_id=payment.organisation_id,
        amount_credits=back.amount_credits,
        first_lot_id=next((lot.pk for lot in selectors.lots_at_stake(payment)), None),
        key=key,
        memo=memo,
        cents=lambda worth_cents: _cents_of_a_desk(back, worth_cents, provider=payment.provider),
    )


def _cents_of_a_desk(back: Portion, worth_cents: int, *, provider: str, sign: int = 1) -> Sequence[Move]:
    """What a refund at a provider's desk moves: what was spent already was earned, and is no more."""
    house = House()
    moved = {Kind.UNEARNED: worth_cents, Kind.REVENUE: back.net_cents - worth_cents, Kind.TAX: back.tax_cents}
    return [
        *house.cents({kind: sign * cents for kind, cents in moved.items()}),
        *house.cents({Kind.CLEARING: -sign * back.total_cents}, provider=provider),
    ]


def _undo(refund: Refund, payment: Payment, *, code: str) -> Refund:
    """A refund that is not made, or that its bank sent back: the credits are the organisation's again."""
    if refund.settled_id and refund.set_aside_id:
        ledger.reverse_journal(
            journal_id=refund.settled_id, key=f"refund-returned:{refund.pk}", memo="The refund came back"
        )
    elif refund.settled_id:
        _reinstate(refund, payment)
    if refund.set_aside_id:
        ledger.reverse_journal(
            journal_id=refund.set_aside_id, key=f"refund-failed:{refund.pk}", memo="The refund was not made"
        )
    refund.status, refund.closed_at, refund.code = Status.FAILED, Now(), code
    refund.save(update_fields=["status", "closed_at", "code"])
    alerts.open_alert(
        key=f"refund.failed:{refund.pk}",
        says=f"{payment.provider} did not make a refund of {_portion(refund).total_cents / 100:.2f} USD: {code}.",
        subject=refund,
    )
    take_note_back(refund)
    refund.refresh_from_db()
    return refund


def _reinstate(refund: Refund, payment: Payment) -> None:
    worth_cents = sum(
        refund.settled.entries.filter(account__kind=Kind.UNEARNED).values_list("amount", flat=True)
        if refund.settled
        else ()
    )
    back = _portion(refund)
    ledger.reinstate(
        organisation_id=payment.organisation_id,
        amount_credits=back.amount_credits,
        paid_cents=worth_cents,
        key=f"refund-returned:{refund.pk}",
        memo="The refund came back",
        cents=_cents_of_a_desk(back, worth_cents, provider=payment.provider, sign=-1),
        valid_days=ledger.RESTORED_DAYS if _is_of_a_plan(payment) else None,
    )


def _portion(refund: Refund) -> Portion:
    return Portion(amount_credits=refund.amount_credits, net_cents=refund.net_cents, tax_cents=refund.tax_cents)
