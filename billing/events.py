"""What billing tells the apps above, and its own letters."""

from uuid import UUID

from aiqleads.core.events import DomainEvent, dataclass_event


@dataclass_event("billing.payment_refunded")
class PaymentRefunded(DomainEvent):
    """Money went back."""

    refund_id: UUID


@dataclass_event("billing.payment_disputed")
class PaymentDisputed(DomainEvent):
    """A buyer's bank took a payment back, or gave it up; ``status`` says which."""

    dispute_id: UUID
    status: str


@dataclass_event("credits.posted", is_urgent=True)
class CreditsPosted(DomainEvent):
    """A payment came in, and an organisation has the credits."""

    organisation_id: UUID
    payment_id: UUID


@dataclass_event("credits.recharged")
class RechargeDone(DomainEvent):
    """A charge without the buyer was paid or declined; its payment says which."""

    organisation_id: UUID
    payment_id: UUID


@dataclass_event("invoice.issued")
class InvoiceIssued(DomainEvent):
    """An invoice or a credit note has its number: its page is drawn, and whom it is made out to is written."""

    invoice_id: UUID


@dataclass_event("recharge.ended")
class RechargeEnded(DomainEvent):
    """Credits are not bought by themselves any more, and nobody asked for that.

    :param why: a sentence
    :param at: an ISO time, which tells one end from another
    """

    organisation_id: UUID
    why: str
    at: str


@dataclass_event("plan.changed")
class PlanChanged(DomainEvent):
    """An organisation's plan began, changed or ended, or stands still; its entitlements say so already."""

    organisation_id: UUID


@dataclass_event("plan.not_begun")
class PlanNotBegun(DomainEvent):
    """A plan was begun at its provider where none could be had, so it ended at once; its owners are to be told."""

    subscription_id: UUID


@dataclass_event("plan.reminder_due")
class PlanReminderDue(DomainEvent):
    """A plan's bill is not paid, and its owners are to be told; ``number`` counts the letters from 1."""

    subscription_id: UUID
    number: int
