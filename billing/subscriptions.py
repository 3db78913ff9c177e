"""Which events this app listens to: its own, to draw invoices and to write of them."""

from aiqleads.core.events import subscribe
from billing import services
from billing.events import InvoiceIssued


def connect() -> None:
    """Subscribe once, when the apps are ready."""
    subscribe(InvoiceIssued, send_invoice)


def send_invoice(event: InvoiceIssued) -> None:
    """Safe to run twice: a page is kept once, and what was written of is not written of again."""
    services.send_invoice(invoice_id=event.invoice_id)
