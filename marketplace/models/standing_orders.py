"""Standing orders: what an organisation lets the marketplace buy for it, and that it agreed to that."""

import uuid

from django.db import models
from django.db.models import Q, Value

from accounts.models import Membership, Organisation
from aiqleads.core.clock import Now
from marketplace.models.territories import Territory


class StandingOrder(models.Model):
    """An order to buy every new lead that fits, within caps, until it is paused.

    It buys only while it is on, which takes a consent to its terms as they are. What it may not do is refused where
    its claims are written (``claim_within_its_order``, ``orders_leave_half``).
    """

    class State(models.TextChoices):
        OFF = "off", "Off"
        ON = "on", "On"
        PAUSED = "paused", "Paused"
        CLOSED = "closed", "Closed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="standing_orders")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="standing_orders")
    name = models.CharField(max_length=80)
    query = models.TextField(blank=True, help_text="Filters as in the address of the list.")
    territory = models.ForeignKey(Territory, models.PROTECT, null=True, blank=True, related_name="standing_orders")
    most_credits_per_lead = models.PositiveIntegerField()
    daily_leads = models.PositiveIntegerField()
    daily_credits = models.PositiveIntegerField()
    monthly_leads = models.PositiveIntegerField()
    monthly_credits = models.PositiveIntegerField()
    state = models.CharField(max_length=8, choices=State, default=State.OFF)
    paused_because = models.CharField(max_length=200, blank=True)
    consent = models.OneToOneField(
        "StandingOrderConsent", models.PROTECT, null=True, editable=False, related_name="in_force_for"
    )
    on_since = models.DateTimeField(null=True, editable=False, help_text="Set by trigger whenever it is turned on.")
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(query="") | Q(territory__isnull=False) | Q(state="closed"),
                name="order_asks_for_something",
            ),
            models.CheckConstraint(
                condition=~Q(state="on") | Q(consent__isnull=False), name="order_runs_by_consent"
            ),
            models.CheckConstraint(
                condition=Q(most_credits_per_lead__gte=1, daily_leads__gte=1, daily_credits__gte=1)
                & Q(monthly_leads__gte=1, monthly_credits__gte=1),
                name="order_has_caps",
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at", "id"], name="order_newest"),
            models.Index(fields=["id"], name="order_on", condition=Q(state="on")),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_on(self) -> bool:
        return self.state == self.State.ON


class StandingOrderConsent(models.Model):
    """That a member agreed to an order, to what text and when. Written once."""

    order = models.ForeignKey(StandingOrder, models.PROTECT, related_name="consents")
    membership = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    version = models.CharField(max_length=20)
    text = models.TextField()
    terms = models.JSONField(
        editable=False, db_default=Value({}, models.JSONField()), help_text="Of the order; by trigger."
    )
    given_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"consent of {self.given_at:%Y-%m-%d} to {self.order}"
