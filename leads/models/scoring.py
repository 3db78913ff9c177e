"""Models that give leads their quality, what they would have said, and what they learn from."""

import uuid

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from leads.models.judging import Score
from leads.models.kinds import Tier
from leads.models.lead import Lead


class ScoringModel(models.Model):
    """A table of points that was learnt from outcomes. Everything but its state is written once.

    Without one in force the scorecard of ``leads.scoring.scorecard`` counts.
    """

    class State(models.TextChoices):
        CANDIDATE = "candidate", "Candidate"
        SHADOW = "shadow", "In the shadow"
        IN_FORCE = "in_force", "In force"
        RETIRED = "retired", "Retired"

    class Parity(models.TextChoices):
        WITHIN = "within", "Within"
        OUTSIDE = "outside", "Outside"
        UNKNOWN = "unknown", "Unknown"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.CharField(max_length=40, help_text="What scores are stamped with: trained-1.")
    state = models.CharField(max_length=9, choices=State, default=State.CANDIDATE)
    scorecard = models.JSONField(help_text="{features, start, points, unknown, likelihood}")
    report = models.JSONField(help_text="How it was measured: see docs/subsystems/scoring.md.")
    parity = models.CharField(max_length=7, choices=Parity)
    is_simulated = models.BooleanField(default=False, help_text="Learnt from outcomes that were made up.")
    kept_because = models.CharField(
        max_length=500, blank=True, help_text="Why it did not come into force by itself; empty where it did."
    )
    trained_at = models.DateTimeField(db_default=Now())
    in_force_at = models.DateTimeField(null=True, blank=True, help_text="The last time it came into force.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version"], name="scoring_model_version_once"),
            models.UniqueConstraint(
                fields=["state"], condition=Q(state="in_force"), name="scoring_model_one_in_force"
            ),
            models.UniqueConstraint(fields=["state"], condition=Q(state="shadow"), name="scoring_model_one_shadow"),
            models.CheckConstraint(
                condition=~Q(state="in_force") | Q(parity="within"), name="scoring_model_in_force_within_parity"
            ),
            models.CheckConstraint(
                condition=Q(is_simulated=False) | Q(state="candidate"), name="scoring_model_simulated_stays_out"
            ),
        ]

    def __str__(self) -> str:
        return self.version


class ShadowScore(models.Model):
    """What the model in the shadow made of the facts that a score was made from. Written once."""

    score = models.OneToOneField(Score, models.PROTECT, primary_key=True, related_name="shadow")
    model = models.ForeignKey(ScoringModel, models.PROTECT, related_name="shadow_scores")
    quality_score = models.PositiveSmallIntegerField()
    tier = models.CharField(max_length=8, choices=Tier)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(quality_score__range=(0, 100)), name="shadow_score_in_range")
        ]

    def __str__(self) -> str:
        return f"{self.quality_score}/100 by {self.model_id}"


class Sale(models.Model):
    """What scoring knows of a sale: on which score it was sold, and whether it came back. Selling lies above."""

    id = models.UUIDField(primary_key=True, editable=False, help_text="The purchase's.")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="sales")
    score = models.ForeignKey(
        Score, models.PROTECT, null=True, blank=True, related_name="+", help_text="What the buyer read."
    )
    sold_at = models.DateTimeField()
    returned_at = models.DateTimeField(null=True, blank=True)
    ground = models.CharField(max_length=20, blank=True, help_text="Why it came back.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(returned_at__isnull=True, ground="") | Q(returned_at__isnull=False) & ~Q(ground=""),
                name="sale_returned_on_a_ground",
            )
        ]
        indexes = [models.Index(fields=["sold_at"], name="sale_in_order")]

    def __str__(self) -> str:
        return f"sale of {self.sold_at:%Y-%m-%d}"


class TierRecord(models.Model):
    """What became of the leads of a tier that were sold within a year: a stored query, refreshed daily."""

    tier = models.CharField(max_length=8, choices=Tier, primary_key=True)
    told = models.PositiveIntegerField(help_text="Sales whose buyers told what became of them, or gave them back.")
    reached = models.PositiveIntegerField(help_text="Of these, where the owner was reached.")
    listed = models.PositiveIntegerField(help_text="Of these, where the buyer listed the home.")
    measured_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "leads_tierrecord"

    def __str__(self) -> str:
        return f"{self.reached} of {self.told}"


class SaleOutcome(models.Model):
    """Each sale with what its buyer's words come to: a view that training and claims share."""

    sale = models.OneToOneField(Sale, models.DO_NOTHING, primary_key=True, related_name="came_to")
    is_told = models.BooleanField(help_text="Whether anybody knows: it was marked, or it came back.")
    is_reached = models.BooleanField()
    is_listed = models.BooleanField()

    class Meta:
        managed = False
        db_table = "leads_saleoutcome"

    def __str__(self) -> str:
        return "reached" if self.is_reached else "not reached"
