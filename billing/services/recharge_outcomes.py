"""What became of a charge without the buyer: a decline counts, the second in a row ends the permission."""

from typing import Final

from aiqleads.core import audit, clock, events, transactions
from billing.events import RechargeDone, RechargeEnded
from billing.models import AutoRecharge, Payment

MOST_DECLINES: Final = 2
UNANSWERED: Final = "unreachable"
"""The code of a charge that nobody answered within the life of its key: no decline, as it may have been made."""


def note_outcome(payment: Payment) -> None:
    """Count it, and tell the organisation. Joins the caller's transaction, which has just settled ``payment``."""
    transactions.require_transaction()
    if not payment.is_final:
        return
    recharge = AutoRecharge.objects.select_for_update().filter(organisation=payment.organisation_id).first()
    is_paid = payment.status == Payment.Status.PAID
    if recharge is not None:
        if is_paid:
            recharge.declines = 0
        elif payment.code != UNANSWERED:
            recharge.declines += 1
        has_ended = recharge.is_on and recharge.declines >= MOST_DECLINES
        recharge.is_on = recharge.is_on and not has_ended
        recharge.save(update_fields=["declines", "is_on"])
        if has_ended:
            why = "Two charges in a row were declined."
            audit.record(actor_id=None, action="recharge.ended", subject=recharge, why=why)
            events.publish(
                RechargeEnded(organisation_id=payment.organisation_id, why=why, at=clock.now().isoformat())
            )
    events.publish(RechargeDone(organisation_id=payment.organisation_id, payment_id=payment.pk))
