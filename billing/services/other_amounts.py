"""Money that came in for a payment in another amount than was asked for, which a person settles.

It is counted at the price that was asked for, as a payment of its own that names the other: journal, invoice and
all. There it stays with the buyer, or goes back whole as any refund does.
"""

from dataclasses import dataclass
from uuid import UUID

import structlog

from aiqleads.core import audit, transactions
from billing.errors import NothingToSettle, ProviderAway
from billing.models import Payment, TaxReckoning
from billing.papers import dollars
from billing.providers import choosing
from billing.providers.port import PaymentState, PaymentStatus, ProviderRefused, ProviderUnreachable
from billing.services import buying, refunding

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class CameIn:
    """What came in, and what it buys at the price that was asked for.

    :ivar net_cents: US cents, tax left out: the same part of the whole as it was to be
    :ivar amount_credits: whole ones; what is left over of a credit's price is not given back by itself
    """

    state: PaymentState
    net_cents: int
    tax_cents: int
    amount_credits: int

    @property
    def total_cents(self) -> int:
        return self.net_cents + self.tax_cents


def look_at_other_amount(payment_id: UUID) -> CameIn:
    """Ask the provider what came in for a payment that waits for a person.

    :raises NothingToSettle: nothing waits, or it can only be given back at the provider's own desk
    :raises ProviderAway: no answer that counts
    """
    transactions.refuse_transaction()
    payment = Payment.objects.get(pk=payment_id)
    _require_waiting(payment)
    try:
        state = choosing.provider(payment.provider).fetch_payment(payment.capture_id)
    except (ProviderUnreachable, ProviderRefused) as error:
        raise ProviderAway("The provider does not answer. Nothing was changed; try again later.") from error
    if state.status != PaymentStatus.PAID or state.reference not in {"", str(payment.pk)}:
        raise NothingToSettle("The provider says by now that nothing came in for it. Ask it again first.")
    if state.paid.currency != "USD" or state.refunded.minor or TaxReckoning.objects.filter(pk=payment.pk).exists():
        raise NothingToSettle(
            f"{buying.in_words(state.paid)} came in. Another currency, what went back in part, and what a tax"
            " office reckoned go back at the provider's own desk; this closes by itself then."
        )
    return _bought(payment, state)


def _bought(payment: Payment, state: PaymentState) -> CameIn:
    """At the price of a credit that was asked for; half a cent of tax goes up.

    :raises NothingToSettle: less than a credit
    """
    came, whole = state.paid.usd_cents, payment.total_cents
    tax_cents = (2 * came * payment.tax_cents + whole) // (2 * whole)
    net_cents = came - tax_cents
    amount_credits = net_cents * payment.amount_credits // payment.net_cents
    if not amount_credits:
        raise NothingToSettle(
            f"{dollars(came)} buy no credit. Give it back at the provider's own desk; this closes by itself then."
        )
    return CameIn(state=state, net_cents=net_cents, tax_cents=tax_cents, amount_credits=amount_credits)


def settle_other_amount(*, payment_id: UUID, gives_back: bool, actor_id: int, reason: str) -> Payment:
    """Count what came in: the buyer has credits for it, or, where it is given back, a refund of all of them.

    Safe to send twice: it is counted once, and whoever asks again is answered with that.

    :return: what it was counted as
    :raises NothingToSettle | ProviderAway: as ``look_at_other_amount``
    :raises NotRefundable: the organisation owes credits, which what comes in pays first; nothing is changed
    """
    transactions.refuse_transaction()
    if known := Payment.objects.filter(instead_of=payment_id).first():
        return known
    came = look_at_other_amount(payment_id)
    counted = _count(payment_id=payment_id, came=came, gives_back=gives_back, actor_id=actor_id, reason=reason)
    for refund_id in counted.refunds.filter(status="asked").values_list("pk", flat=True):
        try:
            refunding.look_at_refund(refund_id=refund_id)
        except ProviderUnreachable:  # the sweep goes on
            log.warning("refund.provider_silent", refund=str(refund_id))
    return counted


@transactions.write
def _count(*, payment_id: UUID, came: CameIn, gives_back: bool, actor_id: int, reason: str) -> Payment:
    rows = Payment.objects.select_related("pack", "organisation").select_for_update(of=("self",))
    payment = rows.get(pk=payment_id)
    if known := Payment.objects.filter(instead_of=payment).first():
        return known
    _require_waiting(payment)
    told = f"{dollars(came.total_cents)} came in for {dollars(payment.total_cents)}"
    what = "It goes back whole." if gives_back else f"{came.amount_credits:,} credits are yours for it."
    buying.close_other_amount(payment, says=f"{told}. {what}")
    counted = Payment.objects.create(
        organisation=payment.organisation,
        member_id=payment.member_id,
        provider=payment.provider,
        purpose=payment.purpose,
        pack=payment.pack,
        amount_credits=came.amount_credits,
        net_cents=came.net_cents,
        tax_cents=came.tax_cents,
        instead_of=payment,
    )
    audit.record(
        actor_id=actor_id,
        action="payment.given_back" if gives_back else "payment.counted",
        subject=payment,
        counted_as=str(counted.pk),
        cents=came.total_cents,
        credits=came.amount_credits,
        reason=reason,
    )
    buying.post_paid(counted, came.state)
    if gives_back:
        with transactions.joined():
            refunding.ask_for_refund(
                payment_id=counted.pk,
                amount_credits=counted.amount_credits,
                actor_id=actor_id,
                reason=reason,
                refund_id=counted.pk,
            )
    return counted


def _require_waiting(payment: Payment) -> None:
    if not payment.waits_for_a_person:
        raise NothingToSettle("Nothing waits here: what was asked for came in, nothing did, or it was settled.")
