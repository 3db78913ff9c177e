"""What became of sold leads: noted as buyers mark it, and told to whoever learns from it."""

from uuid import UUID

from aiqleads.core import clock, events, transactions
from leads.events import OutcomeMarked
from leads.models import Outcome


def note_outcome(
    *, lead_id: UUID, sale_id: UUID, status: Outcome.Status, via: Outcome.Via, actor_id: int
) -> Outcome:
    """Note what became of one sale. Joins the caller's transaction; the same status again changes nothing."""
    transactions.require_transaction()
    newest = newest_outcome(sale_id)
    if newest and newest.status == status:
        return newest
    outcome = Outcome.objects.create(
        lead_id=lead_id, sale_id=sale_id, status=status, via=via, marked_by_id=actor_id, marked_at=clock.Now()
    )
    outcome.refresh_from_db(fields=["marked_at"])
    events.publish(OutcomeMarked(lead_id=lead_id, sale_id=sale_id, status=status))
    return outcome


def newest_outcome(sale_id: UUID) -> Outcome | None:
    """What counts for one sale, or None where nobody marked anything."""
    return next(iter(history_of(sale_id)), None)


def history_of(sale_id: UUID) -> list[Outcome]:
    """Everything that was ever marked for one sale, newest first."""
    return list(Outcome.objects.filter(sale_id=sale_id).select_related("marked_by").order_by("-marked_at", "-pk"))
