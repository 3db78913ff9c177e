"""Tax that an office reckoned for a payment, and what it was told of it afterwards."""

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from billing.models.invoices import Invoice
from billing.models.payments import Payment


class TaxReckoning(models.Model):
    """What an office said the tax of a payment is, before the payment's page was opened.

    ``parts`` are ``{"says", "cents"}`` of those who levy it; they sum to ``tax_cents``. Once the payment has come
    in the office is told; ``code`` says why it takes no word of it, which a person settles.
    """

    payment = models.OneToOneField(Payment, models.PROTECT, primary_key=True, related_name="tax_reckoning")
    calculation_id = models.CharField(max_length=120, unique=True, help_text="The office's, until it ends.")
    net_cents = models.PositiveIntegerField()
    tax_cents = models.PositiveIntegerField()
    millipercent = models.PositiveIntegerField(help_text="Thousandths of a percent; 0 where no one rate says it.")
    label = models.CharField(max_length=60, blank=True)
    region = models.CharField(max_length=60, blank=True)
    parts = models.JSONField(default=list, blank=True)
    reckoned_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField(null=True, blank=True)
    transaction_id = models.CharField(max_length=120, blank=True, help_text="The office's, once it was told.")
    line_id = models.CharField(max_length=120, blank=True, help_text="Of the transaction's line.")
    reported_at = models.DateTimeField(null=True, blank=True)
    code = models.CharField(max_length=60, blank=True, help_text="Why the office refused to be told.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction_id"], condition=~Q(transaction_id=""), name="tax_is_reported_once"
            ),
            models.CheckConstraint(
                condition=Q(transaction_id="", line_id="", reported_at=None)
                | ~Q(transaction_id="") & ~Q(line_id="") & Q(reported_at__isnull=False, code=""),
                name="tax_reported_has_its_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tax_cents / 100:.2f} USD, {self.region}"


class TaxReversal(models.Model):
    """What an office was told of a credit note: so much of the tax goes back."""

    credit_note = models.OneToOneField(Invoice, models.PROTECT, primary_key=True, related_name="tax_reversal")
    reckoning = models.ForeignKey(TaxReckoning, models.PROTECT, related_name="reversals")
    transaction_id = models.CharField(max_length=120, blank=True)
    reported_at = models.DateTimeField(db_default=Now())
    code = models.CharField(max_length=60, blank=True, help_text="Why the office refused to be told.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["transaction_id"], condition=~Q(transaction_id=""), name="tax_goes_back_once"
            ),
            models.CheckConstraint(
                condition=Q(transaction_id="") & ~Q(code="") | ~Q(transaction_id="") & Q(code=""),
                name="tax_goes_back_or_says_why_not",
            ),
        ]

    def __str__(self) -> str:
        return self.transaction_id or self.code
