"""What the tax office has not been told."""

from django.db.models import QuerySet

from billing.models import Invoice, Payment, TaxReckoning


def taxes_to_report() -> QuerySet[TaxReckoning]:
    """Of payments that came in, the oldest first; what the office refused once is left to a person."""
    paid = TaxReckoning.objects.filter(transaction_id="", code="", payment__status=Payment.Status.PAID)
    return paid.select_related("payment").order_by("payment__paid_at")


def taxes_to_take_back() -> QuerySet[Invoice]:
    """Credit notes of payments whose tax the office was told, the oldest first."""
    notes = Invoice.objects.filter(kind=Invoice.Kind.CREDIT_NOTE, tax_reversal=None)
    reported = notes.exclude(payment__tax_reckoning=None).exclude(payment__tax_reckoning__transaction_id="")
    return reported.select_related("payment__tax_reckoning").defer("pdf").order_by("year", "place")
