"""How good a lead is and how likely a fraud, by which thresholds."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from leads.models.kinds import Tier
from leads.models.lead import Lead


class JudgingPolicy(models.Model):
    """One version of the thresholds that an operator sets, written once; the newest one in force judges."""

    name = models.CharField(max_length=60)
    review_from = models.PositiveSmallIntegerField(default=40, help_text="From this fraud score on a lead waits.")
    reject_from = models.PositiveSmallIntegerField(default=70, help_text="From this fraud score on it is rejected.")
    weights = models.JSONField(
        default=dict, help_text='{"text": 100, …} in percent; a part not named counts whole.'
    )
    in_force_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name, verbose_name_plural = "thresholds", "thresholds"
        constraints = [
            models.CheckConstraint(
                condition=Q(review_from__gte=1) & Q(review_from__lte=models.F("reject_from")),
                name="judging_review_before_reject",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Score(models.Model):
    """How good a lead is and how likely a fraud, with the reasons. The newest counts; written once."""

    class Verdict(models.TextChoices):
        PASS = "pass", "Pass"
        REVIEW = "review", "Review"
        REJECT = "reject", "Reject"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="scores")
    quality_score = models.PositiveSmallIntegerField()
    fraud_score = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=8, choices=Tier)
    verdict = models.CharField(max_length=6, choices=Verdict)
    model_version = models.CharField(max_length=40)
    quality_evidence = models.JSONField(help_text="[{part, points, field, says}]")
    fraud_evidence = models.JSONField(help_text="[{part, points, field, says}]")
    observation_ids = ArrayField(models.UUIDField(), default=list)
    policy = models.ForeignKey(
        JudgingPolicy, models.PROTECT, null=True, blank=True, help_text="Empty: the thresholds as shipped."
    )
    facts = models.JSONField(null=True, blank=True, help_text="What was judged, without names and texts.")
    scored_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(quality_score__range=(0, 100), fraud_score__range=(0, 100)),
                name="scores_in_range",
            )
        ]
        indexes = [
            models.Index(fields=["lead", "-scored_at"], name="score_newest"),
            models.Index(fields=["-scored_at"], name="score_recent"),
        ]

    def __str__(self) -> str:
        return f"{self.quality_score}/100 for {self.lead}"
