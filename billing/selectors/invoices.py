"""Invoices as members and operators read them, and the profile that they are made out to."""

from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet, Sum

from aiqleads.core import keyset
from aiqleads.core.keyset import Ordering, Page
from billing import undoing
from billing.models import BillingProfile, Dispute, Invoice, Payment
from billing.undoing import Portion


def invoices(organisation_id: UUID) -> QuerySet[Invoice]:
    """An organisation's invoices and credit notes, the newest first; without their pages."""
    issued = Invoice.objects.filter(organisation=organisation_id).select_related("corrects")
    return issued.defer("pdf", "corrects__pdf").order_by("-year", "-place")


def invoice_page(organisation_id: UUID, *, cursor: str | None, size: int) -> Page[Invoice]:
    """One page of them.

    :raises keyset.BadCursor: ``cursor`` is not one of ours
    """
    newest = Ordering(field="issued_at", is_descending=True)
    return keyset.page(invoices(organisation_id), ordering=newest, cursor=cursor, size=size)


def find_invoice(organisation_id: UUID, invoice_id: UUID) -> Invoice | None:
    """One of an organisation's invoices; None where it has none of that id."""
    return invoices(organisation_id).filter(pk=invoice_id).first()


def unsent_invoices(*, before: datetime) -> QuerySet[Invoice, UUID]:
    """The ids of what was issued before a moment and that no letter told of, the oldest first; 200 at most."""
    waiting = Invoice.objects.filter(sent_at=None, issued_at__lt=before)
    return waiting.order_by("issued_at").values_list("pk", flat=True)[:200]


def find_billing_profile(organisation_id: UUID) -> BillingProfile | None:
    """Whom an organisation's invoices are made out to; None where nobody said."""
    return BillingProfile.objects.filter(pk=organisation_id).first()


def left_on_paper(payment: Payment) -> Portion:
    """What of a payment's invoice no credit note has given back so far: US cents, and no credits."""
    return _invoiced(payment) - _noted(payment)


def lost_on_paper(dispute: Dispute) -> Portion:
    """What a bank that keeps a payment takes off its invoice: never more than is left of it."""
    whole, gone = _invoiced(dispute.payment), _noted(dispute.payment)
    taken_cents = min(dispute.amount_cents, (whole - gone).total_cents)
    return undoing.of_cents(taken_cents, whole=whole, gone=gone)


def _invoiced(payment: Payment) -> Portion:
    return Portion(amount_credits=0, net_cents=payment.net_cents, tax_cents=payment.tax_cents)


def _noted(payment: Payment) -> Portion:
    """All credit notes of a payment but those that were taken back."""
    notes = Invoice.objects.filter(payment=payment, kind=Invoice.Kind.CREDIT_NOTE, credit_notes=None)
    sums = notes.aggregate(net_cents=Sum("net_cents", default=0), tax_cents=Sum("tax_cents", default=0))
    return Portion(amount_credits=0, **sums)
