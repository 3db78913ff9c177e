"""What happened to a lead. Ids and closed words only."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("lead.changed")
class LeadChanged(DomainEvent):
    """A lead's facts or sightings changed, so it has to be checked and scored again."""

    lead_id: UUID


@dataclass_event("lead.scored")
class LeadScored(DomainEvent):
    """A lead has a new score; ``verdict`` is pass, review or reject."""

    lead_id: UUID
    verdict: str


@dataclass_event("lead.lost")
class LeadWithdrawn(DomainEvent):
    """A lead is no longer one: gone, rejected, with an agent, its right lost. ``reason`` is shown to buyers."""

    lead_id: UUID
    reason: str


@dataclass_event("leads.merged")
class LeadsMerged(DomainEvent):
    """Two leads proved to be one home."""

    winner_id: UUID
    loser_id: UUID


@dataclass_event("lead.erased")
class LeadErased(DomainEvent):
    """A lead was deleted at its owner's request; whoever keeps anything of it follows."""

    lead_id: UUID


@dataclass_event("lead.outcome_marked")
class OutcomeMarked(DomainEvent):
    """A buyer marked what became of a lead: contacted, appointment, listed or lost. Scoring learns from it."""

    lead_id: UUID
    sale_id: UUID
    status: str


@dataclass_event("lead.owner_objected")
class OwnerObjected(DomainEvent):
    """The owner of a lead asked not to be contacted: whoever keeps suppressions adds them."""

    lead_id: UUID


@dataclass_event("lead.owner_corrected")
class OwnerCorrected(DomainEvent):
    """The owner of a lead put something right; whoever holds or bought it is told.

    ``fields`` are of a closed list (``accounts.forms.privacy.CORRECTED``).
    """

    lead_id: UUID
    observation_id: UUID
    fields: list[str]


@dataclass_event("source.right_lost")
class SourceRightLost(DomainEvent):
    """A source may no longer be listed from."""

    source_slug: str
