"""What happened to a price."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("lead.quoted")
class LeadQuoted(DomainEvent):
    """A lead has a quote, new or confirmed, and may be listed at it."""

    lead_id: UUID
    quote_id: UUID
