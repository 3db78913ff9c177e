"""What became of sold leads: noted as buyers mark it, and told to whoever learns from it."""

from datetime import datetime
from uuid import UUID

from aiqleads.core import clock, events, transactions
from leads.events import OutcomeMarked
from leads.models import Outcome, Sale, Score


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


@transactions.write
def note_sale(*, sale_id: UUID, lead_id: UUID, sold_at: datetime) -> None:
    """Note that a lead was sold, on the score that it had. Safe to run again: a sale is noted once."""
    _noted_sale(sale_id, lead_id, sold_at)


@transactions.write
def note_return(*, sale_id: UUID, lead_id: UUID, sold_at: datetime, returned_at: datetime, ground: str) -> None:
    """Note that a sale came back, why, and the sale itself where that is news. Safe to run again."""
    _noted_sale(sale_id, lead_id, sold_at)
    standing = Sale.objects.filter(pk=sale_id, returned_at=None)
    standing.update(returned_at=returned_at, ground=ground)


def _noted_sale(sale_id: UUID, lead_id: UUID, sold_at: datetime) -> None:
    score = (
        Score.objects.filter(lead=lead_id, scored_at__lte=sold_at).order_by("-scored_at", "-pk").only("pk").first()
    )
    sale = Sale(pk=sale_id, lead_id=lead_id, score=score, sold_at=sold_at)
    Sale.objects.bulk_create([sale], ignore_conflicts=True)
