"""Credits that operators give or take: one asks, another confirms."""

import uuid
from typing import Final

from django.db import models
from django.db.models import F, Q

from accounts.models import Organisation, User
from aiqleads.core.clock import Now
from billing.models.ledger import Journal

MOST_CREDITS: Final = 5_000
"""What one adjustment moves at most, either way."""


class Adjustment(models.Model):
    """What one operator asked for, and what another made of it. Posted once, when it is confirmed."""

    class Kind(models.TextChoices):
        GOODWILL = "goodwill", "goodwill"
        CORRECTION = "correction", "correction"

    class State(models.TextChoices):
        WAITING = "waiting", "waiting for another operator"
        CONFIRMED = "confirmed", "confirmed"
        REFUSED = "refused", "refused"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="adjustments")
    kind = models.CharField(max_length=10, choices=Kind)
    amount_credits = models.IntegerField(help_text="Whole credits; below zero they are taken.")
    reason = models.CharField(max_length=150, help_text="The organisation reads it in its ledger.")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    asked_by = models.ForeignKey(User, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, blank=True, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    why = models.CharField("why it was refused", max_length=150, blank=True)
    journal = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="adjustment")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_credits__gte=-MOST_CREDITS, amount_credits__lte=MOST_CREDITS)
                & ~Q(amount_credits=0),
                name="adjustment_within_its_limit",
            ),
            models.CheckConstraint(
                condition=Q(kind="correction") | Q(kind="goodwill", amount_credits__gt=0),
                name="adjustment_of_goodwill_gives",
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="adjustment_says_why"),
            models.CheckConstraint(
                condition=Q(state="waiting", decided_by=None, decided_at=None)
                | Q(state__in=["confirmed", "refused"], decided_by__isnull=False, decided_at__isnull=False),
                name="adjustment_is_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=~Q(state="confirmed") | ~Q(decided_by=F("asked_by")),
                name="adjustment_takes_two_people",
            ),
            models.CheckConstraint(
                condition=Q(state="confirmed", journal__isnull=False) | ~Q(state="confirmed") & Q(journal=None),
                name="adjustment_is_posted_when_confirmed",
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at"], name="adjustment_list"),
        ]

    def __str__(self) -> str:
        return f"{self.amount_credits:+,} credits, {self.get_state_display()}"
