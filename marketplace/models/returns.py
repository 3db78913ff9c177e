"""Purchases that come back: what was promised, what the buyer said, who decided, and what it was decided by."""

import uuid
from typing import Final

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.template.defaultfilters import filesizeformat

from accounts.models import Membership
from aiqleads.core.clock import Now
from aiqleads.core.personal_data import EncryptedTextField
from billing.models import Journal
from marketplace.models.purchases import Purchase
from marketplace.return_rules import BUYERS_REASONS, Reason, Terms

ENDINGS: Final = {
    "image/png": "png",
    "image/jpeg": "jpg",
    "image/webp": "webp",
    "application/pdf": "pdf",
    "text/plain": "txt",
}
"""What is taken as evidence, and how its files end."""


class ReturnPolicy(models.Model):
    """One version of what is promised about returns, written once. A purchase keeps the one it was bought under."""

    name = models.CharField(max_length=60)
    window_days = models.PositiveSmallIntegerField(default=14)
    cap_percent = models.PositiveSmallIntegerField(default=20)
    cap_purchases = models.PositiveSmallIntegerField(default=20)
    cap_days = models.PositiveSmallIntegerField(default=90)
    in_force_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "return policies"
        constraints = [
            models.CheckConstraint(
                condition=Q(window_days__range=(1, 90), cap_percent__range=(0, 100))
                & Q(cap_purchases__range=(5, 200), cap_days__range=(7, 365)),
                name="return_policy_within_reason",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def terms(self) -> Terms:
        return Terms(
            window_days=self.window_days,
            cap_percent=self.cap_percent,
            cap_purchases=self.cap_purchases,
            cap_days=self.cap_days,
        )


class Return(models.Model):
    """A purchase that its buyer gives back, or that the product credits by itself (``membership`` is None).

    Triggers allow requested → accepted | refused, refused → appealed once, appealed → accepted | refused, and
    refused → accepted. Only people refuse. Accepted means credited, in the same transaction.
    """

    class State(models.TextChoices):
        REQUESTED = "requested", "Waits for a decision"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"
        APPEALED = "appealed", "Appealed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    purchase = models.OneToOneField(Purchase, models.PROTECT, related_name="return_request")
    membership = models.ForeignKey(Membership, models.PROTECT, null=True, blank=True, related_name="+")
    reason = models.CharField(max_length=20, choices=Reason)
    explanation = EncryptedTextField(help_text="In the buyer's words, which may name people.")
    state = models.CharField(max_length=9, choices=State, default=State.REQUESTED)
    person_because = models.CharField(max_length=400, blank=True, help_text="Why no check may decide.")
    arose_at = models.DateTimeField(db_default=Now(), help_text="When the reason came up.")
    requested_at = models.DateTimeField(db_default=Now())
    appeal = EncryptedTextField(null=True)
    appealed_at = models.DateTimeField(null=True, blank=True)
    ground = models.CharField(max_length=20, choices=Reason, blank=True, help_text="What it was accepted for.")
    journal = models.OneToOneField(Journal, models.PROTECT, null=True, blank=True, related_name="lead_return")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=300, blank=True, help_text="Why, in words for the buyer.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(membership__isnull=True) | Q(reason__in=[str(reason) for reason in BUYERS_REASONS]),
                name="return_reason_of_a_buyer",
            ),
            models.CheckConstraint(
                condition=Q(state="accepted", journal__isnull=False) & ~Q(ground="")
                | ~Q(state="accepted") & Q(journal__isnull=True, ground=""),
                name="return_accepted_is_credited",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=["accepted", "refused"]) | Q(decided_at__isnull=False),
                name="return_decided_at",
            ),
        ]
        indexes = [
            models.Index(F("requested_at"), name="return_queue", condition=Q(state__in=["requested", "appealed"]))
        ]

    def __str__(self) -> str:
        return f"{self.get_reason_display()}: {self.get_state_display().lower()}"

    @property
    def is_open(self) -> bool:
        """Whether it waits for a decision."""
        return self.state in {self.State.REQUESTED, self.State.APPEALED}

    @property
    def credited_credits(self) -> int:
        """What the buyer got back; 0 as long as it is not accepted."""
        return self.purchase.price_credits if self.state == self.State.ACCEPTED else 0

    @property
    def may_be_appealed(self) -> bool:
        return self.state == self.State.REFUSED and self.appealed_at is None


class ReturnEvidence(models.Model):
    """A file that shows what a return says. It lies encrypted in the media folder and only operators open it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    of_return = models.ForeignKey(Return, models.PROTECT, related_name="evidence")
    media_type = models.CharField(max_length=20)
    size_bytes = models.PositiveIntegerField()
    stored_as = models.CharField(max_length=120)
    brought_at = models.DateTimeField(db_default=Now())

    class Meta:
        verbose_name_plural = "evidence"

    def __str__(self) -> str:
        return f"{self.media_type}, {filesizeformat(self.size_bytes)}"

    @property
    def is_picture(self) -> bool:
        """Whether a browser may show it in its window."""
        return self.media_type.startswith("image/")

    @property
    def file_name(self) -> str:
        """What it is called when it is handed out; the buyer's own name for it is not kept."""
        return f"evidence.{ENDINGS[self.media_type]}"
