"""Who has which plan, for which periods, and who has credits bought by themselves."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from billing.models.catalogue import Plan
from billing.models.ledger import Journal


class Subscription(models.Model):
    """An organisation's plan at a provider. Who has none is on Starter."""

    class Status(models.TextChoices):
        INCOMPLETE = "incomplete", "not begun"
        TRIALING = "trialing", "on trial"
        ACTIVE = "active", "active"
        PAST_DUE = "past_due", "past due"
        PAUSED = "paused", "paused"
        ENDED = "ended", "ended"

    LIVE: ClassVar = (Status.TRIALING, Status.ACTIVE, Status.PAST_DUE, Status.PAUSED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="subscriptions")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="subscriptions", help_text="Who began it.")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="subscriptions")
    next_plan = models.ForeignKey(
        Plan, models.PROTECT, null=True, blank=True, related_name="+", help_text="From the next period on."
    )
    consent_url = models.URLField(
        max_length=2_000, blank=True, help_text="The provider's page on which the buyer agrees to the next plan."
    )
    provider = models.CharField(max_length=16)
    checkout_id = models.CharField(max_length=120, blank=True)
    checkout_url = models.URLField(max_length=2_000, blank=True)
    checkout_ends_at = models.DateTimeField(null=True, blank=True)
    subscription_id = models.CharField(max_length=120, blank=True, help_text="The provider's.")
    status = models.CharField(max_length=10, choices=Status, default=Status.INCOMPLETE)
    tax_millipercent = models.PositiveSmallIntegerField(
        default=0, help_text="Of the price, when it was begun, in thousandths of a percent."
    )
    is_trial_granted = models.BooleanField(default=False, help_text="Whether it was begun with a trial.")
    cancels_at_period_end = models.BooleanField(default=False)
    is_frozen = models.BooleanField(default=False, help_text="A payment is disputed: it grants nothing meanwhile.")
    period_start = models.DateTimeField(null=True, blank=True)
    period_end = models.DateTimeField(null=True, blank=True)
    past_due_since = models.DateTimeField(null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0, help_text="Of this time that it is past due.")
    changes = models.PositiveIntegerField(default=0, help_text="Asked of the provider so far; part of each key.")
    created_at = models.DateTimeField(db_default=Now())
    looked_at = models.DateTimeField(null=True, blank=True, help_text="When the provider was last asked.")
    ended_at = models.DateTimeField(null=True, blank=True)
    is_over_there = models.BooleanField(default=False, help_text="The provider bills nothing more for it.")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(status__in=["trialing", "active", "past_due", "paused"]),
                name="subscription_live_once",
            ),
            models.UniqueConstraint(
                fields=["organisation"],
                condition=Q(is_trial_granted=True, period_start__isnull=False),
                name="trial_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "subscription_id"],
                condition=~Q(subscription_id=""),
                name="subscription_once_at_its_provider",
            ),
            models.CheckConstraint(
                condition=Q(consent_url="") | Q(next_plan__isnull=False), name="consent_is_to_a_next_plan"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["trialing", "active", "past_due", "paused"])
                | Q(period_end__gt=F("period_start")) & ~Q(subscription_id=""),
                name="subscription_live_has_a_period",
            ),
            models.CheckConstraint(
                condition=Q(status="past_due", past_due_since__isnull=False)
                | ~Q(status="past_due") & Q(past_due_since=None),
                name="subscription_past_due_since_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False) | ~Q(status="ended") & Q(ended_at=None),
                name="subscription_ended_at_a_moment",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.name}, {self.get_status_display()}"


class SubscriptionPeriod(models.Model):
    """A period that was paid for or tried, whose credits are given once."""

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="periods")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="periods")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    granted = models.OneToOneField(
        Journal, models.PROTECT, null=True, blank=True, related_name="subscription_period"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "starts_at"], name="period_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_ends_after_it_began"),
        ]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} to {self.ends_at:%Y-%m-%d}"


class Bill(models.Model):
    """A provider's bill of a subscription as it was last seen: for a period, or for what an upgrade costs."""

    class Status(models.TextChoices):
        OPEN = "open", "open"
        PAID = "paid", "paid"
        VOID = "void", "called off"

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="bills")
    bill_id = models.CharField(max_length=120, help_text="The provider's.")
    plan = models.ForeignKey(Plan, models.PROTECT, related_name="bills")
    is_upgrade = models.BooleanField(default=False, help_text="Whether it is for a change within a period.")
    status = models.CharField(max_length=4, choices=Status, default=Status.OPEN)
    net_cents = models.PositiveIntegerField()
    tax_cents = models.PositiveIntegerField(default=0)
    starts_at = models.DateTimeField(help_text="Of the time that it is for.")
    ends_at = models.DateTimeField()
    attempts = models.PositiveSmallIntegerField(default=0, help_text="How often the provider tried to collect it.")
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    pay_url = models.URLField(max_length=2_000, blank=True, help_text="The provider's page to pay it on.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "bill_id"], name="bill_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="bill_is_of_some_time"),
        ]

    def __str__(self) -> str:
        return f"{self.total_cents / 100:.2f} USD, {self.get_status_display()}"

    @property
    def total_cents(self) -> int:
        """US cents, tax included."""
        return self.net_cents + self.tax_cents


class PlanChange(models.Model):
    """What was asked of a provider about a subscription: written before it is asked, closed by its answer."""

    class Kind(models.TextChoices):
        UPGRADE = "upgrade", "larger plan now"
        DOWNGRADE = "downgrade", "another plan with the next period"
        CANCEL = "cancel", "end with the period"
        RESUME = "resume", "go on"
        PAUSE = "pause", "pause"
        END = "end", "end now"

    class Status(models.TextChoices):
        ASKED = "asked", "asked"
        DONE = "done", "done"
        REFUSED = "refused", "refused"

    subscription = models.ForeignKey(Subscription, models.PROTECT, related_name="plan_changes")
    number = models.PositiveIntegerField(help_text="Makes the provider's idempotency key with the subscription.")
    kind = models.CharField(max_length=9, choices=Kind)
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, blank=True, related_name="+")
    member = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+", help_text="Nobody: by the clock."
    )
    status = models.CharField(max_length=7, choices=Status, default=Status.ASKED)
    says = models.CharField(max_length=300, blank=True, help_text="Why it was refused.")
    asked_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["subscription", "number"], name="plan_change_once"),
            models.UniqueConstraint(
                fields=["subscription"], condition=Q(status="asked"), name="plan_change_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(status="asked", closed_at=None) | ~Q(status="asked") & Q(closed_at__isnull=False),
                name="plan_change_closed_at_a_moment",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["upgrade", "downgrade"], plan__isnull=False)
                | ~Q(kind__in=["upgrade", "downgrade"]) & Q(plan=None),
                name="plan_change_names_its_plan",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}, {self.get_status_display()}"


class AutoRecharge(models.Model):
    """A standing permission to buy a pack whenever the balance falls: off until somebody says yes to its text."""

    organisation = models.OneToOneField(Organisation, models.PROTECT, related_name="auto_recharge")
    provider = models.CharField(max_length=16)
    pack_code = models.SlugField(max_length=40)
    agreed_cents = models.PositiveIntegerField(default=0, help_text="The pack's price, tax left out; at most that.")
    below_credits = models.PositiveIntegerField(help_text="A pack is bought when the balance falls below.")
    most_a_day = models.PositiveSmallIntegerField(default=1, help_text="Packs within 24 hours.")
    is_on = models.BooleanField(default=False)
    consented_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_version = models.CharField(max_length=20, blank=True, help_text="Of the text that was shown.")
    declines = models.PositiveSmallIntegerField(default=0, help_text="In a row; two turn it off.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_on=False)
                | Q(consented_by__isnull=False, consented_at__isnull=False) & ~Q(consent_version=""),
                name="recharge_was_agreed_to",
            ),
            models.CheckConstraint(condition=Q(most_a_day__gt=0, most_a_day__lte=10), name="recharge_within_a_day"),
            models.CheckConstraint(
                condition=Q(is_on=False) | Q(declines__lt=2), name="recharge_ends_with_two_declines"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.pack_code} below {self.below_credits}"
