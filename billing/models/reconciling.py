"""Our books beside the providers': each look, and what differed until a person or the next look closed it."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import User
from aiqleads.core.clock import Now


class Reconciliation(models.Model):
    """One look at one provider's books. The next begins before this one began."""

    provider = models.CharField(max_length=16)
    since = models.DateTimeField(help_text="How far back it looked.")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    missed_events = models.PositiveIntegerField(default=0, help_text="Listed by the provider and never received.")
    movements = models.PositiveIntegerField(default=0, help_text="Lines of our balance there that were compared.")
    differences = models.PositiveIntegerField(default=0, help_text="Open at its end.")
    error = models.CharField(max_length=200, blank=True, help_text="Why it was not finished.")

    class Meta:
        indexes = [models.Index(fields=["provider", "-started_at"], name="reconciled_last")]

    def __str__(self) -> str:
        return f"{self.provider}, {self.started_at:%Y-%m-%d %H:%M}"


class Difference(models.Model):
    """Something that our books and a provider's say differently."""

    class Kind(models.TextChoices):
        MISSING_HERE = "missing_here", "not in our books"
        MISSING_THERE = "missing_there", "not in the provider's books"
        AMOUNT = "amount", "another amount"
        UNEXPLAINED = "unexplained", "a movement of another kind"
        STATE = "state", "another state"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=14, choices=Kind)
    provider = models.CharField(max_length=16)
    object_id = models.CharField(max_length=120, help_text="The provider's, or our row's.")
    ours_cents = models.BigIntegerField()
    theirs_cents = models.BigIntegerField()
    occurred_at = models.DateTimeField(help_text="When the money moved.")
    found_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        User, models.PROTECT, null=True, blank=True, related_name="+", help_text="Nobody: it was gone by itself."
    )
    how = models.CharField(max_length=300, blank=True, help_text="What it was, or how it was mended.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "provider", "object_id"],
                condition=Q(closed_at=None),
                name="difference_open_once",
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, how="") | Q(closed_at__isnull=False) & ~Q(how=""),
                name="difference_is_closed_with_a_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.object_id}"
