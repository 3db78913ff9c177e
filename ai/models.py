"""Who is asked for what (routes), what may be spent (spend), what was asked (calls), what came back (replies)."""

import uuid
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from ai.purposes import Purpose
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField


class Cents(models.DecimalField):  # type: ignore[type-arg]
    """US cents with six places: a call may cost a thousandth of one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"max_digits": 16, "decimal_places": 6, **options})


class Route(models.Model):
    """One version of who is asked for a purpose, written once; the newest one in force counts."""

    purpose = models.CharField(max_length=20, choices=Purpose)
    name = models.CharField(max_length=60)
    steps = models.JSONField(help_text="[{role, provider, model, parameters}], asked in this order.")
    deadline_seconds = models.PositiveSmallIntegerField(help_text="For the whole question, all steps together.")
    daily_budget_cents = models.PositiveIntegerField()
    monthly_budget_cents = models.PositiveIntegerField()
    max_tokens = models.PositiveIntegerField(
        validators=[MinValueValidator(1)], help_text="The longest answer that is paid for."
    )
    in_force_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="route_purpose_known"),
            models.CheckConstraint(condition=Q(deadline_seconds__gte=1), name="route_has_a_deadline"),
            models.CheckConstraint(condition=Q(max_tokens__gte=1), name="route_has_max_tokens"),
        ]
        indexes = [models.Index(fields=["purpose", "-in_force_at"], name="route_newest")]

    def __str__(self) -> str:
        return self.name


class Spend(models.Model):
    """What a purpose has spent and set aside in one day or one month (UTC). The limit holds by constraint."""

    class Period(models.TextChoices):
        DAY = "day", "Day"
        MONTH = "month", "Month"

    purpose = models.CharField(max_length=20, choices=Purpose)
    period = models.CharField(max_length=5, choices=Period)
    since = models.DateField(help_text="The day, or the first day of the month.")
    reserved_cents = Cents(default=0, help_text="For calls that are under way, at the most they can cost.")
    spent_cents = Cents(default=0)
    limit_cents = Cents(help_text="What was allowed when something was set aside last.")

    class Meta:
        verbose_name_plural = "spend"
        constraints = [
            models.UniqueConstraint(fields=["purpose", "period", "since"], name="one_spend_per_period"),
            models.CheckConstraint(
                condition=Q(reserved_cents__gte=0, spent_cents__gte=0), name="spend_not_negative"
            ),
            models.CheckConstraint(
                condition=Q(limit_cents__gte=F("reserved_cents") + F("spent_cents")), name="spend_within_limit"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.since}"


class ModelCall(models.Model):
    """One call of one provider: written when its cost is set aside, settled once when it is over."""

    class Outcome(models.TextChoices):
        ASKED = "asked", "Under way"
        ANSWERED = "answered", "Answered"
        UNUSABLE = "unusable", "Unusable reply"
        DECLINED = "declined", "Declined by the model"
        REFUSED = "refused", "Refused by the provider"
        BUSY = "busy", "Too many calls"
        FAILED = "failed", "Provider failed"
        TIMED_OUT = "timed_out", "Took too long"
        CUT = "cut", "Broke off"
        LOST = "lost", "Never heard of again"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purpose = models.CharField(max_length=20, choices=Purpose)
    route = models.ForeignKey(
        Route, models.PROTECT, null=True, blank=True, help_text="Empty: the route as shipped."
    )
    role = models.CharField(max_length=60)
    provider = models.CharField(max_length=40)
    model = models.CharField(max_length=120, help_text="Which was asked for.")
    answered_by = models.CharField(max_length=120, blank=True, help_text="Which answered, in the provider's words.")
    prompt = models.CharField(max_length=80, help_text="Name and version.")
    input_hash = models.CharField(max_length=80)
    subject_kind = models.CharField(max_length=30)
    subject_id = models.CharField(max_length=60)
    day = models.DateField(help_text="In whose budget it is counted (UTC).")
    asked_at = models.DateTimeField(db_default=Now())
    give_up_at = models.DateTimeField(help_text="Whoever asked has given up by then.")
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.ASKED)
    daily_budget_cents = models.PositiveIntegerField(help_text="Of its purpose, as it was then.")
    monthly_budget_cents = models.PositiveIntegerField(help_text="Of its purpose, as it was then.")
    reserved_cents = Cents()
    cost_cents = Cents(null=True, blank=True)
    tokens_in = models.PositiveIntegerField(null=True, blank=True)
    tokens_cached = models.PositiveIntegerField(null=True, blank=True, help_text="Of those in.")
    tokens_out = models.PositiveIntegerField(null=True, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(purpose__in=Purpose.values), name="call_purpose_known"),
            models.CheckConstraint(condition=Q(reserved_cents__gte=0), name="call_reserves_something"),
            models.CheckConstraint(
                condition=Q(outcome="asked", settled_at=None, cost_cents=None)
                | ~Q(outcome="asked") & Q(settled_at__isnull=False, cost_cents__gte=0),
                name="call_settled_whole",
            ),
            models.UniqueConstraint(
                fields=["input_hash"], condition=Q(outcome="asked"), name="one_call_per_input_under_way"
            ),
        ]
        indexes = [
            models.Index(fields=["-asked_at"], name="call_newest"),
            models.Index(fields=["day", "purpose", "provider"], name="call_by_day"),
            models.Index(fields=["subject_kind", "subject_id", "-asked_at"], name="call_subject"),
            models.Index(fields=["give_up_at"], name="call_under_way", condition=Q(outcome="asked")),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.provider} {self.asked_at:%Y-%m-%d %H:%M}"


class ModelReply(models.Model):
    """What a provider said, as it said it: personal values are still covered by their tokens. Written once."""

    call = models.OneToOneField(ModelCall, models.CASCADE, related_name="reply")
    input_hash = models.CharField(max_length=80)
    is_usable = models.BooleanField(help_text="Whether the same question is answered by it.")
    raw = EncryptedTextField()
    at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "model replies"
        constraints = [
            models.UniqueConstraint(
                fields=["input_hash"], condition=Q(is_usable=True), name="one_usable_reply_per_input"
            )
        ]

    def __str__(self) -> str:
        return f"reply to {self.call_id}"
