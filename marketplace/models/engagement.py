"""What a buyer says to the owner of a bought lead, and when: the kit of one purchase."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from accounts.models import Membership
from aiqleads.core.clock import Now
from marketplace.engagement import Channel
from marketplace.models.purchases import Purchase


class Engagement(models.Model):
    """The kit of one purchase, written for what its passport allowed then (``written_for``, a digest of that).

    It is written again, as its next version, when what is allowed changes.
    """

    purchase = models.OneToOneField(Purchase, models.CASCADE, primary_key=True, related_name="engagement")
    version = models.PositiveSmallIntegerField(default=1)
    writer = models.CharField(max_length=40)
    written_for = models.CharField(max_length=64)
    facts = models.JSONField(default=list, help_text="[{key, name, says, told_by}]: what the texts may tell.")
    faults = models.JSONField(default=list, help_text="[{code, where, quote}]: why no text was let through.")
    time_zone = models.CharField(max_length=40, blank=True, help_text="The owner's, by the home's ZIP code.")
    written_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(version__gte=1), name="engagement_version")]

    def __str__(self) -> str:
        return f"kit {self.version} by {self.writer}"


class EngagementText(models.Model):
    """One text for one channel. A trigger keeps none for a channel that is closed (``text_within_passport``)."""

    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="texts")
    channel = models.CharField(max_length=5, choices=Channel)
    subject = models.CharField(max_length=120, blank=True)
    body = models.TextField()
    cites = ArrayField(models.CharField(max_length=20), help_text="Keys of the facts that it tells.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["engagement", "channel"], name="one_text_per_channel")]

    def __str__(self) -> str:
        return self.get_channel_display()


class FollowUp(models.Model):
    """One step of a plan: what to do and when. Open until it is done, skipped, or ended with the lead."""

    class State(models.TextChoices):
        OPEN = "open", "Open"
        DONE = "done", "Done"
        SKIPPED = "skipped", "Skipped"
        ENDED = "ended", "Not needed any more"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    engagement = models.ForeignKey(Engagement, models.CASCADE, related_name="steps")
    number = models.PositiveSmallIntegerField()
    channel = models.CharField(max_length=5, choices=Channel)
    says = models.CharField(max_length=200)
    due_at = models.DateTimeField()
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    told_at = models.DateTimeField(null=True, blank=True, help_text="When it was told that it is due.")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["engagement", "number"], name="one_step_per_number"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at=None) | ~Q(state="open") & Q(closed_at__isnull=False),
                name="step_closed_at",
            ),
        ]
        indexes = [models.Index(F("due_at"), name="step_due", condition=Q(state="open"))]

    def __str__(self) -> str:
        return f"{self.number}. {self.says}"
