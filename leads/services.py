"""Public writes about leads and sources; the larger ones, as ``record_right``, have modules of their own."""

from typing import Final
from uuid import UUID

from aiqleads.core import audit, events, transactions
from leads import doubts, merging
from leads.advert_texts import look_at_adverts
from leads.assessment import assess_lead, assess_leads
from leads.cleaning import clean_by_models
from leads.corrections import correct_lead, take_back_correction
from leads.departures import Unmet, end_offer, find_unlisted, find_unmet, mark_gone, mark_unmet, meet_again
from leads.errors import LeadClosed
from leads.events import LeadChanged, LeadWithdrawn
from leads.held import hold_sightings, release_sightings
from leads.images import note_images, note_looks
from leads.ingest import Ingested, ingest, ingest_many
from leads.judging import replay, set_judging_policy
from leads.models import DoubtfulPair, Lead
from leads.reading_by_models import read_by_models
from leads.readings import erase_readings
from leads.revisits import see_again
from leads.rights import record_right
from leads.sources import add_source, edit_source, pause_source
from leads.undoing import undo_merge

__all__ = [
    "Ingested",
    "Unmet",
    "add_source",
    "approve_lead",
    "assess_lead",
    "assess_leads",
    "clean_by_models",
    "correct_lead",
    "edit_source",
    "end_offer",
    "erase_readings",
    "find_unlisted",
    "find_unmet",
    "hold_sightings",
    "ingest",
    "ingest_many",
    "keep_apart",
    "look_at_adverts",
    "mark_gone",
    "mark_unmet",
    "meet_again",
    "merge_leads",
    "note_images",
    "note_looks",
    "pause_source",
    "read_by_models",
    "record_right",
    "reject_lead",
    "release_sightings",
    "replay",
    "see_again",
    "set_judging_policy",
    "take_back_correction",
    "undo_merge",
    "withdraw_lead",
]

REASON_CHARACTERS: Final = 200


@transactions.write
def approve_lead(*, lead_id: UUID, actor_id: int, reason: str = "") -> Lead:
    """Let a lead pass on an operator's word; later scores do not undo it.

    :param reason: kept in the audit trail alone
    :raises LeadClosed: it was merged or erased
    """
    lead = _decide(lead_id, actor_id, Lead.State.ACTIVE, "", "lead.approved", audited_reason=reason)
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


def _decide(
    lead_id: UUID, actor_id: int | None, state: Lead.State, reason: str, action: str, *, audited_reason: str = ""
) -> Lead:
    lead = Lead.objects.select_for_update().get(pk=lead_id)
    _require_open(lead)
    audit.record(
        actor_id=actor_id,
        action=action,
        subject=lead,
        before=lead.state,
        after=str(state),
        reason=audited_reason or reason,
    )
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
    leads = Lead.objects.filter(pk__in=[winner_id, loser_id]).order_by("pk").select_for_update()
    found = {lead.pk: lead for lead in leads}
    winner, loser = found[winner_id], found[loser_id]
    for lead in (winner, loser):
        _require_open(lead)
    merging.require_pair(winner, loser)
    audit.record(actor_id=actor_id, action="lead.merged", subject=winner, loser=str(loser_id))
    pair = doubts.decide(winner_id, loser_id, state=DoubtfulPair.State.SAME, actor_id=actor_id)
    merging.merge(winner, [loser], actor_id=actor_id, evidence=doubts.evidence_of(pair))
    merging.refresh([winner.pk])
    return winner


@transactions.write
def keep_apart(*, one_id: UUID, other_id: UUID, actor_id: int) -> None:
    """Note on an operator's word that two leads are different homes: they are not asked about nor merged again.

    :raises LeadClosed: one of them was merged or erased in the meantime
    """
    leads = Lead.objects.filter(pk__in=[one_id, other_id]).order_by("pk").select_for_update()
    for lead in leads:
        _require_open(lead)
    pair = doubts.decide(one_id, other_id, state=DoubtfulPair.State.DIFFERENT, actor_id=actor_id)
    audit.record(actor_id=actor_id, action="leads.kept_apart", subject=pair, leads=[str(one_id), str(other_id)])
    events.publish(*(LeadChanged(lead_id=lead.pk) for lead in leads))
