"""The ledger: append-only double entry, kept honest by triggers (``migrations/0002_guards`` and ``0004``)."""

import uuid
from typing import ClassVar, Final

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation
from aiqleads.core.clock import Now


class Account(models.Model):
    """Where credits or US cents lie: an organisation's, one of each kind, or one of the house's."""

    class Unit(models.TextChoices):
        CREDITS = "credits", "credits"
        USD_CENTS = "usd_cents", "US cents"

    class Kind(models.TextChoices):
        PAID = "paid", "paid credits"
        GRANTED = "granted", "granted credits"
        REFUND_PENDING = "refund_pending", "refund pending"
        DEBT = "debt", "debt"
        ISSUED = "issued", "credits issued"
        REVENUE = "revenue", "revenue"
        BREAKAGE = "breakage", "breakage"
        CLEARING = "clearing", "clearing"
        UNEARNED = "unearned", "unearned"
        UNEARNED_PLANS = "unearned_plans", "unearned of plans"
        WITHHELD = "withheld", "withheld by disputes"
        TAX = "tax", "tax"
        FEES = "fees", "providers' fees"
        BANK = "bank", "bank"

    OWNED: ClassVar = (Kind.PAID, Kind.GRANTED, Kind.REFUND_PENDING, Kind.DEBT)
    """What an organisation has: what it can spend, what is on its way back to it, and what it owes (below zero)."""
    SPENDABLE: ClassVar = (Kind.PAID, Kind.GRANTED)
    """The accounts that lie in lots."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="ledger_accounts"
    )
    kind = models.CharField(max_length=16, choices=Kind)
    provider = models.CharField(max_length=16, blank=True, help_text="Whose clearing it is; else empty.")
    unit = models.CharField(max_length=10, choices=Unit)
    balance = models.BigIntegerField(
        default=0, help_text="Kept by a trigger for organisations; the house's stay 0 here and are summed."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "kind", "provider", "unit"], name="account_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=Q(balance__gte=0) & ~Q(kind="debt") | Q(balance__lte=0, kind="debt"),
                name="balance_not_negative",
                violation_error_message="Nobody has less than nothing, and a debt is no credit.",
            ),
            models.CheckConstraint(
                condition=Q(
                    organisation__isnull=False,
                    unit="credits",
                    kind__in=["paid", "granted", "refund_pending", "debt"],
                )
                | Q(organisation=None, unit="credits", kind__in=["issued", "revenue", "breakage"])
                | Q(
                    organisation=None,
                    unit="usd_cents",
                    kind__in=[
                        "clearing",
                        "unearned",
                        "unearned_plans",
                        "refund_pending",
                        "withheld",
                        "revenue",
                        "breakage",
                        "tax",
                        "fees",
                        "bank",
                    ],
                ),
                name="account_kind_fits_its_owner",
            ),
            models.CheckConstraint(
                condition=Q(kind="clearing") & ~Q(provider="") | ~Q(kind="clearing") & Q(provider=""),
                name="account_clearing_names_its_provider",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.named} ({self.get_unit_display()})"

    @property
    def named(self) -> str:
        """Whose and what, for people; two accounts of the house may differ in their unit alone."""
        whose = f"{self.get_kind_display()} {self.provider}".strip()
        return f"{self.organisation or 'The house'}: {whose}"


GRANT_DAYS: Final = 365
"""How long credits that were given last, unless it is said otherwise."""


class Lot(models.Model):
    """Credits that came in together: what is left of them, until when, and what was paid for them.

    Entries on an organisation's spendable accounts name their lot, and a trigger keeps ``remaining`` by them. An
    ended lot is written off by the clock; what a return puts back into it lives for another while.
    """

    id = models.BigAutoField(primary_key=True)
    account = models.ForeignKey(Account, models.PROTECT, related_name="lots")
    amount = models.BigIntegerField(help_text="Whole credits that came in.")
    remaining = models.BigIntegerField(default=0, help_text="Whole credits that are left; by trigger.")
    paid_cents = models.BigIntegerField(default=0, help_text="US cents paid for all of it, tax left out.")
    expires_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="lot_holds_something"),
            models.CheckConstraint(
                condition=Q(remaining__gte=0, remaining__lte=F("amount")), name="lot_within_its_amount"
            ),
            models.CheckConstraint(condition=Q(paid_cents__gte=0), name="lot_price_not_negative"),
        ]
        indexes = [
            models.Index(fields=["account", "expires_at", "id"], name="lot_to_spend", condition=Q(remaining__gt=0)),
            models.Index(fields=["expires_at"], name="lot_to_expire", condition=Q(remaining__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.remaining} of {self.amount}"


class Journal(models.Model):
    """One business fact, posted once under its key (``buy:<claim>``, ``grant:<item>:<period>``)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=120, unique=True)
    memo = models.CharField(max_length=200)
    reverses = models.OneToOneField("self", models.PROTECT, null=True, blank=True, related_name="reversal")
    posted_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.key


class Entry(models.Model):
    """One side of a journal. Positive raises the account's balance."""

    id = models.BigAutoField(primary_key=True)
    journal = models.ForeignKey(Journal, models.PROTECT, related_name="entries")
    account = models.ForeignKey(Account, models.PROTECT, related_name="entries")
    lot = models.ForeignKey(Lot, models.PROTECT, null=True, blank=True, related_name="entries")
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(
        null=True, editable=False, help_text="An organisation's accounts alone; set by trigger."
    )

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something")]
        indexes = [models.Index(fields=["account", "-id"], name="entry_statement")]

    def __str__(self) -> str:
        return f"{self.amount:+d}"
