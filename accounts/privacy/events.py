"""What happened to privacy requests. Ids alone."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("privacy_request.received", is_urgent=True)
class PrivacyRequestReceived(DomainEvent):
    """Somebody asked something about their data, or asked the very same again: they are written to."""

    request_id: UUID


@dataclass_event("privacy_request.ready")
class PrivacyRequestReady(DomainEvent):
    """A request can be carried out: it is clear enough who asks."""

    request_id: UUID


@dataclass_event("privacy_request.moved")
class PrivacyRequestMoved(DomainEvent):
    """A request came a step further, and its person is written to; ``step`` is a state or ``extended``."""

    request_id: UUID
    step: str


@dataclass_event("privacy_request.code_asked", is_urgent=True)
class IdentityCodeAsked(DomainEvent):
    """Somebody waits for a code that proves who they are; the sending process looks whether we hold the address."""

    code_id: UUID


@dataclass_event("buyer.report_decided")
class BuyerReportDecided(DomainEvent):
    """What was decided about a reported buyer; they hear of it."""

    reported_id: UUID


@dataclass_event("contact.recalled")
class ContactRecalled(DomainEvent):
    """An organisation may not have the contact of a lead any more: what is still on its way is called back."""

    lead_id: UUID
    organisation_id: UUID
