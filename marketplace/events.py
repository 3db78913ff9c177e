"""What happened on the marketplace. Ids, times and public prices only."""

from dataclasses import dataclass
from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass(frozen=True, kw_only=True)
class OfferEvent(DomainEvent):
    """Something that everybody may know of one offered lead."""

    lead_id: UUID


@dataclass_event("member.notified")
class MemberNotified(DomainEvent):
    """A member is told something; a letter may have to leave."""

    notification_id: UUID


@dataclass_event("lead.listed")
class LeadListed(OfferEvent):
    """A lead is offered, anew or again."""


@dataclass_event("lead.priced")
class LeadPriced(OfferEvent):
    """An offered lead has another list price."""

    price_credits: int


@dataclass_event("lead.withdrawn", is_urgent=True)
class ListingWithdrawn(OfferEvent):
    """A lead is no longer offered."""


@dataclass_event("lead.held", is_urgent=True)
class LeadHeld(OfferEvent):
    """A lead is held until ``until`` (ISO time); an extension is told the same way."""

    until: str
    is_extension: bool


@dataclass_event("lead.released", is_urgent=True)
class LeadReleased(OfferEvent):
    """A hold was given up before its time."""


@dataclass_event("lead.queued", is_urgent=True)
class WaitlistMoved(OfferEvent):
    """Somebody joined or left the waitlist of a lead."""


@dataclass_event("lead.returned")
class LeadReturned(OfferEvent):
    """A sold copy came back and was credited; ``ground`` is one of ``return_rules.Reason``."""

    claim_id: UUID
    ground: str


@dataclass_event("lead.sold", is_urgent=True)
class LeadSold(OfferEvent):
    """A copy of a lead was sold."""

    claim_id: UUID
