"""What the tax office has not been told."""

from django.db.models import Exists, OuterRef, QuerySet

from billing.models import Invoice, Payment, TaxReckoning


def taxes_to_report() -> QuerySet[TaxReckoning]:
    """Of payments that came in, the oldest first; what the office refused once is left to a person."""
    paid = TaxReckoning.objects.filter(transaction_id="", code="", payment__status=Payment.Status.PAID)
    return paid.select_related("payment").order_by("payment__paid_at")


def taxes_to_take_back() -> QuerySet[Invoice]:
    """Credit notes of payments whose tax the office was told, the oldest first; none that was taken back before."""
    taken_back = Invoice.objects.filter(kind=Invoice.Kind.CORRECTION, corrects=OuterRef("pk"))
    notes = Invoice.objects.filter(~Exists(taken_back), kind=Invoice.Kind.CREDIT_NOTE, tax_reversal=None)
    reported = notes.exclude(payment__tax_reckoning=None).exclude(payment__tax_reckoning__transaction_id="")
    return reported.select_related("payment__tax_reckoning").defer("pdf").order_by("year", "place")


def corrections_of_told_notes() -> QuerySet[Invoice]:
    """Corrections of credit notes that the office was told of, the oldest first."""
    corrections = Invoice.objects.filter(kind=Invoice.Kind.CORRECTION).exclude(corrects__tax_reversal=None)
    told = corrections.exclude(corrects__tax_reversal__transaction_id="")
    return told.defer("pdf").order_by("year", "place")
