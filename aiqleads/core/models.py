"""Facts to deliver (the outbox), facts to answer for (the audit trail), and what somebody has to look at."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q

from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField, KeyedHashField


class NextAuditNumber(Func):
    """The next number of the audit trail."""

    function = "core_next_audit_number"
    template = "%(function)s()"
    output_field = models.BigIntegerField()


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
    """Who did what to which row, when and from where. Append-only by trigger; values that are personal stay out.

    ``number`` is its place in the chain that ``AuditSeal`` seals. Numbers have gaps, and one may be committed
    after a larger one.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    at = models.DateTimeField(db_default=Now())
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.DO_NOTHING, null=True, related_name="+", db_constraint=False
    )
    action = models.CharField(max_length=60)
    subject = models.CharField(max_length=80, help_text="app.model:id")
    details = models.JSONField(default=dict)
    number = models.BigIntegerField(unique=True, editable=False, db_default=NextAuditNumber())
    door = models.CharField(
        max_length=80, blank=True, db_default="", help_text="page, api, admin, task …, command …"
    )
    network = models.CharField(max_length=50, blank=True, db_default="", help_text="Most of the client's address.")
    address_hash = KeyedHashField(
        purpose="origin.address",
        blank=True,
        db_default="",
        stays="The trail is written once; under a key that is gone an address is no longer found.",
    )
    agent = models.CharField(max_length=20, blank=True, db_default="", help_text="The family of their program.")
    request_id = models.CharField(max_length=32, blank=True, db_default="")

    class Meta:
        verbose_name_plural = "audit entries"
        indexes = [
            models.Index(fields=["subject", "at"], name="audit_subject"),
            models.Index(fields=["-at"], name="audit_at"),
            models.Index(fields=["actor", "-at"], name="audit_actor"),
            models.Index(fields=["action", "-at"], name="audit_action"),
            models.Index(fields=["network", "-at"], name="audit_network", condition=~Q(network="")),
            models.Index(fields=["address_hash", "-at"], name="audit_address", condition=~Q(address_hash="")),
            models.Index(fields=["request_id"], name="audit_request", condition=~Q(request_id="")),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.at:%Y-%m-%d %H:%M}"


class AuditSeal(models.Model):
    """A stretch of the audit trail that cannot be changed unnoticed: every entry numbered up to ``last_number``.

    ``sha256`` covers those entries and ``previous_sha256``, which is the seal before it, so that whoever changes
    one row has to change every seal after it, and the newest was told to the log. Append-only by trigger.
    """

    first_number = models.BigIntegerField(
        unique=True, help_text="One more than the last number of the seal before."
    )
    last_number = models.BigIntegerField()
    rows = models.PositiveIntegerField()
    previous_sha256 = models.CharField(max_length=64, unique=True)
    sha256 = models.CharField(max_length=64)
    sealed_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "audit seals"
        constraints = [
            models.CheckConstraint(
                condition=Q(first_number__lte=F("last_number")), name="audit_seal_not_backwards"
            ),
            models.CheckConstraint(
                condition=Q(rows__lte=F("last_number") - F("first_number") + 1), name="audit_seal_rows_in_range"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_number} to {self.last_number}"


class AuditHorizon(models.Model):
    """How far the trail reached at a moment, and what has to be over before nothing below that can still appear.

    One row: only the transactions of ``waits_for`` may still commit an entry numbered up to ``number``.
    It also remembers the newest seal, so that one which is gone from the end of the chain is missed.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField()
    waits_for = ArrayField(models.CharField(max_length=40), default=list, help_text="PostgreSQL's virtual ids.")
    read_at = models.DateTimeField(db_default=Now())
    sealed_number = models.BigIntegerField(default=0)
    sealed_sha256 = models.CharField(max_length=64, default="", blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_audit_horizon")]

    def __str__(self) -> str:
        return f"up to {self.number}"


class StoredReply(models.Model):
    """What an Idempotency-Key was answered, so that the same request again gets it again. Kept for a day."""

    id = models.BigAutoField(primary_key=True)
    actor = models.CharField(max_length=60, help_text="Whose key it is: kind:id")
    key = models.CharField(max_length=80)
    fingerprint = models.CharField(max_length=80)
    status = models.PositiveSmallIntegerField()
    body = EncryptedTextField()
    stored_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "stored replies"
        constraints = [models.UniqueConstraint(fields=["actor", "key"], name="reply_once")]
        indexes = [models.Index(fields=["stored_at"], name="reply_stored")]

    def __str__(self) -> str:
        return f"{self.actor} {self.stored_at:%Y-%m-%d %H:%M}"


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


class KeyRotation(models.Model):
    """How far one column was rewritten under the newest key, so that a rotation that broke off goes on."""

    column = models.CharField(primary_key=True, max_length=120, help_text="app.model.field")
    version = models.PositiveIntegerField()
    last_key = models.CharField(max_length=64, blank=True, default="", help_text="The last row looked at.")
    rewritten = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.column} to {self.version}"
