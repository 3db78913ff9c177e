"""What happened on the marketplace. Ids, times and public prices only."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("lead.listed")
class LeadListed(DomainEvent):
    """A lead is offered, anew or again."""

    lead_id: UUID


@dataclass_event("lead.priced")
class LeadPriced(DomainEvent):
    """An offered lead has another list price."""

    lead_id: UUID
    price_credits: int


@dataclass_event("lead.withdrawn")
class ListingWithdrawn(DomainEvent):
    """A lead is no longer offered."""

    lead_id: UUID


@dataclass_event("lead.held")
class LeadHeld(DomainEvent):
    """A lead is held until ``until`` (ISO time); an extension is told the same way."""

    lead_id: UUID
    until: str
    is_extension: bool


@dataclass_event("lead.released")
class LeadReleased(DomainEvent):
    """A hold was given up before its time."""

    lead_id: UUID


@dataclass_event("lead.sold")
class LeadSold(DomainEvent):
    """A copy of a lead was sold."""

    lead_id: UUID
    claim_id: UUID
