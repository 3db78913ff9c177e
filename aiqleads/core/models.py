"""Facts to deliver (the outbox), facts to answer for (the audit trail), and what somebody has to look at."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F

from aiqleads.core.clock import Now


class OutboxEvent(models.Model):
    """A domain event, written in the transaction that made it true. Payloads hold ids, never personal values."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=60)
    payload = models.JSONField()
    is_urgent = models.BooleanField(db_default=False, help_text="Somebody waits for it: delivered before the rest.")
    created_at = models.DateTimeField(db_default=Now())
    delivered_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    retry_at = models.DateTimeField(db_default=Now())
    last_error = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [
            models.Index(F("is_urgent").desc(), "id", name="outbox_due", condition=models.Q(delivered_at=None))
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class AuditEntry(models.Model):
    """Who did what to which row, and when. Append-only by trigger; values that are personal stay out."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="app.model:id")
    details = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject"),
            models.Index(fields=["-at"], name="audit_at"),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class Alert(models.Model):
    """Something that an operator has to look at. At most one is open per key; a closed one is kept."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    key = models.CharField(max_length=160, help_text="What it is about, as area.fact:row")
    says = models.CharField(max_length=300)
    subject = models.CharField(max_length=80, blank=True, help_text="app.model:id")
    times = models.PositiveIntegerField(default=1, help_text="How often it was noticed while it was open.")
    opened_at = models.DateTimeField(db_default=Now())
    noticed_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)
    mailed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["key"], condition=models.Q(closed_at=None), name="one_open_alert_per_key"
            )
        ]
        indexes = [models.Index(fields=["-opened_at"], name="alert_newest")]

    def __str__(self) -> str:
        return self.says
