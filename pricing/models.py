"""What a lead costs now and why, and the demand that moves it."""

import uuid

from django.db import models
from django.db.models import F, Q

from aiqleads.core.clock import Now
from leads.models import Kind, Lead


class PricePolicy(models.Model):
    """One version of the numbers that an operator sets, written once; the newest one in force prices."""

    name = models.CharField(max_length=60)
    floor_credits = models.PositiveIntegerField(default=4)
    ceiling_credits = models.PositiveIntegerField(default=120)
    base_credits = models.JSONField(default=dict, help_text='{"fsbo": 22, …}; a kind not named costs "other".')
    demand_weight_percent = models.PositiveSmallIntegerField(default=25)
    in_force_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "price policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(floor_credits__gte=1) & Q(floor_credits__lte=F("ceiling_credits")),
                name="policy_floor_below_ceiling",
            )
        ]

    def __str__(self) -> str:
        return self.name


class Demand(models.Model):
    """What buyers did and what was offered in one market over the last fourteen days."""

    zip3 = models.CharField(max_length=3)
    kind = models.CharField(max_length=16, choices=Kind)
    holds = models.PositiveIntegerField(default=0)
    sales = models.PositiveIntegerField(default=0)
    listed = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "demand"
        constraints = [models.UniqueConstraint(fields=["zip3", "kind"], name="demand_once")]

    def __str__(self) -> str:
        return f"{self.kind} in {self.zip3}xx"


class Quote(models.Model):
    """A price with its reasons, written once. The newest is the lead's price."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="quotes")
    price_credits = models.PositiveIntegerField()
    parts = models.JSONField(help_text="[{part, credits, says}], summing to price_credits")
    model_version = models.CharField(max_length=40)
    quoted_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(price_credits__gte=1), name="quote_costs_something")]
        indexes = [models.Index(fields=["lead", "-quoted_at"], name="quote_newest")]

    def __str__(self) -> str:
        return f"{self.price_credits} credits"
