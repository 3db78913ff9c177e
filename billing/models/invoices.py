"""Whom invoices are made out to, what is taxed, and the invoices themselves, numbered without a gap."""

import uuid
from typing import ClassVar

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from billing.models.payments import Dispute, Payment, Refund


class BillingProfile(models.Model):
    """Whom an organisation's invoices are made out to, where they go, and by which address they are taxed."""

    organisation = models.OneToOneField(
        Organisation, models.PROTECT, primary_key=True, related_name="billing_profile"
    )
    name = models.CharField(max_length=120, help_text="As it stands on invoices: a firm, or a person.")
    email = models.EmailField("e-mail for invoices", blank=True)
    street = models.CharField(max_length=200)
    city = models.CharField(max_length=80)
    region = models.CharField(max_length=40, blank=True, help_text="In the United States the state: TX.")
    postal_code = models.CharField(max_length=16, blank=True)
    country = models.CharField(max_length=2, default="US", help_text="As ISO 3166 writes it: US.")
    tax_id = models.CharField("tax number", max_length=40, blank=True)
    changed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    changed_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="profile_names_a_country"),
            models.CheckConstraint(
                condition=~Q(country="US") | Q(region__regex=r"^[A-Z]{2}$"), name="profile_names_a_state"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """What is added to a price for buyers of one region, or of a whole country, between two days (UTC)."""

    country = models.CharField(max_length=2)
    region = models.CharField(max_length=40, blank=True, help_text="Nothing said: the country's other regions.")
    postal_prefix = models.CharField(
        "postal code",
        max_length=16,
        blank=True,
        help_text="How theirs begin: 787. Nothing said: all.",
    )
    millipercent = models.PositiveSmallIntegerField(help_text="Thousandths of a percent: 8,875 are 8.875 %.")
    label = models.CharField(max_length=60, help_text="As invoices call it: Texas sales tax.")
    valid_from = models.DateField()
    valid_until = models.DateField(null=True, blank=True, help_text="The first day on which it is none any more.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(country__regex=r"^[A-Z]{2}$"), name="tax_rate_of_a_country"),
            models.CheckConstraint(
                condition=Q(millipercent__gt=0, millipercent__lte=30_000), name="tax_rate_within_reason"
            ),
            models.CheckConstraint(
                condition=Q(postal_prefix__regex=r"^[0-9A-Z -]*$"), name="tax_rate_of_postal_codes"
            ),
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gt=F("valid_from")),
                name="tax_rate_ends_after_it_began",
            ),
            ExclusionConstraint(
                name="one_tax_rate_at_a_time",
                expressions=[
                    ("country", RangeOperators.EQUAL),
                    ("region", RangeOperators.EQUAL),
                    ("postal_prefix", RangeOperators.EQUAL),
                    (
                        Func("valid_from", "valid_until", function="daterange", output_field=DateRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]

    def __str__(self) -> str:
        return f"{self.label}, {self.millipercent / 1_000:g} %"


class InvoiceCounter(models.Model):
    """The last number of a year. Whoever posts an invoice holds the row until they commit, so no number is lost."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField()

    def __str__(self) -> str:
        return f"{self.year}: {self.last}"


class Invoice(models.Model):
    """What was paid, given back of it, or did not go back after all, as it was said then: written once, numbered by
    the database. A credit note corrects an invoice, for a refund or a lost dispute; a correction takes a note back.

    ``snapshot`` is ``billing.papers.Paper`` as JSON. Its page is written once, by a task.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "invoice"
        CREDIT_NOTE = "credit_note", "credit note"
        CORRECTION = "correction", "correction"

    DIGITS: ClassVar = 6

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=11, choices=Kind)
    year = models.PositiveSmallIntegerField(editable=False)
    place = models.PositiveIntegerField(editable=False, help_text="Within the year, from one on; by trigger.")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="invoices")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="invoices")
    refund = models.OneToOneField(Refund, models.PROTECT, null=True, blank=True, related_name="credit_note")
    dispute = models.OneToOneField(Dispute, models.PROTECT, null=True, blank=True, related_name="credit_note")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="credit_notes")
    issued_at = models.DateTimeField(db_default=Now())
    snapshot = models.JSONField()
    net_cents = models.PositiveIntegerField()
    tax_cents = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField()
    pdf = models.BinaryField(null=True, blank=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, help_text="Of the page's bytes, in hexadecimal.")
    sent_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["year", "place"], name="invoice_number_once"),
            models.UniqueConstraint(
                fields=["payment"], condition=Q(kind="invoice"), name="payment_is_invoiced_once"
            ),
            models.CheckConstraint(
                condition=Q(kind="invoice", corrects=None, refund=None, dispute=None)
                | Q(kind="credit_note", corrects__isnull=False, refund__isnull=False, dispute=None)
                | Q(kind="credit_note", corrects__isnull=False, refund=None, dispute__isnull=False)
                | Q(kind="correction", corrects__isnull=False, refund=None, dispute=None),
                name="credit_note_corrects_an_invoice",
            ),
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(kind="correction"), name="credit_note_is_taken_back_once"
            ),
            models.CheckConstraint(
                condition=Q(total_cents=F("net_cents") + F("tax_cents"), total_cents__gt=0),
                name="invoice_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(pdf=None, sha256="") | Q(pdf__isnull=False) & ~Q(sha256=""),
                name="invoice_page_has_its_hash",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-year", "-place"], name="invoice_list"),
            models.Index(fields=["issued_at"], condition=Q(sent_at=None), name="invoice_to_send"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def number(self) -> str:
        """As people write it: 2026-000123."""
        return f"{self.year}-{self.place:0{self.DIGITS}}"
