"""Leads that may be one home, and leads that became one."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedJSONField
from leads.models.lead import Lead


class DoubtfulPair(models.Model):
    """Two leads that may show one home. What was decided about them is never asked again, nor undone by a crawl."""

    class State(models.TextChoices):
        OPEN = "open", "Waits for a decision"
        SAME = "same", "Same home"
        DIFFERENT = "different", "Different homes"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    first = models.ForeignKey(Lead, models.PROTECT, related_name="+")
    second = models.ForeignKey(Lead, models.PROTECT, related_name="doubts")
    points = models.SmallIntegerField(help_text="Half-bits of evidence; see leads.identity.")
    evidence = models.JSONField(default=list, help_text="[{part, points, field, says}]")
    is_tied = models.BooleanField(
        default=False, help_text="As like as one home, but each resembles a third home that is not the other."
    )
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    found_at = models.DateTimeField(db_default=Now())
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["first", "second"], name="doubted_once"),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="doubtful_pair_in_order"),
        ]
        indexes = [
            models.Index(fields=["-points", "found_at"], name="doubt_queue", condition=Q(state="open")),
        ]

    def __str__(self) -> str:
        return f"{self.points} points"


class Merge(models.Model):
    """One lead that became part of another: what moved and what both were before, so that it can be undone."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    winner = models.ForeignKey(Lead, models.PROTECT, related_name="merges")
    loser = models.ForeignKey(Lead, models.PROTECT, related_name="merges_as_loser")
    merged_at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    evidence = models.JSONField(default=list, help_text="[{part, points, field, says}]")
    observation_ids = ArrayField(models.UUIDField(), default=list, help_text="The sightings that moved.")
    lead_ids = ArrayField(models.UUIDField(), default=list, help_text="Leads merged into the loser before.")
    pair_ids = ArrayField(models.UUIDField(), default=list, help_text="Doubts that the winner took over.")
    before = EncryptedJSONField(null=True, help_text="Both rows as they were.")
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["loser"], name="merged_once", condition=Q(undone_at=None)),
        ]
        indexes = [models.Index(fields=["-merged_at"], name="merge_newest")]

    def __str__(self) -> str:
        return f"{self.merged_at:%Y-%m-%d %H:%M}"
