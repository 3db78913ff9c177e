"""What a buyer wants to have bought as soon as the credits that they lacked have come in."""

import uuid

from django.db import models
from django.db.models import Q

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from billing.models import Payment
from leads.models import Lead


class PurchaseIntent(models.Model):
    """Lines of a cart that wait for a payment: bought once it lands, for at most what was shown, or lost."""

    class State(models.TextChoices):
        WAITING = "waiting", "Waits for the payment"
        BOUGHT = "bought", "Bought"
        LOST = "lost", "Not bought"
        REPLACED = "replaced", "Replaced by a newer one"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="purchase_intents")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="purchase_intents")
    payment_id = models.UUIDField(unique=True, help_text="Of the payment that brings the credits.")
    total_credits = models.PositiveIntegerField(help_text="What the buyer was shown.")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    says = models.CharField(max_length=300, blank=True, help_text="Why nothing was bought.")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    payment: Payment  # looked up by ``selectors.waiting_intent()``

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["membership"], condition=Q(state="waiting"), name="intent_waits_once"),
            models.CheckConstraint(
                condition=Q(state="waiting", settled_at=None) | ~Q(state="waiting") & Q(settled_at__isnull=False),
                name="intent_settled_or_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total_credits} credits, {self.get_state_display().lower()}"


class PurchaseIntentLine(models.Model):
    """One copy of a lead that an intent is to buy."""

    id = models.BigAutoField(primary_key=True)
    intent = models.ForeignKey(PurchaseIntent, models.PROTECT, related_name="lines")
    lead = models.ForeignKey(Lead, models.PROTECT, related_name="+")
    bundle = models.UUIDField(help_text="Of the hold that the buyer saw: its copies are bought together.")
    shown_credits = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["intent", "lead"], name="intent_lines")]

    def __str__(self) -> str:
        return f"{self.lead} for at most {self.shown_credits}"
