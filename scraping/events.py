"""What happened to a submission. Ids and addresses of our own pages only."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("submission.received", is_urgent=True)
class SubmissionReceived(DomainEvent):
    """Somebody sent a form and has to confirm it. ``site`` is where they did (``https://host``)."""

    submission_id: UUID
    site: str


@dataclass_event("submission.confirmed")
class SubmissionConfirmed(DomainEvent):
    """A submission was confirmed and is a lead now; its sender gets the link to take it back."""

    submission_id: UUID
    site: str


@dataclass_event("submission.code_asked", is_urgent=True)
class PhoneCodeAsked(DomainEvent):
    """Somebody waits for a text message with a code; the sending process makes the code."""

    code_id: UUID
