"""Public writes about leads and sources; ``ingest`` and ``assess_lead`` live in modules beside this one."""

from datetime import datetime
from typing import Final
from uuid import UUID

from psycopg.types.range import TimestamptzRange

from aiqleads.core import audit, clock, events, transactions
from leads import merging
from leads.assessment import assess_lead
from leads.departures import Unmet, find_unmet, mark_gone, mark_unmet
from leads.errors import LeadClosed, NotTheSameHome
from leads.events import LeadChanged, LeadWithdrawn, SourceRightLost
from leads.ingest import Ingested, ingest
from leads.models import Lead, Source, SourceRight

__all__ = [
    "Ingested",
    "Unmet",
    "approve_lead",
    "assess_lead",
    "find_unmet",
    "ingest",
    "mark_gone",
    "mark_unmet",
    "merge_leads",
    "record_right",
    "reject_lead",
    "withdraw_lead",
]

REASON_CHARACTERS: Final = 200


@transactions.write
def approve_lead(*, lead_id: UUID, actor_id: int) -> Lead:
    """Let a lead pass on an operator's word; later scores do not undo it.

    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.ACTIVE, "", "lead.approved")
    events.publish(LeadChanged(lead_id=lead_id))
    return lead


@transactions.write
def reject_lead(*, lead_id: UUID, actor_id: int, reason: str) -> Lead:
    """Keep a lead off the marketplace on an operator's word, and take it off if it is there.

    :param reason: shown to whoever holds it
    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.REJECTED, reason, "lead.rejected")
    events.publish(LeadWithdrawn(lead_id=lead_id, reason=reason))
    return lead


@transactions.write
def withdraw_lead(*, lead_id: UUID, reason: str, actor_id: int | None = None) -> Lead:
    """Take a lead out of circulation for good; running holds on it are released with the reason.

    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.WITHDRAWN, reason, "lead.withdrawn")
    events.publish(LeadWithdrawn(lead_id=lead_id, reason=lead.state_reason))
    return lead


def _decide(lead_id: UUID, actor_id: int | None, state: Lead.State, reason: str, action: str) -> Lead:
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    _require_open(lead)
    audit.record(actor_id=actor_id, action=action, subject=lead, before=lead.state, after=str(state), reason=reason)
    lead.state, lead.state_reason, lead.is_operator_decided = state, reason[:REASON_CHARACTERS], True
    lead.save(update_fields=["state", "state_reason", "is_operator_decided"])
    return lead


def _require_open(lead: Lead) -> None:
    if lead.state in {Lead.State.MERGED, Lead.State.ERASED}:
        raise LeadClosed("This lead was merged into another or erased.", state=lead.state)


@transactions.write
def merge_leads(*, winner_id: UUID, loser_id: UUID, actor_id: int) -> Lead:
    """Make two leads one on an operator's word; the loser's offer ends, who bought it keeps it.

    :raises LeadClosed: one of them was merged or erased already
    :raises NotTheSameHome: they are one row, or their addresses name different homes
    """
    pair = {
        lead.pk: lead
        for lead in Lead.objects.filter(pk__in=[winner_id, loser_id]).order_by("pk").select_for_update()
    }
    winner, loser = pair[winner_id], pair[loser_id]
    for lead in (winner, loser):
        _require_open(lead)
    if winner == loser or merging.contradict(winner, loser):
        raise NotTheSameHome("These leads do not show one home.")
    audit.record(actor_id=actor_id, action="lead.merged", subject=winner, loser=str(loser_id))
    merging.merge(winner, [loser])
    merging.refresh([winner.pk])
    return winner


@transactions.write
def record_right(
    *,
    source: Source,
    basis: SourceRight.Basis,
    may_list: bool,
    may_value: bool = False,
    may_suppress: bool = False,
    until: datetime | None = None,
    document: str = "",
    terms_version: str = "",
    contact_email: str = "",
    actor_id: int | None = None,
) -> SourceRight:
    """Record the right that is in force from now on; the one before ends now.

    A source that may no longer be listed from loses its offers (``SourceRightLost``).
    """
    now = clock.now()
    current = SourceRight.objects.select_for_update().filter(source=source, during__contains=now).first()
    if current:
        current.during = TimestamptzRange(current.during.lower, now)
        current.save(update_fields=["during"])
    right = SourceRight.objects.create(
        source=source,
        basis=basis,
        may_list=may_list,
        may_value=may_value,
        may_suppress=may_suppress,
        during=TimestamptzRange(now, until),
        document=document,
        terms_version=terms_version,
        contact_email=contact_email,
    )
    audit.record(actor_id=actor_id, action="right.recorded", subject=source, basis=str(basis), may_list=may_list)
    if current and current.may_list and not may_list:
        events.publish(SourceRightLost(source_slug=source.pk))
    if may_list and not (current and current.may_list):
        _reconsider(source)
    return right


def _reconsider(source: Source) -> None:
    """Have every lead of a source put together and judged again, now that its word may be shown."""
    told = Lead.objects.filter(observations__source=source, observations__gone_at=None)
    lead_ids = told.order_by("pk").values_list("pk", flat=True).distinct()
    events.publish(*(LeadChanged(lead_id=lead_id) for lead_id in lead_ids))
