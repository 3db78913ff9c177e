"""What is sent to whom, and each try at it. No personal value: what is sent is read at the moment of sending."""

import json
import uuid
from datetime import datetime

from django.db import models
from django.db.models import Q

from accounts.models import Organisation
from aiqleads.core.clock import Now
from marketplace.models.purchases import Purchase
from marketplace.models.receivers import DeliveryEvent, Receiver
from marketplace.querysets import DeliveryQuerySet


class Delivery(models.Model):
    """One fact on its way to one receiver. Its id is what the receiver knows it by, at every try and replay.

    ``key`` names the fact, so that it is queued once per receiver. ``tries`` counts those since ``round_at``, when
    it was queued or replayed; ``facts`` hold ids and public figures.
    """

    class Channel(models.TextChoices):
        IN_APP = "in_app", "Here"
        EMAIL = "email", "E-mail"
        WEBHOOK = "webhook", "Webhook"
        FOLLOW_UP_BOSS = "follow_up_boss", "Follow Up Boss"

    class State(models.TextChoices):
        WAITING = "waiting", "On its way"
        DELIVERED = "delivered", "Delivered"
        DEAD = "dead", "Given up"
        CANCELLED = "cancelled", "Cancelled"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+")
    purchase = models.ForeignKey(Purchase, models.PROTECT, null=True, related_name="deliveries")
    channel = models.CharField(max_length=16, choices=Channel)
    receiver = models.ForeignKey(Receiver, models.PROTECT, null=True, related_name="deliveries", db_index=False)
    event = models.CharField(max_length=24, choices=DeliveryEvent)
    key = models.CharField(max_length=120)
    facts = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    why = models.CharField(max_length=120, blank=True, help_text="Why it was given up or cancelled.")
    tries = models.PositiveSmallIntegerField(default=0)
    shape = models.JSONField(null=True, help_text="What was sent last: its fields and their kinds, no value.")
    made_at = models.DateTimeField(db_default=Now())
    round_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    settled_at = models.DateTimeField(null=True)

    made = 0  # looked up when it is taken: the number of its last try

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["key", "channel", "receiver"], nulls_distinct=False, name="delivery_queued_once"
            ),
            models.CheckConstraint(
                condition=Q(channel__in=["in_app", "email"], receiver=None)
                | Q(channel__in=["webhook", "follow_up_boss"], receiver__isnull=False),
                name="delivery_has_its_receiver",
            ),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at=None)
                | Q(state__in=["delivered", "dead", "cancelled"], settled_at__isnull=False),
                name="delivery_settled_or_waiting",
            ),
        ]
        indexes = [
            models.Index(fields=["receiver", "due_at"], condition=Q(state="waiting"), name="delivery_due"),
            models.Index(fields=["receiver", "-made_at", "-id"], name="delivery_of_receiver"),
            models.Index(fields=["-made_at", "-id"], name="delivery_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.event} by {self.channel}"

    @property
    def next_try_at(self) -> datetime | None:
        """When it is tried again at the earliest; None where nothing follows, or a try is being made."""
        return None if self.state != self.State.WAITING or self._is_being_tried else self.due_at

    @property
    def is_moving(self) -> bool:
        """Whether more is to be seen within seconds."""
        return self.state == self.State.WAITING and (self.tries == 0 or self._is_being_tried)

    @property
    def _is_being_tried(self) -> bool:
        return any(one.finished_at is None for one in self.all_tries.all())

    @property
    def shape_text(self) -> str:
        """The shape as people read it."""
        return json.dumps(self.shape, indent=2, ensure_ascii=False)

    @property
    def can_be_replayed(self) -> bool:
        """Whether it may be sent once more: it is over, and was not cancelled for good."""
        return self.channel != self.Channel.IN_APP and self.state in {self.State.DELIVERED, self.State.DEAD}


class DeliveryTry(models.Model):
    """One try at a delivery. Without an end it is being made, or its worker died."""

    delivery = models.ForeignKey(Delivery, models.CASCADE, related_name="all_tries")
    number = models.PositiveSmallIntegerField(help_text="From 1, over all rounds.")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="What an HTTP receiver answered.")
    duration_ms = models.PositiveIntegerField(null=True)
    error = models.CharField(max_length=120, blank=True, help_text="From our own words; nobody's data.")

    class Meta:
        verbose_name_plural = "delivery tries"
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="try_numbered_once"),
            models.UniqueConstraint(fields=["delivery"], condition=Q(finished_at=None), name="one_try_at_a_time"),
        ]

    def __str__(self) -> str:
        return f"try {self.number}: {self.status or self.error or 'running'}"
