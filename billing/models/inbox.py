"""What providers tell us, each message as it came, once; what comes of it is noted beside it."""

import uuid
from typing import ClassVar, Final

from django.db import models
from django.db.models import Q

from aiqleads.core.clock import Now
from billing.providers.port import ObjectKind

MOST_BYTES: Final = 256 * 1024
"""A longer message is refused before it is read."""


class InboxMessage(models.Model):
    """A verified message, a hint that something happened to one object of a provider's.

    Written once but for what became of it (``migrations``: ``message_is_written_once``). What a provider lists and
    never sent is written here too, without bytes. What it says names buyers: it is emptied in time, or when one of
    them is erased, and the message is worked all the same, as it is the object that is looked at.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        DEAD = "dead", "given up"

    class Kind(models.TextChoices):
        CHECKOUT = "checkout", "checkout"
        PAYMENT = "payment", "payment"
        SETUP = "setup", "way of paying"
        REFUND = "refund", "refund"
        DISPUTE = "dispute", "dispute"
        SUBSCRIPTION = "subscription", "subscription"
        BILL = "bill", "bill"
        OTHER = "other", "nothing of ours"

    WRITTEN_ONCE: ClassVar = (
        "provider", "event_id", "name", "kind", "object_id", "raw", "headers", "occurred_at", "received_at",
    )  # fmt: skip

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    provider = models.CharField(max_length=16)
    event_id = models.CharField(max_length=120)
    name = models.CharField(max_length=80, help_text="The provider's own word.")
    kind = models.CharField(max_length=12, choices=Kind)
    object_id = models.CharField(max_length=120, blank=True)
    raw = models.BinaryField(blank=True, help_text="As it came; empty where the provider listed it later.")
    headers = models.JSONField(default=dict, help_text="Those that its signature stands in.")
    occurred_at = models.DateTimeField(help_text="By the provider's clock.")
    received_at = models.DateTimeField(db_default=Now())
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(db_default=Now(), help_text="Not worked before then.")
    error = models.CharField(max_length=200, blank=True, help_text="Why the last try failed, or nothing was to do.")
    settled_at = models.DateTimeField(null=True, blank=True)
    emptied_at = models.DateTimeField(null=True, blank=True, help_text="Since then what it said is gone.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["provider", "event_id"], name="message_once"),
            models.CheckConstraint(
                condition=Q(emptied_at=None) | Q(raw=b"", headers={}), name="message_says_nothing_once_emptied"
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at=None) | ~Q(state="waiting") & Q(settled_at__isnull=False),
                name="message_is_settled_when_worked",
            ),
        ]
        indexes = [models.Index(fields=["next_at"], condition=Q(state="waiting"), name="message_waits")]

    def __str__(self) -> str:
        return f"{self.provider}: {self.name}"


assert set(InboxMessage.Kind.values) == {kind.value for kind in ObjectKind}  # noqa: S101  (one list of kinds)


class InboxRefusals(models.Model):
    """How many messages that claimed to be a provider's were turned away on one day (UTC), and why. Nothing of them
    is kept."""

    class Why(models.TextChoices):
        FORGED = "forged", "not signed by it"
        STALE = "stale", "signed at another time"
        UNREADABLE = "unreadable", "not understood"

    provider = models.CharField(max_length=16)
    day = models.DateField()
    why = models.CharField(max_length=10, choices=Why)
    count = models.PositiveIntegerField(default=1)

    class Meta:
        verbose_name_plural = "refused messages"
        constraints = [
            models.UniqueConstraint(fields=["provider", "day", "why"], name="refusals_counted_by_day"),
        ]

    def __str__(self) -> str:
        return f"{self.count} {self.get_why_display()}"
