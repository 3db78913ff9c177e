"""A sale as its buyer knows it, and what it lets them do."""

import uuid
from datetime import datetime

from django.db import models
from django.urls import reverse

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from leads.models import Lead
from marketplace.models.claims import Claim


class Purchase(models.Model):
    """A sale as its buyer knows it. The claim that it stands for is what opens the contact."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    claim = models.OneToOneField(Claim, models.PROTECT, related_name="purchase")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="purchases")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="purchases")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="purchases")
    price_credits = models.PositiveIntegerField()
    bought_at = models.DateTimeField(db_default=Now())
    outcome: str | None = None  # these five are looked up by ``selectors.purchases()``; a new one has none
    has_objection = False
    has_withdrawn = False
    is_erased = False
    read_at: datetime

    class Meta:
        indexes = [models.Index(fields=["organisation", "-bought_at", "id"], name="purchase_newest")]

    def __str__(self) -> str:
        return f"purchase for {self.price_credits} credits"

    def get_absolute_url(self) -> str:
        """The page of it, for its buyer."""
        return reverse("marketplace:purchase_detail", args=[self.pk])

    @property
    def in_charge_id(self) -> uuid.UUID:
        """The member who works on it, or who bought it where nobody does."""
        return self.assignment.member_id or self.membership_id


class Passport(models.Model):
    """What the buyer of a purchase may do with its contact, as stated at the unlock. Written once."""

    purchase = models.OneToOneField(Purchase, models.PROTECT, primary_key=True, related_name="passport")
    channels = models.JSONField(help_text="{call|text|email|post: {allowed, why}}")
    consent = models.CharField(max_length=200)
    dnc_checked_at = models.DateTimeField(null=True)
    quiet_hours = models.CharField(max_length=120)
    right_basis = models.CharField(max_length=16)
    issued_at = models.DateTimeField(db_default=Now())
    valid_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"passport until {self.valid_until:%Y-%m-%d}"
