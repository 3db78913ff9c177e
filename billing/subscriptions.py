"""Which events this app listens to: its own, to draw invoices and to write of them."""

from aiqleads.core.events import subscribe
from billing import letters, services
from billing.events import InvoiceIssued, PaymentDisputed, PlanNotBegun, PlanReminderDue


def connect() -> None:
    """Subscribe once, when the apps are ready."""
    subscribe(InvoiceIssued, send_invoice)
    subscribe(PlanReminderDue, remind)
    subscribe(PlanNotBegun, tell_of_plan_not_begun)
    subscribe(PaymentDisputed, tell_of_dispute)


def send_invoice(event: InvoiceIssued) -> None:
    """Safe to run twice: a page is kept once, and what was written of is not written of again."""
    services.send_invoice(invoice_id=event.invoice_id)


def remind(event: PlanReminderDue) -> None:
    """A letter may go out twice, never not at all."""
    letters.tell_of_late_bill(subscription_id=event.subscription_id, number=event.number)


def tell_of_plan_not_begun(event: PlanNotBegun) -> None:
    """A letter may go out twice, never not at all."""
    letters.tell_of_plan_not_begun(subscription_id=event.subscription_id)


def tell_of_dispute(event: PaymentDisputed) -> None:
    """A letter may go out twice, never not at all."""
    letters.tell_of_dispute(dispute_id=event.dispute_id, status=event.status)
