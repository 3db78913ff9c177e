"""The credits ledger: append-only double entry, kept honest by triggers (migration 0002)."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from aiqleads.core.clock import Now


class Account(models.Model):
    """Where credits or US cents lie: an organisation's wallet, or one of the house's accounts."""

    class Unit(models.TextChoices):
        CREDITS = "credits", "credits"
        USD_CENTS = "usd_cents", "US cents"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(
        Organisation, models.PROTECT, null=True, blank=True, related_name="ledger_accounts"
    )
    code = models.CharField(max_length=40, help_text="wallet, or a house account's name")
    unit = models.CharField(max_length=10, choices=Unit)
    balance = models.BigIntegerField(
        default=0, help_text="Kept by a trigger for wallets; house accounts stay 0 here and are summed."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation", "code", "unit"], name="account_once", nulls_distinct=False
            ),
            models.CheckConstraint(condition=Q(balance__gte=0), name="balance_not_negative"),
            models.CheckConstraint(condition=Q(unit__in=["credits", "usd_cents"]), name="account_unit_known"),
        ]

    def __str__(self) -> str:
        return f"{self.organisation or 'house'}: {self.code} ({self.unit})"


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
    amount = models.BigIntegerField()
    balance_after = models.BigIntegerField(null=True, editable=False, help_text="Wallets only; set by trigger.")

    class Meta:
        verbose_name_plural = "entries"
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="entry_moves_something")]
        indexes = [models.Index(fields=["account", "-id"], name="entry_statement")]

    def __str__(self) -> str:
        return f"{self.amount:+d}"
