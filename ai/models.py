"""Who is asked for what (routes), what may be spent (spend), what was asked (calls), what came back (replies)."""

import uuid
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q

from ai.purposes import Purpose
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField, KeyedHashField


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
        verbose_name = "model route"
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
        verbose_name, verbose_name_plural = "model spend", "model spend"
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
    input_hash = KeyedHashField(stays="Tells which question it was, for as long as it is under way.")
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
        return f"{self.get_purpose_display()}, {self.provider}, {self.asked_at:%Y-%m-%d %H:%M}"


class ModelReply(models.Model):
    """What a provider said, as it said it: personal values are still covered by their tokens. Written once."""

    call = models.OneToOneField(ModelCall, models.CASCADE, related_name="reply")
    input_hash = KeyedHashField(stays="The same question is paid for once more.")
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


class BatchJob(models.Model):
    """Questions that were handed to a provider together, to be answered within a day at a lower price."""

    class State(models.TextChoices):
        SENDING = "sending", "Being sent"
        SENT = "sent", "With the provider"
        OVER = "over", "Collected"
        FAILED = "failed", "Not taken"
        LOST = "lost", "Never heard of again"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=40)
    state = models.CharField(max_length=10, choices=State, default=State.SENDING)
    batch_id = models.CharField(max_length=120, blank=True, help_text="What the provider calls it.")
    file_id = models.CharField(max_length=120, blank=True, help_text="The questions, as the provider keeps them.")
    questions = models.PositiveIntegerField(default=0)
    made_at = models.DateTimeField(db_default=Now())
    over_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "model batch"
        verbose_name_plural = "model batches"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["sending", "sent"], over_at=None)
                | Q(state__in=["over", "failed", "lost"], over_at__isnull=False),
                name="batch_over_or_not",
            ),
            models.CheckConstraint(
                condition=~Q(state="sent") | ~Q(batch_id="") & ~Q(file_id=""), name="sent_batch_has_a_name"
            ),
        ]
        indexes = [
            models.Index(fields=["made_at"], name="batch_under_way", condition=Q(state__in=["sending", "sent"]))
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.made_at:%Y-%m-%d %H:%M}"


class WaitingQuestion(models.Model):
    """A question that can wait. What it asks is made from its subject when it is sent, and when it is answered."""

    kind = models.CharField(max_length=40, help_text="Whose question it is, as ai.waiting knows it.")
    subject_id = models.CharField(max_length=60)
    queued_at = models.DateTimeField(db_default=Now())
    tries = models.PositiveSmallIntegerField(default=0, help_text="How often no answer came.")
    job = models.ForeignKey(BatchJob, models.PROTECT, null=True, blank=True, related_name="waiting")
    call = models.OneToOneField(ModelCall, models.PROTECT, null=True, blank=True, related_name="waiting")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "subject_id"], name="a_subject_waits_once"),
            models.CheckConstraint(
                condition=Q(job=None, call=None) | Q(job__isnull=False, call__isnull=False),
                name="waits_or_is_with_a_provider",
            ),
        ]
        indexes = [models.Index(fields=["queued_at"], name="waiting_oldest", condition=Q(job=None))]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"
