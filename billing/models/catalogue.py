"""What is sold for money: packs of credits and plans. Each edit is a new version; what was sold keeps its own."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.plans import STARTER
from aiqleads.core.clock import Now


class Offered(models.Model):
    """One version of something on offer; the next one closes it."""

    code = models.SlugField(max_length=40, help_text="The same in every version: pro, credits-100.")
    version = models.PositiveIntegerField(default=1)
    name = models.CharField(max_length=60)
    price_cents = models.PositiveIntegerField(help_text="US cents, tax left out.")
    offered_from = models.DateTimeField(db_default=Now())
    offered_until = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.name} (version {self.version})"


class Pack(Offered):
    """Credits that are bought at once."""

    amount_credits = models.PositiveIntegerField()
    valid_days = models.PositiveIntegerField(null=True, blank=True, help_text="Nothing said: they never end.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="pack_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(offered_until=None), name="pack_offered_in_one_version"
            ),
            models.CheckConstraint(
                condition=Q(amount_credits__gt=0, price_cents__gt=0), name="pack_sells_something"
            ),
            models.CheckConstraint(
                condition=Q(offered_until=None) | Q(offered_until__gte=F("offered_from")),
                name="pack_ends_after_it_began",
            ),
        ]

    @property
    def cents_each(self) -> int:
        """US cents that one of its credits costs, half a cent rounded up."""
        return (2 * self.price_cents + self.amount_credits) // (2 * self.amount_credits)


class Plan(Offered):
    """What an organisation pays for by the month, and what it may do for it: a column an entitlement."""

    STARTER: ClassVar = "starter"
    ENTITLEMENTS: ClassVar = (
        "hold_minutes",
        "cart_minutes",
        "may_extend",
        "live_holds",
        "waitlists",
        "discount_percent",
        "early_minutes",
        "territories",
        "territory_zips",
        "territory_square_miles",
        "seats",
        "standing_orders",
        "api_requests_per_minute",
    )
    """The columns that become ``accounts.Entitlement`` rows, by the same key."""

    monthly_credits = models.PositiveIntegerField(help_text="Given once a period.")
    trial_days = models.PositiveSmallIntegerField(default=0, help_text="Once for each organisation.")
    trial_credits = models.PositiveIntegerField(default=0, help_text="To try it with; they end with the trial.")
    hold_minutes = models.PositiveSmallIntegerField()
    cart_minutes = models.PositiveSmallIntegerField()
    may_extend = models.BooleanField(help_text="Whether a hold can be made longer, up to the end of its cart.")
    live_holds = models.PositiveSmallIntegerField()
    waitlists = models.PositiveSmallIntegerField()
    discount_percent = models.PositiveSmallIntegerField(help_text="Off every list price.")
    early_minutes = models.PositiveSmallIntegerField(help_text="How long before everybody new leads are seen.")
    territories = models.PositiveSmallIntegerField()
    territory_zips = models.PositiveIntegerField()
    territory_square_miles = models.PositiveIntegerField()
    seats = models.PositiveSmallIntegerField()
    standing_orders = models.PositiveSmallIntegerField()
    api_requests_per_minute = models.PositiveIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code", "version"], name="plan_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(offered_until=None), name="plan_offered_in_one_version"
            ),
            models.CheckConstraint(condition=Q(discount_percent__lte=100), name="plan_discount_within_the_price"),
            models.CheckConstraint(
                condition=~Q(code="starter") | Q(price_cents=0, trial_days=0), name="plan_starter_is_free"
            ),
            models.CheckConstraint(
                condition=~Q(code="starter") | Q(offered_until__isnull=False) | Q(monthly_credits=0, **STARTER),
                name="plan_starter_is_the_floor",
            ),
            models.CheckConstraint(
                condition=Q(early_minutes__lte=60, hold_minutes__lte=F("cart_minutes")),
                name="plan_keeps_what_it_says",
            ),
            models.CheckConstraint(
                condition=Q(trial_credits=0) | Q(trial_days__gt=0), name="plan_tries_with_credits_of_a_trial"
            ),
            models.CheckConstraint(condition=Q(seats__gt=0), name="plan_seats_somebody"),
            models.CheckConstraint(
                condition=Q(offered_until=None) | Q(offered_until__gte=F("offered_from")),
                name="plan_ends_after_it_began",
            ),
        ]


class PlanAtProvider(models.Model):
    """A plan's version as one provider knows it."""

    plan = models.ForeignKey(Plan, models.PROTECT, related_name="at_providers")
    provider = models.CharField(max_length=16)
    price_id = models.CharField(max_length=120)

    class Meta:
        verbose_name_plural = "plans at providers"
        constraints = [
            models.UniqueConstraint(fields=["plan", "provider"], name="plan_once_at_a_provider"),
            models.UniqueConstraint(fields=["provider", "price_id"], name="price_is_one_plans"),
        ]

    def __str__(self) -> str:
        return f"{self.plan} at {self.provider}"
